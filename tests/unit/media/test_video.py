"""Videos written here come back frame by frame, upright, in order, with their time stamps."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.errors import ConfigError, MediaError
from openface_core.media import DecodedFrame, DecodeLimits, MediaInfo, open_media
from openface_core.media import video as video_module
from tests.fixtures.media.writing import moving_square, write_video

# What lossy coding may change on average, in grey levels.
MEAN_CODING_ERROR = 4.0

# The coarsest clock of the containers used here is Matroska's: whole milliseconds.
PTS_TOLERANCE_SECONDS = 0.0006


def decode(
    path: Path | str, limits: DecodeLimits | None = None
) -> tuple[MediaInfo, list[DecodedFrame], tuple[str, ...]]:
    with open_media(str(path), limits=limits or DecodeLimits()) as reader:
        frames = list(reader)
        return reader.info, frames, reader.warnings


def decode_with_opencv(path: Path) -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(path))
    images: list[NDArray[np.uint8]] = []
    while True:
        read, image = capture.read()
        if not read:
            return images
        images.append(image.astype(np.uint8, copy=False))


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("clip.mp4", "libx264", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("clip.mkv", "libx264", "matroska,webm"),
        ("clip.mov", "mpeg4", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("clip.avi", "mpeg4", "avi"),
        ("clip.webm", "libvpx-vp9", "matroska,webm"),
        ("clip.ts", "libx264", "mpegts"),
        ("clip.y4m", "wrapped_avframe", "yuv4mpegpipe"),
    ],
)
def test_containers_and_codecs(tmp_path: Path, name: str, codec: str, container: str) -> None:
    originals = moving_square(12)
    options = {"qmin": "1", "qmax": "3"} if codec == "mpeg4" else None
    path = write_video(tmp_path / name, originals, fps=25, codec=codec, options=options)
    info, frames, warnings = decode(path)
    assert (info.kind, info.container) == ("video", container)
    assert (info.width_px, info.height_px, info.rotation_degrees) == (64, 48, 0)
    assert info.average_rate_fps == pytest.approx(25)
    assert info.duration_seconds_from_header == pytest.approx(12 / 25, abs=0.002)
    assert info.frame_count_from_header in (12, None)
    assert info.decoder.startswith("PyAV ")
    assert warnings == ()
    assert [frame.index for frame in frames] == list(range(12))
    start = frames[0].pts_seconds
    assert start is not None
    for original, frame in zip(originals, frames, strict=True):
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert np.mean(np.abs(frame.image.astype(int) - original)) < MEAN_CODING_ERROR
        assert frame.pts_seconds == pytest.approx(
            start + frame.index / 25, abs=PTS_TOLERANCE_SECONDS
        )
    opencv = decode_with_opencv(path)
    assert all(np.array_equal(a.image, b) for a, b in zip(frames, opencv, strict=True))


@pytest.mark.parametrize("size", [(63, 47), (33, 64), (64, 35)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    originals = moving_square(4, *size)
    _, frames, _ = decode(write_video(tmp_path / "odd.mp4", originals))
    assert [frame.image.shape for frame in frames] == [(size[1], size[0], 3)] * 4
    assert all(frame.image.flags.c_contiguous for frame in frames)
    error = np.mean(np.abs(frames[0].image.astype(int) - originals[0]))
    assert error < MEAN_CODING_ERROR


def test_frames_with_b_pictures_come_in_presentation_order(tmp_path: Path) -> None:
    originals = moving_square(24)
    path = write_video(tmp_path / "b.mp4", originals, options={"bf": "3", "b-adapt": "0"})
    _, frames, _ = decode(path)
    for frame in frames:
        errors = [np.abs(frame.image.astype(int) - other).mean() for other in originals]
        assert np.argmin(errors) == frame.index


def test_variable_frame_rate_keeps_the_time_stamps(tmp_path: Path) -> None:
    pts_seconds = [0.5, 0.55, 0.56, 0.7, 1.9, 2.0, 3.5]
    path = write_video(tmp_path / "vfr.mkv", moving_square(7), pts_seconds=pts_seconds)
    info, frames, warnings = decode(path)
    assert info.start_seconds == pytest.approx(0.5, abs=PTS_TOLERANCE_SECONDS)
    assert [info.start_seconds + (frame.pts_seconds or 0.0) for frame in frames] == pytest.approx(
        pts_seconds, abs=PTS_TOLERANCE_SECONDS
    )
    assert warnings == ()


@pytest.mark.parametrize(
    ("pixel_format", "most"), [("yuv420p", 0), ("yuv422p10le", 0), ("yuv420p10le", 5)]
)
def test_colours_are_those_of_opencv_but_for_ten_bits(
    tmp_path: Path, pixel_format: str, most: int
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 4.0), dtype=np.uint8)
    path = write_video(tmp_path / "v.mkv", [picture] * 2, codec="ffv1", pixel_format=pixel_format)
    found = np.stack([frame.image for frame in decode(path)[1]]).astype(int)
    away = np.abs(found - np.stack(decode_with_opencv(path)))
    assert away.max() <= most
    assert away.mean() <= 1.0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_is_applied_clockwise(tmp_path: Path, rotation: int, suffix: str) -> None:
    originals = moving_square(4)
    same = {"threads": "1"}  # under load, several of them do not always encode alike
    plain = decode(write_video(tmp_path / f"plain{suffix}", originals, options=same))[1]
    path = write_video(tmp_path / f"turned{suffix}", originals, rotation=rotation, options=same)
    info, frames, _ = decode(path)
    assert (info.rotation_degrees, info.mirrored) == (rotation, False)
    assert (info.height_px, info.width_px) == frames[0].image.shape[:2]
    for before, after in zip(plain, frames, strict=True):
        # np.rot90 turns counter-clockwise.
        assert np.array_equal(after.image, np.rot90(before.image, -rotation // 90))
        assert after.image.flags.c_contiguous
    opencv = decode_with_opencv(path)
    assert all(np.array_equal(a.image, b) for a, b in zip(frames, opencv, strict=True))


@pytest.mark.parametrize("rotation", [0, 90])
def test_mirroring_is_applied_before_the_rotation(tmp_path: Path, rotation: int) -> None:
    originals = moving_square(3)
    same = {"threads": "1"}
    plain = decode(write_video(tmp_path / "plain.mp4", originals, options=same))[1]
    path = write_video(
        tmp_path / "mirrored.mp4", originals, rotation=rotation, mirrored=True, options=same
    )
    info, frames, _ = decode(path)
    assert (info.rotation_degrees, info.mirrored) == (rotation, True)
    expected = np.rot90(plain[0].image[:, ::-1], -rotation // 90)
    assert np.array_equal(frames[0].image, expected)


@pytest.mark.parametrize(("exif_orientation", "rotation"), [(1, 0), (6, 90), (3, 180), (8, 270)])
def test_motion_jpeg_with_exif_is_turned_as_it_says(
    tmp_path: Path, exif_orientation: int, rotation: int
) -> None:
    _, coded = cv2.imencode(".jpg", moving_square(1)[0])
    tiff = struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 0x0112, 3, 1, exif_orientation, 0)
    segment = struct.pack(">HH6s", 0xFFE1, 8 + len(tiff), b"Exif") + tiff
    with_exif = coded[:2].tobytes() + segment + coded[2:].tobytes()
    images = {}
    for name, data in ("plain", coded.tobytes()), ("exif", with_exif):
        path = tmp_path / f"{name}.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mjpeg", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.is_keyframe = stream, 0, 0, True
            packet.time_base = Fraction(1, 10)
            container.mux(packet)
        info, (frame,), _ = decode(path)
        images[name] = frame.image
    assert info.rotation_degrees == rotation
    assert np.array_equal(images["exif"], np.rot90(images["plain"], -rotation // 90))


def raw_h264(path: Path, size: tuple[int, int]) -> bytes:
    return write_video(path, moving_square(5, *size)).read_bytes()


def test_a_size_that_changes_within_the_video_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "joined.h264"
    small = raw_h264(tmp_path / "a.h264", (64, 48))
    path.write_bytes(small + raw_h264(tmp_path / "b.h264", (96, 80)))
    info, frames, warnings = decode(path)
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 5 + [(80, 96, 3)] * 5
    assert (info.width_px, info.height_px) == (64, 48)
    assert any("size changes" in warning for warning in warnings)


def test_a_size_that_grows_beyond_the_limit_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "joined.h264"
    small = raw_h264(tmp_path / "a.h264", (64, 48))
    path.write_bytes(small + raw_h264(tmp_path / "b.h264", (640, 480)))
    _, frames, warnings = decode(path, DecodeLimits(max_pixels=100 * 100))
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 5
    assert any("corrupt packets" in warning for warning in warnings)


def test_a_frame_beyond_the_limit_is_refused_before_decoding(tmp_path: Path) -> None:
    path = write_video(tmp_path / "big.mp4", moving_square(3))
    with pytest.raises(MediaError, match="64 x 48 pixels are more than the 1000 allowed"):
        open_media(str(path), limits=DecodeLimits(max_pixels=1000))


def test_an_animated_gif_is_a_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.gif", moving_square(5), codec="gif", pixel_format="rgb8")
    info, frames, _ = decode(path)
    assert (info.kind, info.codec, len(frames)) == ("video", "gif", 5)


def test_sound_does_not_matter(tmp_path: Path) -> None:
    path = write_video(tmp_path / "sound.mkv", moving_square(6), audio_seconds=4.0)
    _, frames, warnings = decode(path)
    assert len(frames) == 6
    assert warnings == ()


def test_of_several_video_tracks_the_first_is_measured_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=25) for _ in range(2)]
        for stream, size in zip(streams, ((64, 48), (32, 32)), strict=True):
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for stream in streams:
            frame = av.VideoFrame(stream.width, stream.height, "yuv420p")
            container.mux([*stream.encode(frame), *stream.encode()])
    info, _, warnings = decode(path)
    assert (info.width_px, info.height_px) == (64, 48)
    assert warnings == ("it has 2 video tracks, of which the first is measured",)


def test_a_truncated_file_yields_its_beginning_and_a_warning(tmp_path: Path) -> None:
    whole = write_video(
        tmp_path / "whole.avi", moving_square(60, 320, 240), codec="mpeg4", options={"g": "10"}
    )
    path = tmp_path / "cut.avi"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    info, frames, warnings = decode(path)
    assert info.frame_count_from_header == 60
    assert 10 < len(frames) < 50
    assert f"the header promises 60 frames, {len(frames)} could be decoded" in warnings


def test_a_truncated_file_without_a_frame_count_warns_by_its_duration(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mkv", moving_square(150), options={"g": "10"})
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    info, frames, warnings = decode(path)
    assert info.frame_count_from_header is None
    assert 10 < len(frames) < 120
    assert any(warning.startswith("the header promises 5.00 s, about") for warning in warnings)


def damaged_video(folder: Path) -> Path:
    """Return an MP4 with every fifth packet from the sixth on overwritten."""
    whole = write_video(folder / "whole.mp4", moving_square(40), options={"g": "8", "bf": "0"})
    data = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        places = [(packet.pos, packet.size) for packet in packets]
    for position, size in places[5::5]:
        assert position is not None
        data[position : position + size] = b"\xa5" * size
    path = folder / "damaged.mp4"
    path.write_bytes(data)
    return path


def test_damaged_packets_are_skipped_with_a_warning(tmp_path: Path) -> None:
    info, frames, warnings = decode(damaged_video(tmp_path))
    assert info.frame_count_from_header == 40
    assert 20 <= len(frames) < 40
    places = "frames 5, 9, 13, 17, 21 and 2 more places"
    assert f"7 corrupt packets skipped, after {places}" in warnings
    assert [frame.index for frame in frames] == list(range(len(frames)))


def test_too_many_damaged_packets_end_the_iteration(tmp_path: Path) -> None:
    reader = open_media(str(damaged_video(tmp_path)), limits=DecodeLimits(max_corrupt_packets=3))
    with reader, pytest.raises(MediaError, match="more than 3 of its packets are damaged"):
        list(reader)


def test_a_video_without_a_single_readable_frame_is_an_error(tmp_path: Path) -> None:
    path = write_video(tmp_path / "all.mp4", moving_square(5))
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for position, size in places:
        assert position is not None
        data[position : position + size] = b"\xa5" * size
    path.write_bytes(data)
    with pytest.raises(MediaError, match="not a single frame"):
        open_media(str(path))


def test_a_decoder_that_delivers_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "slow.mp4", moving_square(10))
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(video_module, "monotonic", lambda: float(next(clock)))
    with pytest.raises(MediaError, match=r"no frame could be decoded for 50 s, after 0 frames"):
        open_media(str(path), limits=DecodeLimits(frame_timeout_seconds=50))


def test_the_callers_time_does_not_count_as_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "clip.mp4", moving_square(10), options={"bf": "0"})
    now = 0.0
    monkeypatch.setattr(video_module, "monotonic", lambda: now)
    count = 0
    with open_media(str(path), limits=DecodeLimits(frame_timeout_seconds=5)) as reader:
        for _ in reader:
            now += 1000.0
            count += 1
    assert count == 10


def test_a_second_loop_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    with open_media(str(write_video(tmp_path / "clip.mp4", moving_square(6)))) as reader:
        for frame in reader:
            if frame.index == 2:
                break
        assert [frame.index for frame in reader] == [3, 4, 5]
        assert list(reader) == []


def test_closing_ends_the_iteration(tmp_path: Path) -> None:
    reader = open_media(str(write_video(tmp_path / "clip.mp4", moving_square(6))))
    next(iter(reader))
    reader.close()
    reader.close()
    assert list(reader) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_pixels": 0},
        {"max_pixels": 2**31},
        {"io_timeout_seconds": -1.0},
        {"frame_timeout_seconds": float("nan")},
        {"max_corrupt_packets": -1},
    ],
)
def test_limits_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        DecodeLimits(**wrong)  # type: ignore[arg-type]
