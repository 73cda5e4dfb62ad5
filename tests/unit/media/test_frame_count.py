"""How many frames headers promise."""

from pathlib import Path

import cv2
import fsspec
import numpy as np
import pytest

from openface_core.errors import MediaError
from openface_core.media import DecodeLimits, open_media, promised_frame_count
from tests.fixtures.media.writing import moving_square, write_video

LIMITS = DecodeLimits()


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_videos(suffix: str, tmp_path: Path) -> None:
    codec = "mpeg4" if suffix == "avi" else "libx264"
    path = write_video(tmp_path / f"clip.{suffix}", moving_square(9), codec=codec)
    assert promised_frame_count(str(path), LIMITS) == 9
    fsspec.filesystem("memory").pipe("/promise/clip", path.read_bytes())
    assert promised_frame_count("memory://promise/clip", LIMITS) == 9
    with open_media(str(path)) as media:
        promised = media.info.frame_count_from_header
    assert promised in (9, None)


def test_pictures(tmp_path: Path) -> None:
    for k in range(3):
        cv2.imwrite(str(tmp_path / f"{k}.png"), np.zeros((8, 8, 3), np.uint8))
    assert promised_frame_count(str(tmp_path / "0.png"), LIMITS) == 1
    assert promised_frame_count(str(tmp_path), LIMITS) == 3


@pytest.mark.parametrize("content", [b"", b"no video at all", b"#EXTM3U\nhttp://x/y.ts\n"])
def test_what_is_no_video(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.mp4").write_bytes(content)
    with pytest.raises(MediaError):
        promised_frame_count(str(tmp_path / "file.mp4"), LIMITS)
    with pytest.raises(MediaError):
        promised_frame_count(str(tmp_path / "none.mp4"), LIMITS)
