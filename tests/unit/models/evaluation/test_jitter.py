"""The arithmetic of jitter, on paths whose noise is known."""

import numpy as np
import pytest

from models.evaluation.jitter import jitter
from tests.fixtures.faces.drawn import face_points

NOISE_PX = 0.4


def even_motion(frames: int) -> np.ndarray:
    face = face_points((80.0, 70.0), 50.0).astype(np.float64)
    return face + np.arange(frames)[:, None, None] * (1.5, -0.7)


def test_a_motion_at_an_even_speed_does_not_jitter() -> None:
    assert jitter(even_motion(9)) == pytest.approx(0.0, abs=1e-9)


def test_jitter_is_the_noise_over_the_distance_of_the_eyes() -> None:
    path = even_motion(400)
    eyes = np.linalg.norm(path[0, 42:48].mean(axis=0) - path[0, 36:42].mean(axis=0))
    noisy = path + NOISE_PX * np.random.default_rng(0).normal(size=path.shape)
    assert jitter(noisy) == pytest.approx(NOISE_PX / eyes, rel=0.02)
    noisy[100] = np.nan  # a frame without the face costs the three around it, and no more
    assert jitter(noisy) == pytest.approx(NOISE_PX / eyes, rel=0.02)


def test_two_frames_say_nothing() -> None:
    assert np.isnan(jitter(even_motion(2)))
