"""Stretches without frames are told with place and length; a varying frame rate is no gap."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.media import open_media
from openface_core.media.gaps import gap_warnings
from tests.fixtures.media.writing import moving_square, write_video
from tests.fixtures.shards.work_material import media_info

RATE_FPS = 25
VIDEO = media_info()


def times_without(lost: range, count: int = 100) -> np.ndarray:
    return np.array([index / RATE_FPS for index in range(count) if index not in lost])


def test_a_gap_has_its_place_and_its_length() -> None:
    lines = gap_warnings(VIDEO, times_without(range(40, 50)))
    assert lines == ("0.40 s without frames after frame 40",)


@given(begin=st.integers(1, 80), length=st.integers(0, 12))
def test_five_lost_frames_are_told_and_four_are_not(begin: int, length: int) -> None:
    lines = gap_warnings(VIDEO, times_without(range(begin, begin + length)))
    assert len(lines) == (length >= 5)


def test_many_gaps_are_summed_up() -> None:
    rng = np.random.default_rng(0)
    steps = np.full(400, 0.04)
    steps[rng.choice(400, 8, replace=False)] = 1.04
    lines = gap_warnings(VIDEO, np.concatenate([[0.0], np.cumsum(steps)]))
    assert len(lines) == 6
    assert lines[-1] == "3 more stretches without frames, 3.00 s in all"


def test_a_varying_frame_rate_is_no_gap() -> None:
    rng = np.random.default_rng(0)
    assert gap_warnings(VIDEO, np.cumsum(rng.exponential(0.2, 500))) == ()


def test_jitter_does_not_hide_a_gap() -> None:
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.normal(0.033, 0.008, 500).clip(0.001))
    times[257:] += 9.5
    (line,) = gap_warnings(VIDEO, times)
    assert line.endswith("s without frames after frame 257")


@pytest.mark.parametrize("kind", ["image", "image_sequence"])
def test_images_have_no_gaps(kind: str) -> None:
    info = media_info("image" if kind == "image" else "image_sequence")
    assert gap_warnings(info, times_without(range(40, 60))) == ()


def test_frames_without_a_time_are_no_gap() -> None:
    assert gap_warnings(VIDEO, np.full(20, np.nan)) == ()


def lose(path: Path, lost: range) -> Path:
    """Copy a video without some of its packets."""
    target_path = path.with_name(f"lossy{path.suffix}")
    with av.open(str(path)) as source, av.open(str(target_path), "w") as target:
        film = source.streams.video[0]
        stream = target.add_stream_from_template(film)
        for index, packet in enumerate(p for p in source.demux(film) if p.size):
            if index not in lost:
                packet.stream = stream
                target.mux(packet)
    return target_path


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.ts", "libx264"), ("a.flv", "libx264"),
        ("a.webm", "libvpx-vp9"),
    ],
)  # fmt: skip
def test_lost_frames_are_a_gap_in_every_container(tmp_path: Path, name: str, codec: str) -> None:
    frames = moving_square(96)
    whole = write_video(
        tmp_path / name, frames, fps=RATE_FPS, codec=codec, options={"g": "12", "bf": "0"}
    )
    with open_media(str(lose(whole, range(36, 60)))) as reader:
        times = np.array([frame.pts_seconds for frame in reader], dtype=np.float64)
        (line,) = gap_warnings(reader.info, times)
    assert line == "0.96 s without frames after frame 36"


def test_where_several_frames_share_a_time_stamp_the_gap_is_before_the_next_one(
    tmp_path: Path,
) -> None:
    # Packets of a programme stream hold several frames, and the time of the first.
    options = {"g": "12", "bf": "0"}
    whole = write_video(
        tmp_path / "a.mpg", moving_square(96), fps=RATE_FPS, codec="mpeg2video", options=options
    )
    with open_media(str(lose(whole, range(36, 60)))) as reader:
        times = np.array([frame.pts_seconds for frame in reader], dtype=np.float64)
        (line,) = gap_warnings(reader.info, times)
    assert line.startswith("0.96 s without frames after frame ")
