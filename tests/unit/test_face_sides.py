"""When both sides of a face can be compared, and how far its eyes are open."""

import math

import numpy as np
import pytest

from openface_core.face_sides import MAX_TURN_DEGREES, are_comparable, eye_openings, side_measures
from tests.fixtures.faces.mirror import MIRROR


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
    found = are_comparable(parameters(*turns), np.ones(5, bool))
    assert found.tolist() == [True, True, True, False, False]


def test_no_face_is_not_compared() -> None:
    unknown = np.full((2, 6), np.nan, dtype=np.float32)
    assert not are_comparable(unknown, np.zeros(2, bool)).any()


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
        "global_parameters": parameters(2.0, 25.0),
        "success": np.array([True, True]),
        "eye_openings": np.array([[0.3, 0.1]] * 2, dtype=np.float32),
    }
    found = side_measures(fields)
    np.testing.assert_allclose(found, [[1.0, 0.3, 0.1], [0.0, 0.3, 0.1]], atol=1e-6)
    assert found.dtype == np.float32
