"""Turns of a shape model's heads: learned from the poses that a teacher tells of the same faces."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.head_turns import (
    camera_of_video,
    turns_between,
    with_head_turns,
)
from models.training.shape.files import write_shape_model
from models.training.shape.head_pose import head_rotations
from openface_core.model_files import read_pdm
from openface_core.shape import PointDistributionModel
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.twins.rotations import euler_to_matrix

LEFT_OVER = 0.4
"""Share of a difference that may stay: fits are drawn to the mean, and so are learned turns."""


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """Faces of many shapes and poses, (900, 68, 2)."""
    rng = np.random.default_rng(5)
    return np.stack(
        [
            project_face(
                synthetic_pdm(),
                1.5,
                tuple(rng.normal(0.0, 0.15, 3).tolist()),
                (400.0, 300.0),
                plausible_shape_parameters(seed),
            )
            for seed in range(900)
        ]
    ).astype(np.float32)


def turned_within(pdm: PointDistributionModel) -> PointDistributionModel:
    """Return a model of the same faces whose mean and first modes turn the head as well."""
    mean = pdm.mean_mm.reshape(3, -1).astype(np.float64)
    mean = cv2.Rodrigues(np.array([0.03, -0.02, 0.01]))[0] @ mean
    modes = pdm.components_mm.reshape(3, mean.shape[1], -1).astype(np.float64)
    turns = np.random.default_rng(2).normal(0.0, 0.001, (6, 3))
    for mode, turn in enumerate(turns):
        modes[:, :, mode] += np.cross(turn, mean.T).T
    return replace(
        pdm,
        mean_mm=mean.ravel().astype(np.float32),
        components_mm=modes.reshape(mean.size, -1).astype(np.float32),
    )


def mean_difference(pdm: PointDistributionModel, points: np.ndarray) -> np.ndarray:
    """Return how far a model's poses are from the synthetic one's, radians by axis."""
    rng = np.random.default_rng(7)
    cameras = [camera_of_video(face, rng) for face in points]
    away = head_rotations(pdm, points, cameras) - head_rotations(synthetic_pdm(), points, cameras)
    return np.asarray(np.abs(away).mean(axis=0))


def test_frames_are_a_few_faces_wide_and_faces_lie_in_them(points: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    shares = []
    for face in points[:200]:
        camera = camera_of_video(face, rng)
        width_px, height_px = np.ptp(face, axis=0)
        away_px = np.abs(face.mean(axis=0) - (camera.cx_px, camera.cy_px))
        assert (away_px < 12.0 * 16 / 9 * max(width_px, height_px)).all()
        shares.append(width_px / camera.fx_px)
    assert max(shares) > 3.0 * min(shares)
    first, again = (camera_of_video(points[0], np.random.default_rng(3)) for _ in range(2))
    assert first == again


def test_modes_that_turn_the_head_tell_the_same_pose_in_the_end(points: np.ndarray) -> None:
    turned = turned_within(synthetic_pdm())
    before = mean_difference(turned, points[800:])
    assert (before > 0.01).all()
    known = points[:800]
    learned = with_head_turns(turned, synthetic_pdm(), known, known, 0, 10.0)
    assert (mean_difference(learned, points[800:]) < LEFT_OVER * before).all()
    again = with_head_turns(learned, synthetic_pdm(), known, known, 0, 10.0)
    np.testing.assert_array_equal(again.head_turns, learned.head_turns)


def test_equal_models_are_not_turned(points: np.ndarray) -> None:
    learned = with_head_turns(synthetic_pdm(), synthetic_pdm(), points[:100], points[:100], 0)
    assert learned.head_turns is not None
    assert np.abs(learned.head_turns).max() == 0.0


def test_what_own_points_tell_otherwise_is_a_turn_and_unseen_faces_do_not_count(
    points: np.ndarray,
) -> None:
    own = points[:60].copy()
    own[::3] = np.nan
    # Points as of heads that look down a little more.
    own[:, :, 1] += np.float32(0.04) * (own[:, 30:31, 0] - own[:, :, 0])
    learned = with_head_turns(synthetic_pdm(), synthetic_pdm(), own, points[:60], 0)
    assert learned.head_turns is not None
    assert np.isfinite(learned.head_turns).all()
    assert np.abs(learned.head_turns[0]).max() > 0.01


def test_poses_far_apart_are_of_another_face() -> None:
    wanted = np.array([[0.1, 0.2, 0.0], [0.0, 0.0, 0.0], [0.0, np.nan, 0.0], [0.3, 0.0, 0.1]])
    turn = euler_to_matrix(0.02, -0.01, 0.03)
    found = wanted.copy()
    small = cv2.Rodrigues(turn)[0].ravel()
    for row in (0, 3):
        matrix = euler_to_matrix(*wanted[row]) @ turn
        found[row] = (
            np.arctan2(-matrix[1, 2], matrix[2, 2]),
            np.arcsin(matrix[0, 2]),
            np.arctan2(-matrix[0, 1], matrix[0, 0]),
        )
    found[1] = 0.4, 0.0, 0.0
    turns, is_usable = turns_between(found, wanted)
    assert is_usable.tolist() == [True, False, False, True]
    np.testing.assert_allclose(turns[[0, 3]], [small, small], rtol=0, atol=1e-9)


def test_turns_are_written_and_read_again(points: np.ndarray, tmp_path: Path) -> None:
    known = points[:60]
    learned = with_head_turns(turned_within(synthetic_pdm()), synthetic_pdm(), known, known, 0)
    write_shape_model(learned, tmp_path / "shape.txt")
    found = read_pdm(tmp_path / "shape.txt", 68)
    assert found.head_turns is not None
    assert learned.head_turns is not None
    np.testing.assert_allclose(found.head_turns, learned.head_turns, rtol=1e-5, atol=1e-9)
