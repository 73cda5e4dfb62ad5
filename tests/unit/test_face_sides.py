"""When both sides of a face can be compared, and how far its eyes are open."""

import math

import numpy as np
import pytest

from openface_core.face_sides import (
    LEAST_LOG_DENSITY,
    MAX_TURN_DEGREES,
    are_comparable,
    eye_openings,
    side_log_densities,
    side_measures,
)
from openface_core.shape import ShapeFit
from openface_core.shape.rolled import turned_fit
from tests.fixtures.faces.mirror import MIRROR

UNKNOWN = np.full((5, 2), np.nan, dtype=np.float32)
"""How well patch experts see both halves, where there are none."""


def parameters(*turns_degrees: float) -> np.ndarray:
    values = np.zeros((len(turns_degrees), 6), dtype=np.float32)
    values[:, 2] = np.radians(turns_degrees)
    return values


def a_face(left_lid_px: float, right_lid_px: float) -> np.ndarray:
    """Return landmarks with eyes 20 px wide and so far open, left and right in the picture."""
    points = np.zeros((68, 2), dtype=np.float32)
    for start, centre_x, lid in ((36, 100.0, left_lid_px), (42, 160.0, right_lid_px)):
        for k, (x, y) in enumerate(((-10, 0), (-4, -1), (4, -1), (10, 0), (4, 1), (-4, 1))):
            points[start + k] = centre_x + x, 100.0 + y * lid / 2
    return points


def test_a_turned_head_is_not_compared() -> None:
    turns = (0.0, MAX_TURN_DEGREES - 0.1, 0.1 - MAX_TURN_DEGREES, MAX_TURN_DEGREES + 0.1, -30.0)
    found = are_comparable(parameters(*turns), np.ones(5, bool), UNKNOWN[:5])
    assert found.tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("turn", "is_compared"), [(0.0, True), (9.0, True), (-9.0, True), (11.0, False), (-30.0, False)]
)
def test_a_head_on_its_side_is_compared_as_an_upright_one(
    turns: int, turn: float, is_compared: bool
) -> None:
    for up in (-20.0, 0.0, 20.0):
        angles = np.radians([up, turn, 5.0]).astype(np.float32)
        upright = ShapeFit(1.0, angles, np.zeros(2, np.float32), np.zeros(3, np.float32), 1)
        found = parameters(0.0)
        found[0, 1:4] = turned_fit(upright, turns).rotation_radians
        assert are_comparable(found, np.ones(1, bool), UNKNOWN[:1]).tolist() == [is_compared]


def test_no_face_is_not_compared() -> None:
    unknown = np.full((2, 6), np.nan, dtype=np.float32)
    assert not are_comparable(unknown, np.zeros(2, bool), UNKNOWN[:2]).any()


def test_a_covered_half_is_not_compared() -> None:
    seen, covered = LEAST_LOG_DENSITY + 0.01, LEAST_LOG_DENSITY - 0.01
    halves = np.array(
        [[seen, seen], [covered, seen], [seen, covered], [np.nan, seen], [np.nan, np.nan]],
        dtype=np.float32,
    )
    found = are_comparable(parameters(0, 0, 0, 0, 0), np.ones(5, bool), halves)
    assert found.tolist() == [True, False, False, True, True]


class TestSideLogDensities:
    def test_a_hand_before_the_half_at_the_right_in_the_picture(self) -> None:
        densities = np.full(68, 0.5, dtype=np.float64)
        densities[[*range(9, 17), *range(22, 27), 34, 35, *range(42, 48), 52, 53, 54, 55]] = -0.5
        left, right = side_log_densities(densities, is_mirrored=False)
        assert left < LEAST_LOG_DENSITY < right == 0.5
        mirrored = side_log_densities(densities, is_mirrored=True)
        assert mirrored.tolist() == [right, left]

    def test_the_midline_belongs_to_neither(self) -> None:
        densities = np.full(68, 0.5, dtype=np.float64)
        densities[np.arange(68) == MIRROR] = -9.0
        assert side_log_densities(densities, is_mirrored=False).tolist() == [0.5, 0.5]

    def test_what_does_not_show_does_not_count(self) -> None:
        densities = np.full(68, 0.5, dtype=np.float64)
        densities[:8] = np.nan
        assert side_log_densities(densities, is_mirrored=False).tolist() == [0.5, 0.5]

    def test_without_patch_experts(self) -> None:
        assert np.isnan(side_log_densities(None, is_mirrored=False)).all()
        nothing = np.full(68, np.nan, dtype=np.float64)
        assert np.isnan(side_log_densities(nothing, is_mirrored=False)).all()


class TestEyeOpenings:
    def test_the_persons_left_eye_is_at_the_right(self) -> None:
        (found,) = eye_openings(a_face(2.0, 6.0)[None], is_mirrored=False)
        assert found.tolist() == pytest.approx([0.3, 0.1])

    def test_but_not_in_a_mirror(self) -> None:
        (found,) = eye_openings(a_face(2.0, 6.0)[None], is_mirrored=True)
        assert found.tolist() == pytest.approx([0.1, 0.3])

    def test_turns_in_the_picture_and_size_do_not_matter(self) -> None:
        face, angle = a_face(3.0, 7.0), 0.4
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        other = (2.5 * face @ turn.T + 40).astype(np.float32)
        found = eye_openings(np.stack([face, other]), is_mirrored=False)
        np.testing.assert_allclose(found[1], found[0], atol=1e-5)

    def test_a_mirrored_face_exchanges_them(self) -> None:
        face = a_face(2.0, 6.0)
        turned = face[MIRROR] * (-1, 1) + (300, 0)
        both = eye_openings(np.stack([face, turned]).astype(np.float32), is_mirrored=False)
        np.testing.assert_allclose(both[1], both[0][::-1], atol=1e-6)

    def test_no_face(self) -> None:
        assert np.isnan(
            eye_openings(np.full((1, 68, 2), np.nan, np.float32), is_mirrored=False)
        ).all()


def test_measures() -> None:
    fields = {
        "global_parameters": parameters(2.0, 25.0, 2.0),
        "success": np.array([True, True, True]),
        "side_log_densities": np.array([[0.5, 0.5], [0.5, 0.5], [-0.5, 0.5]], dtype=np.float32),
        "eye_openings": np.array([[0.3, 0.1]] * 3, dtype=np.float32),
    }
    found = side_measures(fields)
    expected = [[1.0, 0.3, 0.1], [0.0, 0.3, 0.1], [0.0, 0.3, 0.1]]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32
