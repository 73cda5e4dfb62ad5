"""Weak-perspective poses: rotations by Rodrigues, and poses found again."""

import numpy as np

from models.training.shape.generic_face import generic_face_mm
from models.training.shape.poses import Poses, fit_poses, rotations_of
from openface_core.shape.rotations import axis_angle_to_matrix

VECTORS = np.array([[0.0, 0.0, 0.0], [0.1, -0.2, 0.3], [0.0, 0.9, 0.0], [-0.4, 0.1, 1.2]])


def test_rotations_are_those_of_the_kernel() -> None:
    for vector, rotation in zip(VECTORS, rotations_of(VECTORS), strict=True):
        expected = np.empty((3, 3))
        x, y, z = vector.tolist()
        axis_angle_to_matrix(x, y, z, expected)
        np.testing.assert_allclose(rotation, expected, atol=1e-12)


def test_poses_are_found_again() -> None:
    face = generic_face_mm()
    poses = Poses(
        np.array([0.5, 1.0, 2.0, 3.0]),
        rotations_of(VECTORS),
        np.array([[0.0, 0.0], [100.0, 50.0], [-3.0, 8.0], [320.0, 240.0]]),
    )
    turned = face @ poses.rotations.transpose(0, 2, 1)
    points = poses.scales[:, None, None] * turned[..., :2] + poses.translations_px[:, None]
    np.testing.assert_allclose(poses.in_model_units(points), turned[..., :2], atol=1e-9)
    found = fit_poses(points, np.broadcast_to(face, (4, 68, 3)), steps=25)
    np.testing.assert_allclose(found.scales, poses.scales, rtol=1e-6)
    np.testing.assert_allclose(found.rotations, poses.rotations, atol=1e-6)
    np.testing.assert_allclose(found.translations_px, poses.translations_px, atol=1e-4)
