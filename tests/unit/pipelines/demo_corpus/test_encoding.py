"""Videos that are the same to the byte, with the times and the turn that were asked for."""

from pathlib import Path

import numpy as np
import pytest

from openface_core.media import open_media
from pipelines.demo_corpus.encoding import write_video
from tests.fixtures.media.writing import moving_square

TIMES_S = (0.0, 0.04, 0.12, 0.16, 0.28)
# Of a container that counts milliseconds.
TIME_TOLERANCE_S = 0.0006


def write(path: Path, *, encoder: str = "libx264", turned: bool = False) -> Path:
    frames = moving_square(len(TIMES_S), width_px=96, height_px=64)
    write_video(path, frames, TIMES_S, frame_rate=25, encoder=encoder, turned=turned)
    return path


@pytest.mark.parametrize(
    ("suffix", "encoder"),
    [("mp4", "libx264"), ("mkv", "libx264"), ("mov", "libx264"), ("webm", "libvpx-vp9")],
)
class TestContainers:
    def test_the_same_bytes(self, suffix: str, encoder: str, tmp_path: Path) -> None:
        first, second = (write(tmp_path / f"{k}.{suffix}", encoder=encoder) for k in "ab")
        assert first.read_bytes() == second.read_bytes()

    def test_times_and_pictures(self, suffix: str, encoder: str, tmp_path: Path) -> None:
        with open_media(str(write(tmp_path / f"a.{suffix}", encoder=encoder))) as reader:
            frames = list(reader)
        times = [frame.pts_seconds for frame in frames]
        np.testing.assert_allclose(np.array(times, float), TIMES_S, atol=TIME_TOLERANCE_S)
        wanted = moving_square(len(TIMES_S), width_px=96, height_px=64)
        for frame, picture in zip(frames, wanted, strict=True):
            assert np.abs(frame.image.astype(int) - picture).mean() < 10


def test_a_turned_video_is_upright_for_a_player(tmp_path: Path) -> None:
    with open_media(str(write(tmp_path / "a.mov", turned=True))) as reader:
        frame = next(iter(reader))
    assert frame.image.shape == (64, 96, 3)
    wanted = moving_square(1, width_px=96, height_px=64)[0]
    assert np.abs(frame.image.astype(int) - wanted).mean() < 10
