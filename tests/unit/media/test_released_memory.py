"""Pictures and decoders are freed at once: none of them waits for the garbage collector.

The collector counts objects and not their bytes, and in a process with many objects its full runs
become rare, so that a few small reference cycles can hold hundreds of megabytes of pixels.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import av
import pytest

from openface_core.errors import MediaError
from openface_core.media import DecodeLimits, index_frames, open_media
from openface_core.media.video import VideoReader
from tests.fixtures.media.writing import moving_square, write_video

COUNT = 48
# In ticks of 1/15360 s, FFmpeg's clock for an MP4 of 30 frames per second.
PART_PTS, PART_FRAMES = (11 * 512, 30 * 512), 19

# The picture in the caller's hands, the one it is made from, and what the decoder gives beside it.
MOST_PICTURES_AT_ONCE = 6


def media_objects() -> Counter[str]:
    """Count readers, and PyAV's frames, packets, decoders and containers, by their types."""
    # By type(): asking some objects of other libraries for their __class__ warns. Types are counted
    # first, for there are millions of objects and few types.
    found: Counter[str] = Counter()
    for kind, count in Counter(map(type, gc.get_objects())).items():
        is_reader = issubclass(kind, VideoReader) or str(kind.__module__).startswith("av.")
        if is_reader and not issubclass(kind, type | Enum):
            found[kind.__name__] += count
    return found


@contextmanager
def no_garbage_collector() -> Iterator[None]:
    """Switch it off, after a last run."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def nothing_left() -> Iterator[None]:
    """Check that no media object outlives the block, without the garbage collector."""
    with no_garbage_collector():
        before = media_objects()
        yield
        assert media_objects() - before == Counter()


def clip(folder: Path, *, mirrored: bool = False) -> Path:
    options = {"g": "12", "bf": "3", "threads": "1"}
    return write_video(
        folder / "clip.mp4", moving_square(COUNT), options=options, mirrored=mirrored
    )


def with_damage(path: Path, first: int) -> Path:
    """Overwrite the packets from one on."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for position, size in places[first:]:
        assert position is not None
        data[position : position + size] = b"\xa5" * size
    path.write_bytes(data)
    return path


def read(path: Path, limits: DecodeLimits | None = None) -> int:
    with open_media(str(path), limits=limits or DecodeLimits()) as reader:
        return sum(1 for _ in reader)


def read_part(path: Path) -> int:
    with open_media(str(path), pts_range=PART_PTS) as reader:
        return sum(1 for _ in reader)


def read_one_frame(path: Path) -> int:
    with open_media(str(path)) as reader:
        assert isinstance(reader, VideoReader)
        next(iter(reader))
        return reader.decoded_frames


def index(path: Path) -> int:
    return len(index_frames(str(path)).pts)


@pytest.mark.parametrize(
    ("reading", "frames"),
    [(read, COUNT), (read_part, PART_FRAMES), (read_one_frame, 1), (index, COUNT)],
)
@pytest.mark.parametrize("mirrored", [False, True], ids=["upright", "mirrored"])
def test_nothing_is_left_of_a_video(
    tmp_path: Path, reading: Callable[[Path], int], frames: int, mirrored: bool
) -> None:
    path = clip(tmp_path, mirrored=mirrored)
    with nothing_left():
        assert reading(path) == frames


def test_nothing_is_left_where_a_part_has_to_be_read_from_the_beginning(tmp_path: Path) -> None:
    path = with_damage(clip(tmp_path), first=24)
    with nothing_left():
        assert read_part(path) < PART_FRAMES


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    path = with_damage(clip(tmp_path), first=24)
    with nothing_left(), pytest.raises(MediaError, match="more than 3"):
        read(path, DecodeLimits(max_corrupt_packets=3))


def test_pictures_do_not_pile_up_while_a_video_is_read(tmp_path: Path) -> None:
    with no_garbage_collector(), open_media(str(clip(tmp_path))) as reader:
        counts = [media_objects()["VideoFrame"] for frame in reader if frame.index % 16 == 15]
    assert 0 < max(counts) <= MOST_PICTURES_AT_ONCE
