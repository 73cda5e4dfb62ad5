"""Parts of a frame have the bits that FFmpeg gives the whole of it."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from openface_core.media import frame_colours, open_media
from openface_core.media.frame_colours import FrameColours
from openface_core.media.orientation import UPRIGHT, Orientation
from openface_core.media.yuv_pictures import all_weights
from openface_core.partial_pictures import AnyPicture, PartialPicture
from tests.fixtures.media.writing import moving_square, write_video

RANGES = {"unspecified": 0, "narrow": 1, "full": 2}
SPACES = {"BT.709": 1, "unspecified": 2, "FCC": 4, "BT.601": 5, "SMPTE 240M": 7, "BT.2020": 9}


@pytest.fixture(autouse=True)
def parts_of_small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_colours, "_WEIGHTS", {})
    monkeypatch.setattr(frame_colours, "_LEAST_PIXELS", 1)


def noise(width: int, height: int, kind: str = "yuv420p", seed: int = 0) -> VideoFrame:
    rng = np.random.default_rng(seed)
    frame = VideoFrame(width, height, kind)
    for plane in frame.planes:
        values = rng.integers(0, 256, (plane.height, plane.line_size), dtype=np.uint8)
        plane.update(values.tobytes())
    return frame


def second_picture(
    colours: FrameColours, frame: VideoFrame, orientation: Orientation = UPRIGHT
) -> AnyPicture:
    """The first one of a kind is whole: the others' weights are found by it."""
    assert isinstance(colours.picture(frame, orientation), np.ndarray)
    return colours.picture(frame, orientation)


def boxes(shape: tuple[int, ...]) -> Iterator[tuple[int, int, int, int]]:
    rng = np.random.default_rng(1)
    for _ in range(6):
        left, right = np.sort(rng.integers(0, shape[1] + 1, 2))
        top, bottom = np.sort(rng.integers(0, shape[0] + 1, 2))
        yield int(left), int(top), int(right), int(bottom)


def check(picture: AnyPicture, whole: np.ndarray) -> None:
    assert isinstance(picture, PartialPicture)
    assert picture.shape == whole.shape
    for left, top, right, bottom in boxes(whole.shape):
        found = picture.within(left, top, right, bottom)[top:bottom, left:right]
        assert np.array_equal(found, whole[top:bottom, left:right])
    rows, columns = np.arange(0, whole.shape[0], 3), np.arange(0, whole.shape[1], 5)
    assert np.array_equal(picture.sampled(rows, columns), whole[np.ix_(rows, columns)])
    assert np.array_equal(picture.whole(), whole)


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("range_name", RANGES)
@pytest.mark.parametrize("space_name", SPACES)
@pytest.mark.parametrize("kind", ["yuv420p", "yuvj420p"])
def test_all_kinds_of_colours(kind: str, space_name: str, range_name: str, stated: bool) -> None:
    frame = noise(98, 66, kind)
    frame.color_range, frame.colorspace = RANGES[range_name], SPACES[space_name]
    colours = FrameColours(are_stated=stated)
    check(second_picture(colours, frame), colours.whole(frame))


@pytest.mark.parametrize("size", [(2, 2), (34, 18), (1080, 720), (1922, 1082)])
def test_all_sizes(size: tuple[int, int]) -> None:
    frame = noise(*size)
    colours = FrameColours(are_stated=True)
    check(second_picture(colours, frame), colours.whole(frame))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_all_orientations(mirrored: bool, rotation: int) -> None:
    orientation, frame = Orientation(mirrored, rotation), noise(130, 70)
    colours = FrameColours(are_stated=True)
    whole = colours.whole(frame, orientation)
    check(second_picture(colours, frame, orientation), whole)
    assert np.array_equal(colours.picture(frame, orientation).whole(), whole)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("width", "height", "kind"),
    [(97, 66, "yuv420p"), (98, 65, "yuv420p"), (98, 66, "yuv422p"), (98, 66, "yuv420p10le")],
)
def test_other_frames_are_whole(width: int, height: int, kind: str) -> None:
    frame, colours = VideoFrame(width, height, kind), FrameColours(are_stated=True)
    for _ in range(2):
        assert isinstance(colours.picture(frame, UPRIGHT), np.ndarray)


def encoded(path: Path, x264: str) -> bytes:
    """Return some frames as H.264, of which others may follow."""
    with av.open(str(path), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=25, options={"x264-params": x264})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number in range(4):
            frame = noise(128, 96, seed=number)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def test_interlaced_frames_among_others_are_whole(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.h264"
    parts = [encoded(tmp_path / f"{k}.h264", x264) for k, x264 in enumerate(("", "interlaced=1"))]
    mixed.write_bytes(b"".join([*parts, parts[0]]))
    colours = FrameColours(are_stated=True)
    with av.open(str(mixed)) as container:
        frames = list(container.decode(video=0))
    assert {frame.interlaced_frame for frame in frames} == {False, True}
    for frame in frames[1:]:
        picture = colours.picture(frame, UPRIGHT)
        if isinstance(picture, PartialPicture):
            check(picture, colours.whole(frame))
        else:
            assert frame is frames[1] or frame.interlaced_frame


def test_frames_are_whole_where_parts_would_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    right = all_weights()
    monkeypatch.setattr(frame_colours, "all_weights", lambda: [weights + 8 for weights in right])
    frame, colours = noise(98, 66), FrameColours(are_stated=True)
    for _ in range(2):
        assert isinstance(colours.picture(frame, UPRIGHT), np.ndarray)


def test_small_frames_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_colours, "_LEAST_PIXELS", 98 * 66 + 1)
    frame, colours = noise(98, 66), FrameColours(are_stated=True)
    for _ in range(2):
        assert isinstance(colours.picture(frame, UPRIGHT), np.ndarray)


def test_a_video_s_frames_are_as_they_are_without_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "square.mp4", moving_square(6), options={"threads": "1"})
    with open_media(str(path)) as media:
        frames = list(media)
    monkeypatch.setattr(frame_colours, "_LEAST_PIXELS", 1 << 30)
    with open_media(str(path)) as media:
        whole = list(media)
    assert [isinstance(frame.picture, PartialPicture) for frame in frames] == [False] + [True] * 5
    for frame, other in zip(frames, whole, strict=True):
        assert isinstance(other.picture, np.ndarray)
        assert np.array_equal(frame.image, other.image)
        assert (frame.index, frame.pts_seconds) == (other.index, other.pts_seconds)
