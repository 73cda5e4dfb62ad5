"""Frames that are in memory already."""

from collections.abc import Iterator

import numpy as np
import pytest

from openface_core.errors import InputError
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


def test_read_only_pictures_are_as_others_to_compiled_code() -> None:
    shown = np.frombuffer(bytes(range(240)), dtype=np.uint8).reshape(10, 8, 3)
    (frame,) = MemoryFrames([shown], 25.0, "memory:frames")
    assert frame.image.flags.writeable
    assert frame.image.flags.c_contiguous
    assert np.array_equal(frame.image, shown)


def test_pictures_that_need_no_copy_are_not_copied() -> None:
    shown = picture(10, 8)
    (frame,) = MemoryFrames([shown], 25.0, "memory:frames")
    assert np.shares_memory(frame.image, shown)


def test_arrays_of_other_classes_are_plain_arrays_to_compiled_code() -> None:
    masked = np.ma.masked_greater(picture(10, 8), 100)
    (frame,) = MemoryFrames([masked], 25.0, "memory:frames")
    assert type(frame.image) is np.ndarray


@pytest.mark.parametrize("error", [TypeError, ValueError, NotImplementedError])
def test_pictures_whose_number_nobody_knows(error: type[Exception]) -> None:
    class Stream:
        """As loaders of PyTorch are: its length is asked for in vain."""

        def __iter__(self) -> Iterator[np.ndarray]:
            return iter([picture(10, 8)] * 2)

        def __len__(self) -> int:
            raise error("it has no length")

    frames = MemoryFrames(Stream(), 25.0, "memory:frames")
    assert frames.info.frame_count_from_header is None
    assert len(list(frames)) == 2


def test_a_single_picture_is_refused_as_such() -> None:
    with pytest.raises(InputError, match=r"found a single one.*as \[picture\]"):
        MemoryFrames(picture(10, 8), 25.0, "memory:frames")


def test_an_array_without_dimensions_is_refused() -> None:
    with pytest.raises(InputError, match="found ndarray"):
        MemoryFrames(np.array(1, dtype=np.uint8), 25.0, "memory:frames")


def test_an_array_of_pictures_is_taken_apart() -> None:
    assert len(list(MemoryFrames(np.stack([picture(10, 8)] * 3), 25.0, "memory:frames"))) == 3
