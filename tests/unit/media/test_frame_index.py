"""Parts of a video, joined, are the whole; the index tells which videos may be cut."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import fsspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.errors import ConfigError, MediaError
from openface_core.media import FrameIndex, index_frames, open_media
from openface_core.media.video import VideoReader
from tests.fixtures.media.decoding import decode, decode_in_parts
from tests.fixtures.media.writing import moving_square, write_audio, write_video

COUNT = 48


def noisy_frames(count: int = COUNT, size: tuple[int, int] = (64, 48)) -> list[NDArray[np.uint8]]:
    """Frames that are all different, so that no frame can pass for another."""
    rng = np.random.default_rng(7)
    return [
        np.clip(image + rng.integers(-12, 13, image.shape), 0, 255).astype(np.uint8)
        for image in moving_square(count, *size)
    ]


def h264(**options: str) -> dict[str, str]:
    return {"bf": "3", "threads": "1", **options}


def irregular_times() -> list[float]:
    return list(np.cumsum(np.random.default_rng(5).uniform(0.01, 0.2, COUNT)))


REFRESH = {"g": "12", "x264-params": "intra-refresh=1:bframes=0"}
HEVC = {"x265-params": "keyint=12:min-keyint=12:scenecut=0:bframes=3:open-gop=1:log-level=none"}
OPEN = {"g": "12", "sc_threshold": "0", "x264-params": "open-gop=1"}

SAFE = {
    "one key frame": ("a.mp4", {"options": h264(g="250")}),
    "closed groups": ("a.mp4", {"options": h264(g="12")}),
    "open groups": ("a.mp4", {"options": h264(**OPEN)}),
    "open groups in Matroska": ("a.mkv", {"options": h264(**OPEN)}),
    "Matroska": ("a.mkv", {"options": h264(g="12")}),
    "VP9": ("a.webm", {"codec": "libvpx-vp9", "options": {"g": "12"}}),
    "HEVC": ("a.mp4", {"codec": "libx265", "options": HEVC}),
    "variable rate": ("a.mp4", {"options": h264(g="12"), "pts_seconds": irregular_times()}),
    "variable rate in Matroska": (
        "a.mkv",
        {"options": h264(g="12"), "pts_seconds": irregular_times()},
    ),
    "rotated": ("a.mov", {"options": h264(g="12"), "rotation": 90}),
    "with sound": ("a.mp4", {"options": h264(g="12"), "audio_seconds": 2.0}),
    "key frames only": (
        "a.mov",
        {"codec": "mjpeg", "pixel_format": "yuvj420p", "options": {}},
    ),
    "gradual refresh": (
        "a.mp4",
        {"options": h264(**REFRESH)},
    ),
}


@pytest.fixture(scope="module", params=list(SAFE.values()), ids=list(SAFE))
def safe_video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, options = request.param
    return write_video(tmp_path_factory.mktemp("safe") / name, noisy_frames(), **options)


def test_the_index_lists_the_decoded_frames(safe_video: Path) -> None:
    index = index_frames(str(safe_video))
    assert index.unsafe_reason is None
    assert index.pts.dtype == np.int64
    assert index.is_key.dtype == np.bool_
    assert index.is_key[0]
    # They have no sound, so that their first frame is their start.
    first_pts = int(index.pts[0])
    assert [float((int(pts) - first_pts) * index.time_base) for pts in index.pts] == [
        seconds for seconds, _ in decode(safe_video)
    ]


def test_parts_joined_are_the_whole(safe_video: Path) -> None:
    whole = decode(safe_video)
    pts = index_frames(str(safe_video)).pts
    rng = np.random.default_rng(11)
    for _ in range(6):
        assert decode_in_parts(safe_video, rng.choice(pts, 4, replace=False).tolist()) == whole


def test_each_single_frame_can_be_had(safe_video: Path) -> None:
    whole = decode(safe_video)
    pts = index_frames(str(safe_video)).pts.tolist()
    for index in range(0, len(pts), 5):
        assert decode(safe_video, (pts[index], pts[index] + 1)) == [whole[index]]


def test_key_frames_are_where_the_coder_put_them(tmp_path: Path) -> None:
    def keys(**options: str) -> list[int]:
        path = write_video(tmp_path / "a.mp4", noisy_frames(), options=h264(**options))
        return np.flatnonzero(index_frames(str(path)).is_key).tolist()

    assert keys(g="250") == [0]
    assert keys(g="12", sc_threshold="0", bf="0") == [0, 12, 24, 36]
    assert len(keys(**OPEN)) == 4
    # With a gradual refresh the container's key frames are no points to begin at.
    assert keys(**REFRESH) == [0]


@pytest.fixture(scope="module")
def open_groups(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], FrameIndex]:
    path = tmp_path_factory.mktemp("open") / "a.mp4"
    write_video(path, noisy_frames(), options=h264(**OPEN), fps=25)
    return path, decode(path), index_frames(str(path))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_range_gives_the_frames_within_it(
    open_groups: tuple[Path, list[Any], FrameIndex], data: st.DataObject
) -> None:
    path, whole, index = open_groups
    low, high = int(index.pts[0]) - 2000, int(index.pts[-1]) + 2000
    border = st.none() | st.integers(low, high) | st.sampled_from(index.pts.tolist())
    begin, end = data.draw(border), data.draw(border)
    if begin is not None and end is not None and end < begin:
        begin, end = end, begin
    inside = (index.pts >= (low if begin is None else begin)) & (
        index.pts < (high if end is None else end)
    )
    assert decode(path, (begin, end)) == [whole[i] for i in np.flatnonzero(inside)]


def test_a_part_begins_at_the_nearest_key_frame(tmp_path: Path) -> None:
    options = h264(g="12", sc_threshold="0", bf="0")
    path = write_video(tmp_path / "a.mp4", noisy_frames(), options=options)
    pts = index_frames(str(path)).pts.tolist()
    with open_media(str(path), pts_range=(pts[27], pts[30])) as reader:
        assert isinstance(reader, VideoReader)
        assert len(list(reader)) == 3
        # 24 to 26 come before the part; 30 tells that it has ended.
        assert reader.preroll_frames == 4
        assert reader.decoded_frames == 7
    with open_media(str(path)) as reader:
        assert isinstance(reader, VideoReader)
        list(reader)
        assert (reader.preroll_frames, reader.decoded_frames) == (0, COUNT)


def test_an_empty_part_is_allowed_and_described(safe_video: Path) -> None:
    pts = index_frames(str(safe_video)).pts.tolist()
    with open_media(str(safe_video)) as reader:
        expected = reader.info
    for part in [
        (pts[0] - 10**6, pts[0]),
        (pts[20], pts[20]),
        (pts[20] + 1, pts[21]),
        (pts[-1] + 1, None),
        (10**30, None),
        (None, -(10**30)),
    ]:
        with open_media(str(safe_video), pts_range=part) as reader:
            assert list(reader) == []
            assert reader.info == expected
            assert reader.warnings == ()


def test_a_part_does_not_miss_the_frames_of_the_others(safe_video: Path) -> None:
    pts = index_frames(str(safe_video)).pts.tolist()
    with open_media(str(safe_video), pts_range=(pts[10], pts[15])) as reader:
        assert len(list(reader)) == 5
        assert reader.warnings == ()


def test_remote_files_are_cut_too(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", noisy_frames(), options=h264(g="12"))
    url = "memory://parts/a.mp4"
    with fsspec.open(url, "wb") as file:
        file.write(path.read_bytes())
    index = index_frames(url)
    assert index.unsafe_reason is None
    assert decode_in_parts(url, index.pts[[13, 30]].tolist()) == decode(path)


def fragmented(path: Path, flags: str) -> Path:
    source = write_video(path.with_suffix(".mov"), noisy_frames(), options=h264(g="12"))
    options = {"movflags": f"frag_keyframe+empty_moov+{flags}"}
    with av.open(str(source)) as old, av.open(str(path), "w", options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return path


def with_changing_settings(path: Path) -> Path:
    """Two differently coded clips behind each other, as one stream of an MP4."""
    raw = b""
    for part, refs in enumerate(("1", "4")):
        options = {"bf": "0", "refs": refs, "threads": "1"}
        clip = path.with_name(f"{part}.h264")
        raw += write_video(clip, noisy_frames(10), options=options).read_bytes()
    joined = path.with_name("joined.h264")
    joined.write_bytes(raw)
    with av.open(str(joined)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = (packet for packet in old.demux(old.streams.video[0]) if packet.size)
        for index, packet in enumerate(packets):
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = index
            new.mux(packet)
    return path


def coded(**options: Any) -> Callable[[Path], Path]:
    return lambda path: write_video(path, noisy_frames(), **options)


@pytest.mark.parametrize(
    ("name", "write", "reason"),
    [
        ("a.avi", coded(options=h264()), "container avi"),
        ("a.ts", coded(options=h264()), "container mpegts"),
        ("a.gif", coded(codec="gif", pixel_format="rgb8"), "container gif"),
        ("a.mov", coded(codec="mpeg4"), "codec mpeg4"),
        ("a.mp4", lambda path: fragmented(path, "dash+global_sidx+skip_trailer"), "fragmented"),
        ("a.mp4", with_changing_settings, "settings of its decoder change"),
    ],
)
def test_what_may_not_be_cut_is_read_in_parts_all_the_same(
    tmp_path: Path, name: str, write: Callable[[Path], Path], reason: str
) -> None:
    path = write(tmp_path / name)
    index = index_frames(str(path))
    assert reason in str(index.unsafe_reason)
    assert len(index.pts) == len(index.is_key) == 0
    whole = decode(path)
    times = [round(seconds / index.time_base) for seconds, _ in whole if seconds is not None]
    if len(times) == len(whole) == len(set(times)) and times == sorted(times):
        assert decode_in_parts(path, [times[4], times[len(times) // 2 + 2]]) == whole


def with_one_time(path: Path, index: int, shift_ms: int) -> Path:
    """Change the time of one block of a Matroska file, as a flipped bit does."""
    with av.open(str(path)) as container:
        place = [packet.pos for packet in container.demux(video=0) if packet.size][index]
    assert place is not None
    data = bytearray(path.read_bytes())
    # A block begins with the number of its track and, in two bytes, its time within the cluster.
    time = int.from_bytes(data[place + 1 : place + 3], "big", signed=True)
    data[place + 1 : place + 3] = (time + shift_ms).to_bytes(2, "big", signed=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("shift_ms", [-500, -70])
def test_a_frame_whose_time_is_damaged_is_not_lost(tmp_path: Path, shift_ms: int) -> None:
    options = {"g": "12", "bf": "0", "threads": "1"}
    whole = write_video(tmp_path / "a.mkv", noisy_frames(), fps=25, options=options)
    path = with_one_time(whole, 22, shift_ms)
    frames = decode(path)
    assert len(frames) == COUNT
    for cut in (480, 960):
        parts = decode_in_parts(path, [cut])
        assert len(parts) == COUNT
    if shift_ms == -500:  # before the key frame that it depends on
        assert index_frames(str(path)).unsafe_reason is not None


def test_a_truncated_file_is_unsafe_or_equal(tmp_path: Path) -> None:
    data = write_video(tmp_path / "a.mkv", noisy_frames(), options=h264(g="12")).read_bytes()
    path = tmp_path / "cut.mkv"
    for size in np.linspace(len(data) // 2, len(data) - 1, 9, dtype=int):
        path.write_bytes(data[:size])
        whole, index = decode(path), index_frames(str(path))
        assert len(whole) > 8
        times = [round(seconds / index.time_base) for seconds, _ in whole if seconds is not None]
        assert decode_in_parts(path, [times[3], times[-4]]) == whole
        if index.unsafe_reason is None:
            assert index.pts.tolist() == times


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", h264(g="12")),
        ("a.mkv", "libx264", h264(**OPEN)),
        ("a.mp4", "libx265", HEVC),
        ("a.webm", "libvpx-vp9", {"g": "12"}),
    ],
)
def test_damaged_packets_give_the_frames_of_sequential_decoding(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    # One slice per frame: what FFmpeg puts in place of a lost slice differs from run to run.
    path = write_video(tmp_path / name, noisy_frames(), codec=codec, options=options)
    pts = index_frames(str(path)).pts.tolist()
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.video[0]) if p.size]
        places = [(p.pos, p.size, p.is_keyframe) for p in packets]
    data = path.read_bytes()
    rng = np.random.default_rng(13)
    keys = [place for place in places[1:] if place[2]]
    others = [place for place in places[1:] if not place[2]]
    for trial in range(12):
        position, size, _ = keys[trial % len(keys)] if trial < 8 else others[trial * 3]
        assert position is not None
        first = position + int(rng.integers(min(9, size - 1), size))
        length = min(int(rng.integers(1, 40)), position + size - first)
        noise = bytes(length) if trial % 2 else rng.bytes(length)
        path.write_bytes(data[:first] + noise + data[first + length :])
        assert decode_in_parts(path, [pts[14], pts[25], pts[33]]) == decode(path)


def test_fragments_that_are_all_listed_on_opening_are_safe(tmp_path: Path) -> None:
    path = fragmented(tmp_path / "a.mp4", "default_base_moof")
    index = index_frames(str(path))
    assert index.unsafe_reason is None
    assert len(index.pts) == COUNT
    assert decode_in_parts(path, index.pts[[5, 17, 36]].tolist()) == decode(path)


def test_closing_a_part_ends_its_iteration(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", noisy_frames(), options=h264(g="12"))
    with open_media(str(path), pts_range=(None, None)) as reader:
        next(iter(reader))
        reader.close()
        assert list(reader) == []


def test_images_are_never_cut(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    image = folder / "a.png"
    write_video(image, noisy_frames(1), codec="png", pixel_format="rgb24")
    for path, words in [(image, "an image"), (folder, "a folder of images")]:
        index = index_frames(str(path))
        assert index.unsafe_reason == f"it is {words}"
        with pytest.raises(MediaError, match=f"{words} is not read in parts"):
            open_media(str(path), pts_range=(None, None))


def test_what_is_no_media_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("Dear all, please find attached.")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(50_000))
    write_audio(tmp_path / "sound.mp4")
    names = ("empty", "empty.mp4", "text.mp4", "noise.mp4", "sound.mp4", "absent.mp4")
    for name in names:
        with pytest.raises(MediaError):
            index_frames(str(tmp_path / name))


def test_a_range_must_not_end_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ends before it begins"):
        open_media(str(tmp_path / "a.mp4"), pts_range=(5, 4))
