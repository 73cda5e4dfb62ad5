"""Eyes that a network sees are placed where the camera sees them, on their eyeballs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.eyes import measure_seen_eyes
from openface_core.eyes.gaze import EYEBALL_OFFSET_MM, EYEBALL_RADIUS_MM
from openface_core.shape import Camera, HeadPose
from tests.twins.rotations import euler_to_matrix

CAMERA = Camera(500.0, 500.0, 320.0, 240.0)
DIRECTION_TOLERANCE = 5e-4
"""For a small iris: the middle of a large one lies within the eyeball, not on it."""

RADIUS_TOLERANCE_MM = 1e-3

PIXEL_TOLERANCE = 1e-3
PLACES_MM = np.array([[-32.0, 10.0, 500.0], [32.0, 10.0, 505.0]])


def projected(points: NDArray[np.floating]) -> NDArray[np.float32]:
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([500.0 * x / z + 320.0, 500.0 * y / z + 240.0], axis=-1).astype(np.float32)


def ring(direction: NDArray[np.floating], radius_mm: float) -> NDArray[np.float64]:
    """Return eight points on a unit eyeball's surface around a direction."""
    aside = np.cross(direction, [0.0, 1.0, 0.0])
    aside /= np.linalg.norm(aside)
    up = np.cross(direction, aside)
    angles = np.arange(8)[:, None] * np.pi / 4
    flat = radius_mm * (np.cos(angles) * aside + np.sin(angles) * up)
    return np.asarray(flat + np.sqrt(EYEBALL_RADIUS_MM**2 - radius_mm**2) * direction)


def scene(
    gaze: NDArray[np.floating], rotation: tuple[float, float, float], iris_mm: float = 5.5
) -> tuple[NDArray[np.float32], NDArray[np.float32], HeadPose, NDArray[np.float64]]:
    """Return eyes that look along `gaze`, the face, its pose, and the eyeballs' centres."""
    face = np.full((68, 3), 500.0, dtype=np.float32)
    matrix = euler_to_matrix(*rotation)
    centres = PLACES_MM + matrix @ np.array(EYEBALL_OFFSET_MM)
    points = np.zeros((2, 28, 3))
    direction = gaze / np.linalg.norm(gaze)
    for eye, corners in enumerate(((36, 39), (42, 45))):
        sides = np.linspace(-15.0, 15.0, 7)[:, None] * (matrix @ [1.0, 0.0, 0.0])
        points[eye, :8] = centres[eye] + ring(direction, iris_mm)
        points[eye, 20:] = centres[eye] + ring(direction, 2.0)
        points[eye, 8:15] = PLACES_MM[eye] + sides
        points[eye, 15:20] = PLACES_MM[eye] + sides[5:0:-1]
        face[list(corners)] = points[eye, [8, 14]]
    pose = HeadPose(np.array([0.0, 0.0, 500.0]), np.array(rotation))
    return projected(points), face, pose, centres


LOOKS = [(0.0, 0.0, -1.0), (0.3, 0.0, -1.0), (-0.2, 0.3, -1.0), (0.0, -0.3, -1.0)]


@pytest.mark.parametrize("gaze", LOOKS)
@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (0.2, -0.4, 0.1)])
def test_gaze_goes_from_the_eyeball_through_the_iris(
    gaze: tuple[float, float, float], rotation: tuple[float, float, float]
) -> None:
    eyes, face, pose, _ = scene(np.array(gaze), rotation, iris_mm=0.5)
    found = measure_seen_eyes(eyes, face, pose, CAMERA)
    assert found is not None
    expected = np.array(gaze) / np.linalg.norm(gaze)
    np.testing.assert_allclose(found.gaze_directions, [expected] * 2, atol=DIRECTION_TOLERANCE)


@pytest.mark.parametrize("gaze", LOOKS)
def test_the_iris_lies_on_the_eyeball(gaze: tuple[float, float, float]) -> None:
    eyes, face, pose, centres = scene(np.array(gaze), (0.1, 0.2, 0.0))
    found = measure_seen_eyes(eyes, face, pose, CAMERA)
    assert found is not None
    for part in (slice(0, 8), slice(20, 28)):
        away = np.linalg.norm(found.landmarks_3d_mm[:, part] - centres[:, None], axis=2)
        np.testing.assert_allclose(away, EYEBALL_RADIUS_MM, atol=RADIUS_TOLERANCE_MM)


def test_corners_are_those_of_the_face() -> None:
    eyes, face, pose, _ = scene(np.array(LOOKS[0]), (0.1, 0.3, 0.0))
    found = measure_seen_eyes(eyes, face, pose, CAMERA)
    assert found is not None
    corners = face[[36, 39, 42, 45]].reshape(2, 2, 3)
    np.testing.assert_allclose(found.landmarks_3d_mm[:, [8, 14]], corners, atol=1e-3)


@given(st.integers(0, 2**32 - 1))
def test_points_project_to_where_they_are_seen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    _, face, pose, _ = scene(np.array(LOOKS[0]), (0.0, 0.0, 0.0))
    places = rng.uniform(200, 400, (2, 28, 2)).astype(np.float32)
    found = measure_seen_eyes(places, face, pose, CAMERA)
    assert found is not None
    again = projected(found.landmarks_3d_mm.astype(np.float64))
    np.testing.assert_allclose(again, places, atol=PIXEL_TOLERANCE)
    np.testing.assert_allclose(np.linalg.norm(found.gaze_directions, axis=1), 1.0, rtol=1e-6)


def test_a_face_behind_the_camera_has_no_eyes() -> None:
    eyes, face, pose, _ = scene(np.array(LOOKS[0]), (0.0, 0.0, 0.0))
    face[:, 2] -= 600.0
    assert measure_seen_eyes(eyes, face, pose, CAMERA) is None
