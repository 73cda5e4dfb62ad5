"""Several networks' landmarks become one set: biases are taken back, good networks count more."""

import numpy as np
import pytest

from models.training.landmarks.fusion import FaceFrames, TeacherFusion
from openface_core.landmarks.conventions import MIRRORED_ORDER
from tests.fixtures.faces.drawn import face_points

BIAS = 0.05
NOISE = (0.01, 0.04)


def faces(count: int, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    result = np.empty((count, 68, 2), dtype=np.float32)
    for face in result:
        angle = chance.uniform(-0.6, 0.6)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        face[:] = face_points((0.0, 0.0), 1.0) @ turn.T * chance.uniform(20.0, 90.0)
        face += chance.uniform(50.0, 200.0, size=2)
    return result


def views_of(annotated: np.ndarray, seed: int) -> np.ndarray:
    """Two networks: one sees everything too low, in the face's frame, the other is the noisier."""
    chance = np.random.default_rng(seed)
    frames = FaceFrames.of_faces(annotated)
    clean = frames.into(annotated)
    views = []
    for bias, noise in zip(((0.0, BIAS), (0.0, 0.0)), NOISE, strict=True):
        seen = clean + bias + noise * chance.normal(size=clean.shape)
        views.append(frames.out_of(seen))
    return np.stack(views, axis=1).astype(np.float32)


def test_frames_undo_place_size_and_turn() -> None:
    several = faces(5, 0)
    frames = FaceFrames.of_faces(several)
    inside = frames.into(several)
    np.testing.assert_allclose(inside, inside[:1].repeat(5, axis=0), atol=1e-5)
    np.testing.assert_allclose(frames.out_of(inside), several, atol=1e-3)
    eyes = inside[:, 42:48].mean(axis=1) - inside[:, 36:42].mean(axis=1)
    np.testing.assert_allclose(eyes[:, 1], 0.0, atol=1e-6)
    np.testing.assert_allclose(np.square(inside).sum(axis=2).mean(axis=1), 1.0, rtol=1e-6)


def test_frames_take_several_networks_at_once() -> None:
    several = faces(3, 0)
    frames = FaceFrames.of_faces(several)
    both = frames.into(np.stack([several, several + 1.0], axis=1))
    np.testing.assert_allclose(both[:, 0], frames.into(several), atol=1e-9)
    np.testing.assert_allclose(both[:, 1], frames.into(several + np.float32(1.0)), atol=1e-4)


def test_fusion_finds_biases_and_trusts_the_better_network() -> None:
    annotated = faces(400, 1)
    fusion = TeacherFusion.fit(views_of(annotated, 2), annotated)
    difference = (fusion.offsets[1] - fusion.offsets[0]).mean(axis=0)
    assert difference[0] == pytest.approx(0.0, abs=0.005)
    assert difference[1] == pytest.approx(BIAS, abs=0.005)
    np.testing.assert_allclose(fusion.weights.sum(axis=0), 1.0)
    assert fusion.weights[0].min() > 0.8
    # What holds for one half of the face holds, mirrored, for the other.
    mirrored = fusion.offsets[:, MIRRORED_ORDER] * (-1.0, 1.0)
    np.testing.assert_allclose(fusion.offsets, mirrored, atol=1e-9)


def test_the_common_landmarks_are_nearer_than_each_network() -> None:
    annotated = faces(400, 1)
    fusion = TeacherFusion.fit(views_of(annotated, 2), annotated)
    fresh = faces(100, 3)
    views = views_of(fresh, 4)
    common, spread = fusion.apply(views)
    frames = FaceFrames.of_faces(fresh)

    def error(points: np.ndarray) -> float:
        return float(np.linalg.norm(frames.into(points) - frames.into(fresh), axis=2).mean())

    assert error(common) < min(error(views[:, 0]), error(views[:, 1]))
    assert spread.shape == (100, 68)
    # Two networks are each half of their distance from their mean.
    expected = np.sqrt(2.0 * (NOISE[0] ** 2 + NOISE[1] ** 2)) / 2.0
    assert np.sqrt(np.square(spread).mean()) == pytest.approx(expected, rel=0.1)
