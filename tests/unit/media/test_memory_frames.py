"""Frames that are in memory already."""

import numpy as np

from openface_core.media.memory_frames import MemoryFrames


def picture(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), dtype=np.uint8)


def test_frames_of_one_size_are_no_reason_to_warn() -> None:
    frames = MemoryFrames([picture(20, 30)] * 3, 25.0, "memory:frames")
    assert [frame.pts_seconds for frame in frames] == [0.0, 0.04, 0.08]
    assert frames.warnings == ()


def test_frames_of_several_sizes_are_warned_of() -> None:
    frames = MemoryFrames([picture(20, 30), picture(10, 30)], 25.0, "memory:frames")
    assert [frame.image.shape for frame in frames] == [(20, 30, 3), (10, 30, 3)]
    assert frames.warnings == ("the frame size changes within the video (30 x 10, 30 x 20)",)
