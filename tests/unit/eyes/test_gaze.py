"""Gaze against its twin, and where it must go by geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.eyes import gaze_angles, gaze_directions
from openface_core.eyes.gaze import EYEBALL_OFFSET_MM, EYEBALL_RADIUS_MM
from tests.twins.gaze import gaze_direction
from tests.twins.rotations import euler_to_matrix

TWIN_TOLERANCE = 1e-6
DIRECTION_TOLERANCE = 1e-5

EYE_PLACES_MM = np.array([[-32.0, 10.0, 500.0], [32.0, 10.0, 505.0]])


def scene(
    gaze: NDArray[np.floating], rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Return eyes, a face and the eyeballs' centres, the pupils where `gaze` (2, 3) meets them."""
    face = np.zeros((68, 3), dtype=np.float32)
    eyes = np.zeros((2, 28, 3), dtype=np.float32)
    matrix = euler_to_matrix(*rotation)
    centres = EYE_PLACES_MM + matrix @ np.array(EYEBALL_OFFSET_MM)
    for eye, corners in enumerate(((36, 39), (42, 45))):
        for corner, side in zip(corners, (-15.0, 15.0), strict=True):
            face[corner] = EYE_PLACES_MM[eye] + matrix @ np.array([side, 0.0, 0.0])
        direction = gaze[eye] / np.linalg.norm(gaze[eye])
        pupil = centres[eye] + EYEBALL_RADIUS_MM * direction
        angles = np.arange(8) * np.pi / 4
        around = 5.0 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
        eyes[eye, :8] = pupil + around
        eyes[eye, 8:] = 1e3  # only the iris counts
    return eyes, face, centres


@pytest.mark.parametrize("gaze", [(0, 0, -1), (0.3, 0, -1), (0, -0.4, -1), (-0.2, 0.3, -1)])
@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (0.2, -0.3, 0.1)])
def test_gaze_goes_through_the_pupil(
    gaze: tuple[float, float, float], rotation: tuple[float, float, float]
) -> None:
    both = np.array([gaze, gaze], dtype=np.float64)
    eyes, face, _ = scene(both, rotation)
    found = gaze_directions(eyes, face, np.array(rotation))
    expected = both / np.linalg.norm(both, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=DIRECTION_TOLERANCE)


def test_each_eye_has_its_own_gaze() -> None:
    gaze = np.array([[0.2, 0.0, -1.0], [-0.2, 0.1, -1.0]])
    eyes, face, _ = scene(gaze)
    expected = gaze / np.linalg.norm(gaze, axis=1, keepdims=True)
    np.testing.assert_allclose(
        gaze_directions(eyes, face, np.zeros(3)), expected, rtol=0, atol=DIRECTION_TOLERANCE
    )


@given(st.integers(0, 2**32 - 1))
def test_twin(seed: int) -> None:
    """Irises anywhere, off the eyeball as well as on it."""
    rng = np.random.default_rng(seed)
    rotation = tuple(rng.uniform(-1.0, 1.0, 3).tolist())
    eyes, face, _ = scene(rng.normal(size=(2, 3)) - [0, 0, 2], rotation)
    eyes[:, :8] += rng.normal(scale=8.0, size=3).astype(np.float32)
    found = gaze_directions(eyes, face, np.array(rotation))
    for eye, corners in enumerate(((36, 39), (42, 45))):
        expected = gaze_direction(eyes[eye], face[list(corners)], rotation)
        np.testing.assert_allclose(found[eye], expected, rtol=0, atol=TWIN_TOLERANCE)


def test_a_line_that_misses_the_eyeball_gives_openfaces_answer() -> None:
    eyes, face, centres = scene(np.array([[0.0, 0.0, -1.0]] * 2))
    eyes[:, :8, 1] += 40.0
    towards = np.array([0.0, 0.0, -1.0]) - centres
    np.testing.assert_allclose(
        gaze_directions(eyes, face, np.zeros(3)),
        towards / np.linalg.norm(towards, axis=1, keepdims=True),
        rtol=0,
        atol=TWIN_TOLERANCE,
    )


def test_an_iris_in_the_camera_has_no_direction() -> None:
    eyes, face, _ = scene(np.array([[0.0, 0.0, -1.0]] * 2))
    eyes[0, :8] = 0.0
    found = gaze_directions(eyes, face, np.zeros(3))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_angles_are_those_of_the_mean() -> None:
    straight = np.array([[0.0, 0.0, -1.0]] * 2)
    np.testing.assert_array_equal(gaze_angles(straight), [0.0, 0.0])
    right_and_up = np.array([[0.6, 0.0, -0.8], [0.0, -0.6, -0.8]])
    expected = np.array([np.arctan2(0.3, 0.8), np.arctan2(-0.3, 0.8)], dtype=np.float32)
    found = gaze_angles(np.stack([straight, right_and_up]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[0.0, 0.0], expected])
    assert gaze_angles(np.empty((0, 2, 3), dtype=np.float32)).shape == (0, 2)
