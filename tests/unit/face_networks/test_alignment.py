"""The square that brings five points to their places."""

import numpy as np
import pytest

from openface_core.face_networks.alignment import square_from_five_points

SIZE_PX = 128
PLACES = np.array([[0.32, 0.46], [0.68, 0.46], [0.5, 0.64], [0.35, 0.82], [0.65, 0.82]])
TOLERANCE_PX = 1e-3


@pytest.mark.parametrize("degrees", [0.0, 25.0, -90.0, 180.0])
@pytest.mark.parametrize("scale", [0.2, 1.0, 6.0])
def test_a_turned_and_scaled_face_comes_to_its_places(degrees: float, scale: float) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (PLACES * SIZE_PX) @ turn.T * scale + (300.0, 200.0)
    square = square_from_five_points(points.astype(np.float32), PLACES, SIZE_PX)
    assert square is not None
    assert square.side_px == pytest.approx(SIZE_PX * scale, rel=1e-5)
    found = square.to_frame(PLACES * SIZE_PX, SIZE_PX)
    np.testing.assert_allclose(found, points, atol=TOLERANCE_PX)


def test_a_face_of_another_form_comes_as_near_as_can_be() -> None:
    """No small change of the square brings the points nearer."""
    rng = np.random.default_rng(0)
    points = (PLACES * SIZE_PX + rng.normal(scale=4.0, size=(5, 2)) + 50.0).astype(np.float32)
    square = square_from_five_points(points, PLACES, SIZE_PX)
    assert square is not None

    def error(shift: tuple[float, float], factor: float, angle: float) -> float:
        axes = np.array([[square.cos, square.sin], [-square.sin, square.cos]])
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        u = (points - (square.centre_x + shift[0], square.centre_y + shift[1])) @ (turn @ axes).T
        crop = u * SIZE_PX / (square.side_px * factor) + (SIZE_PX - 1) / 2.0
        return float(((crop - PLACES * SIZE_PX) ** 2).sum())

    best = error((0.0, 0.0), 1.0, 0.0)
    for shift in ((0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
        assert error(shift, 1.0, 0.0) > best
    for factor, angle in ((1.005, 0.0), (0.995, 0.0), (1.0, 0.005), (1.0, -0.005)):
        assert error((0.0, 0.0), factor, angle) > best


@pytest.mark.parametrize("value", [7.0, np.nan, np.inf])
def test_points_without_extent_have_no_square(value: float) -> None:
    points = np.full((5, 2), value, dtype=np.float32)
    assert square_from_five_points(points, PLACES, SIZE_PX) is None
