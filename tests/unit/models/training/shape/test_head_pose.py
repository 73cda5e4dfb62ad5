"""Depth and straight ahead by a teacher's head poses."""

import numpy as np
import pytest

from models.training.shape.generic_face import generic_face_mm
from models.training.shape.head_pose import calibrated_model, head_rotations, with_depth
from models.training.shape.poses import rotations_of
from models.training.shape.standard_frame import turned_about_x
from models.training.shape.structure_from_motion import DeformableShape
from openface_core.shape import Camera
from openface_core.shape.rotations import matrix_to_euler

MODES = 3
PITCH_RADIANS = 0.15
CAMERA = Camera(fx_px=500.0, fy_px=500.0, cx_px=320.0, cy_px=240.0)
DISTANCE_MM = 600.0


@pytest.fixture(scope="module")
def faces() -> tuple[np.ndarray, np.ndarray]:
    """Points of turned generic faces that a camera sees, and their rotations."""
    rotations = rotations_of(np.random.default_rng(0).normal(size=(60, 3)) * (0.25, 0.35, 0.1))
    angles = np.empty((60, 3))
    for rotation, out in zip(rotations, angles, strict=True):
        matrix_to_euler(rotation, out)
    turned = generic_face_mm() @ rotations.transpose(0, 2, 1)
    seen = CAMERA.fx_px * turned[..., :2] / (turned[..., 2:] + DISTANCE_MM)
    return seen + np.array([CAMERA.cx_px, CAMERA.cy_px]), angles


def test_depth_and_straight_ahead_are_found_again(faces: tuple[np.ndarray, np.ndarray]) -> None:
    points, wanted = faces
    rng = np.random.default_rng(1)
    # As from a reconstruction that is too deep and looks up.
    shape = DeformableShape(
        turned_about_x(generic_face_mm(), -PITCH_RADIANS), rng.normal(size=(MODES, 68, 3)), 0.3
    )
    deep = with_depth(shape, 1.0 / 0.88)
    lines: list[str] = []
    cameras = [CAMERA] * len(points)
    pdm = calibrated_model(deep, MODES, points, cameras, wanted, lines.append)
    away = np.abs(head_rotations(pdm, points, cameras) - wanted).mean(axis=0)
    assert away.max() < 0.02
    assert lines[-1].startswith("chosen: depth x 0.88, variances x ")
    assert ", turned by 0.1" in lines[-1]
    straight = pdm.mean_mm.reshape(3, 68).T
    np.testing.assert_allclose(straight, generic_face_mm(), atol=1.5)


def test_a_teacher_who_sees_all_faces_look_aside_is_followed(
    faces: tuple[np.ndarray, np.ndarray],
) -> None:
    points, wanted = faces
    aside = wanted + np.array([0.0, 0.05, 0.0])
    shape = DeformableShape(
        generic_face_mm(), np.random.default_rng(1).normal(size=(MODES, 68, 3)), 0.3
    )
    cameras = [CAMERA] * len(points)
    pdm = calibrated_model(shape, MODES, points, cameras, aside)
    away = head_rotations(pdm, points, cameras) - aside
    assert np.abs(np.median(away, axis=0)).max() < 0.01
