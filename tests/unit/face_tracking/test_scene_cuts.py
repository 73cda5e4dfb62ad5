"""Frames that begin another scene."""

import numpy as np
import pytest

from openface_core.face_tracking.scene_cuts import SceneCuts


def scene(seed: int, height: int = 180, width: int = 320) -> np.ndarray:
    """Soft patches of colour, other ones for each seed."""
    patches = np.random.default_rng(seed).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    rows, columns = np.arange(height) * 5 // height, np.arange(width) * 8 // width
    return np.ascontiguousarray(patches[rows][:, columns])


def test_only_the_first_frame_of_another_scene_is_a_cut() -> None:
    cuts = SceneCuts()
    frames = [scene(1), scene(1), scene(2), scene(2), scene(1)]
    assert [cuts.is_cut(frame) for frame in frames] == [False, False, True, False, True]


def test_noise_movement_and_light_are_no_cuts() -> None:
    cuts = SceneCuts()
    still = scene(3)
    noise = np.random.default_rng(0).normal(0, 8, still.shape)
    noisy = np.clip(still + noise, 0, 255).astype(np.uint8)
    moved = np.roll(still, 6, axis=1)
    lighter = np.clip(moved * 1.1, 0, 255).astype(np.uint8)
    assert not any(cuts.is_cut(frame) for frame in (still, noisy, moved, lighter))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (2160, 3840)])
def test_any_size_will_do(size: tuple[int, int]) -> None:
    cuts = SceneCuts()
    black, white = (np.full((*size, 3), value, dtype=np.uint8) for value in (0, 255))
    assert [cuts.is_cut(black), cuts.is_cut(black), cuts.is_cut(white)] == [False, False, True]


@pytest.mark.parametrize(("right", "down"), [(50, 0), (-45, 12), (20, -15)])
def test_a_camera_that_swings_round_is_no_cut(right: int, down: int) -> None:
    cuts = SceneCuts()
    wide = scene(4, 540, 960)
    windows = [wide[180 + k * down :, 320 + k * right :][:180, :320] for k in range(-2, 3)]
    assert not any(cuts.is_cut(window) for window in windows)
    assert cuts.is_cut(scene(5))


def test_another_size_is_a_cut_whatever_it_shows() -> None:
    cuts = SceneCuts()
    frames = [scene(6), scene(6), scene(6, 360, 640), scene(6, 360, 640), scene(6)]
    assert [cuts.is_cut(frame) for frame in frames] == [False, False, True, False, True]
