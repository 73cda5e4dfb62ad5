"""Time stamps count from the file's start and increase, whatever the container says of them."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from openface_core.media import MediaReader, index_frames, open_media
from openface_core.media.clock import stated_rate
from openface_core.media.frame_count import promised_frame_count
from openface_core.media.frames import DecodeLimits
from tests.fixtures.media.decoding import decode, decode_in_parts
from tests.fixtures.media.writing import moving_square, write_video

FRAMES = 30
RATE_FPS = 25

# Matroska's and FLV's clocks tick in whole milliseconds.
PTS_TOLERANCE_SECONDS = 0.0006

H264 = {"g": "12", "bf": "3"}
REORDERING = [
    ("a.avi", "libx264"), ("a.asf", "libx264"), ("a.mxf", "libx264"), ("a.flv", "libx264"),
    ("a.mpg", "libx264"), ("a.nut", "libx264"), ("a.ts", "libx264"), ("a.mkv", "libx264"),
    ("a.mp4", "libx264"), ("a.h264", "libx264"), ("a.asf", "mpeg2video"), ("a.mpg", "mpeg2video"),
    ("a.ts", "mpeg2video"),
]  # fmt: skip


def write(path: Path, codec: str = "libx264", count: int = FRAMES) -> Path:
    return write_video(path, moving_square(count), fps=RATE_FPS, codec=codec, options=H264)


def write_raw(
    path: Path, container: str, codec: str, frames: list[np.ndarray], *, fps: int
) -> None:
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=fps)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        output.mux(stream.encode(None))


def write_late(path: Path, start_seconds: float, count: int = FRAMES, **options: str) -> Path:
    times = [start_seconds + index / RATE_FPS for index in range(count)]
    return write_video(
        path, moving_square(count), fps=RATE_FPS, pts_seconds=times, options=H264 | options
    )


def read(path: Path) -> tuple[MediaReader, list[float | None], tuple[str, ...]]:
    with open_media(str(path)) as reader:
        times = [frame.pts_seconds for frame in reader]
        return reader, times, reader.warnings


@pytest.mark.parametrize(("name", "codec"), REORDERING)
def test_frames_that_were_reordered_have_their_own_times(
    tmp_path: Path, name: str, codec: str
) -> None:
    _, times, warnings = read(write(tmp_path / name, codec))
    expected = np.arange(FRAMES) / RATE_FPS
    assert times == pytest.approx(expected.tolist(), abs=PTS_TOLERANCE_SECONDS)
    assert not any("increase" in warning or "promises" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.h264", "libx264"), ("a.m1v", "mpeg1video"), ("a.m2v", "mpeg2video"), ("a.m4v", "mpeg4")],
)
def test_a_stream_without_time_stamps_is_timed_at_its_rate_and_says_so(
    tmp_path: Path, name: str, codec: str
) -> None:
    # As FFmpeg names the containers: a file's suffix is not asked by the program.
    formats = {"a.m4v": "m4v", "a.m1v": "mpeg1video", "a.m2v": "mpeg2video", "a.h264": "h264"}
    path = tmp_path / name
    write_raw(path, formats[name], codec, moving_square(10), fps=50)
    reader, times, warnings = read(path)
    assert reader.info.average_rate_fps == 50
    assert times == pytest.approx([index / 50 for index in range(10)])
    (line,) = warnings
    assert line.startswith("10 frames have no time stamp; they are timed at 50 fps, and frames")


# The clock of a transport stream has 33 bits at 90 kHz, which are 26 hours.
@pytest.mark.parametrize(
    ("name", "start_seconds"), [("a.mkv", 1.48), ("a.mkv", 1_700_000_000.0), ("a.ts", 1.48)]
)
def test_time_counts_from_the_start_of_the_file(
    tmp_path: Path, name: str, start_seconds: float
) -> None:
    path = write_late(tmp_path / name, start_seconds)
    reader, times, warnings = read(path)
    expected = np.arange(FRAMES) / RATE_FPS
    assert times == pytest.approx(expected.tolist(), abs=2 * PTS_TOLERANCE_SECONDS)
    assert times[0] == 0.0
    # FFmpeg's muxer may shift a transport stream by the delay of the decoder.
    assert reader.info.start_seconds == pytest.approx(start_seconds, abs=0.2)
    assert warnings == ()


def test_a_clock_that_begins_anew_within_a_transport_stream(tmp_path: Path) -> None:
    path = write_late(tmp_path / "a.ts", 2**33 / 90_000 - 0.4, bf="0")
    reader, times, warnings = read(path)
    expected = np.arange(FRAMES) / RATE_FPS
    assert times == pytest.approx(expected.tolist(), abs=2 * PTS_TOLERANCE_SECONDS)
    assert reader.info.start_seconds < 0.0
    assert warnings == ()


@pytest.mark.parametrize(("name", "count"), [("a.mkv", 1), ("a.mkv", 3), ("a.mkv", 6), ("a.ts", 6)])
def test_the_start_of_a_few_frames_is_found(tmp_path: Path, name: str, count: int) -> None:
    # FFmpeg waits for more frames before it believes their times.
    path = write_late(tmp_path / name, 1.7e9 if name == "a.mkv" else 50.0, count, bf="0")
    reader, times, warnings = read(path)
    assert times == pytest.approx(
        [index / RATE_FPS for index in range(count)], abs=2 * PTS_TOLERANCE_SECONDS
    )
    assert warnings == ()
    seconds = reader.info.duration_seconds_from_header
    assert seconds is None or seconds < 1.0
    promised = promised_frame_count(str(path), DecodeLimits())
    assert promised is None or promised <= count + 1


def test_a_late_matroska_file_promises_its_own_length(tmp_path: Path) -> None:
    path = write_late(tmp_path / "a.mkv", 1_700_000_000.0)
    with open_media(str(path)) as reader:
        seconds = reader.info.duration_seconds_from_header
    assert seconds == pytest.approx(FRAMES / RATE_FPS, abs=0.01)
    assert promised_frame_count(str(path), DecodeLimits()) == FRAMES


def test_parts_of_a_late_video_have_the_times_of_the_whole(tmp_path: Path) -> None:
    path = write_late(tmp_path / "a.mkv", 5.0)
    index = index_frames(str(path))
    assert index.unsafe_reason is None
    keys = [int(pts) for pts in index.pts[index.is_key][1:]]
    assert keys
    assert decode_in_parts(path, keys) == decode(path)


def test_frames_that_a_capture_program_dropped_keep_their_places(tmp_path: Path) -> None:
    kept = [0, 1, 2, 5, 6, 7, 8, 12, 13, 14]
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE_FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in kept:
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, RATE_FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    reader, times, warnings = read(path)
    assert reader.info.frame_count_from_header == 15
    assert times == pytest.approx([index / RATE_FPS for index in kept])
    assert warnings == ()


def test_a_picture_that_starts_after_the_sound_keeps_its_distance(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.mkv",
        moving_square(5),
        pts_seconds=[0.5, 0.6, 0.7, 0.8, 0.9],
        audio_seconds=1.0,
    )
    reader, times, _ = read(path)
    assert reader.info.start_seconds == pytest.approx(0.0, abs=0.03)
    assert times[0] == pytest.approx(0.5 - reader.info.start_seconds, abs=0.001)


def test_lost_frames_do_not_shift_the_times_of_later_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", count=48)
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    for packet in packets[3:7]:
        assert packet.pos is not None
        data[packet.pos : packet.pos + packet.size] = b"\xa5" * packet.size
    path.write_bytes(data)
    _, times, _ = read(path)
    assert len(times) < 48
    assert times[-12:] == pytest.approx([index / RATE_FPS for index in range(36, 48)])


def test_the_rate_of_a_camera_for_slow_motion_is_its_own(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(10), fps=12_000)
    reader, times, _ = read(path)
    assert reader.info.average_rate_fps == 12_000
    assert times == pytest.approx([index / 12_000 for index in range(10)], abs=1e-4)


@pytest.mark.parametrize(
    ("container", "average", "guessed", "expected"),
    [
        ("mpegts", Fraction(90_000), Fraction(25), Fraction(25)),
        ("mpegts", Fraction(90_000), Fraction(90_000), None),
        ("mpegts", Fraction(30), Fraction(25), Fraction(30)),
        ("mov,mp4,m4a,3gp,3g2,mj2", Fraction(90_000), Fraction(25), Fraction(90_000)),
        ("h264", Fraction(25), Fraction(30), Fraction(30)),
        ("h264", Fraction(25), None, Fraction(25)),
    ],
)
def test_a_tick_is_no_frame(
    container: str, average: Fraction | None, guessed: Fraction | None, expected: Fraction | None
) -> None:
    file = SimpleNamespace(format=SimpleNamespace(name=container))
    stream = SimpleNamespace(
        average_rate=average, guessed_rate=guessed, time_base=Fraction(1, 90_000)
    )
    assert stated_rate(cast(InputContainer, file), cast(VideoStream, stream)) == expected
