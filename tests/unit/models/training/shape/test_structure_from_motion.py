"""Depth, poses and deformations from points in pictures alone."""

import numpy as np
import pytest

from models.training.shape.generic_face import generic_face_mm
from models.training.shape.poses import fit_poses, rotations_of
from models.training.shape.structure_from_motion import Reconstruction, reconstruct
from openface_core.landmarks.conventions import MIRRORED_ORDER

FACES = 150
DEVIATIONS_MM = (4.0, 2.5)


def true_shape() -> tuple[np.ndarray, np.ndarray]:
    """A face whose depth differs from the generic one's, and two ways in which it deforms."""
    mean = generic_face_mm() * (1.05, 0.95, 1.2)
    modes = np.zeros((2, 68, 3))
    modes[0, 48:, 1] = DEVIATIONS_MM[0]
    modes[1, 17:27, 1] = -DEVIATIONS_MM[1]
    modes[1, 17:27, 2] = -DEVIATIONS_MM[1]
    return mean, modes


@pytest.fixture(scope="module")
def found() -> tuple[Reconstruction, np.ndarray]:
    """The reconstruction, and the shapes that the points were made of."""
    rng = np.random.default_rng(1)
    mean, modes = true_shape()
    shapes = mean + np.tensordot(rng.normal(size=(FACES, 2)), modes, axes=1)
    rotations = rotations_of(rng.normal(size=(FACES, 3)) * (0.2, 0.35, 0.1))
    points = rng.uniform(1.0, 2.0, (FACES, 1, 1)) * (shapes @ rotations.transpose(0, 2, 1))
    noisy = points[..., :2] + rng.normal(0.0, 0.2, (FACES, 68, 2)) + rng.uniform(-50, 50, 2)
    return reconstruct(noisy, generic_face_mm(), 2, 15), shapes


def test_what_is_left_is_the_noise(found: tuple[Reconstruction, np.ndarray]) -> None:
    noise_mm = found[0].model.noise_mm
    assert 0.08 < noise_mm < 0.2  # 0.2 px at one to two pixels per mm


def test_depth_is_that_of_the_face_and_not_of_the_start(
    found: tuple[Reconstruction, np.ndarray],
) -> None:
    mean = found[0].model.mean_mm
    true = true_shape()[0]
    unit = np.linalg.norm(mean[36] - mean[45]) / np.linalg.norm(true[36] - true[45])
    # The frame is free: both are brought together by the best turn.
    turn = fit_poses((true * unit)[None, :, :2], mean[None], steps=30).rotations[0]
    np.testing.assert_allclose((mean - mean.mean(0)) @ turn.T, (true - true.mean(0)) * unit, atol=3)


def test_deformations_are_found(found: tuple[Reconstruction, np.ndarray]) -> None:
    shapes = found[0].shapes_mm
    opened = shapes[:, 57, 1] - shapes[:, 30, 1]
    true = found[1][:, 57, 1] - found[1][:, 30, 1]
    assert np.corrcoef(opened, true)[0, 1] > 0.99


def test_generic_face_is_its_own_mirror_image() -> None:
    face = generic_face_mm()
    np.testing.assert_allclose(face[MIRRORED_ORDER] * (-1, 1, 1), face, atol=1e-12)
    assert sorted(MIRRORED_ORDER) == list(range(68))
    assert face[:, 2].argmin() == 30  # the tip of the nose is nearest to the camera
    assert set(face[:, 2].argsort()[-2:]) == {0, 16}
