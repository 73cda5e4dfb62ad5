"""The sound of overlays: at which rate, and whether it is all there."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from openface_core.exports.overlay.film_writer import FilmWriter
from openface_core.exports.overlay.sound_track import SoundTrack, aac_rate
from openface_core.media import DecodeLimits

SECONDS = 0.4


def sound(rate_hz: int, layout: str, begin_seconds: float = 0.0) -> Iterator[av.AudioFrame]:
    """Yield a tone, in pieces as MP2 wants them."""
    channels = av.AudioLayout(layout).nb_channels
    for begin in range(0, round(SECONDS * rate_hz), 1152):
        tone = 8000 * np.sin(np.arange(begin, begin + 1152) * 2000 / rate_hz)
        samples = np.repeat(tone.astype(np.int16), channels)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
        frame.pts = begin + round(begin_seconds * rate_hz)
        yield frame


def encoder_of(codec: str, frame: av.AudioFrame) -> AudioCodecContext:
    """Return an encoder of sound like a frame's."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout = frame.sample_rate, frame.layout
    encoder.format, encoder.time_base = frame.format, Fraction(1, frame.sample_rate)
    return encoder


def write_sound(path: Path, codec: str, *parts: Iterable[av.AudioFrame]) -> Path:
    """Write sound in parts; the packets of each have an encoder of their own."""
    with av.open(str(path), "w") as container:
        stream: AudioStream | None = None
        for part in parts:
            frames = list(part)
            encoder = encoder_of(codec, frames[0])
            if stream is None:
                made = container.add_stream(codec, rate=encoder.rate, layout=encoder.layout.name)
                assert isinstance(made, AudioStream)
                stream = made
            for frame in (*frames, None):
                for packet in encoder.encode(frame):
                    packet.stream = stream
                    container.mux(packet)
    return path


def overlaid(path: Path, folder: Path) -> tuple[AudioStream, NDArray[np.float32]]:
    """Return the stream and the samples that a film of a file has."""
    track = SoundTrack(str(path), DecodeLimits(), None)
    film = FilmWriter(folder / "film.mp4", (64, 48), 25.0, track)
    film.add(np.zeros((48, 64, 3), dtype=np.uint8), 0.0)
    track.write_until(float("inf"))
    film.finish()
    track.close()
    with av.open(str(folder / "film.mp4")) as container:
        (stream,) = container.streams.audio
        decoded = [frame.to_ndarray() for frame in container.decode(stream)]
        return stream, np.concatenate(decoded, axis=1)


@pytest.mark.parametrize(
    ("rate_hz", "expected"),
    [(16_000, 16_000), (96_000, 96_000), (37_800, 44_100), (192_000, 48_000), (96_001, 48_000),
     (5_000, 7_350), (0, 48_000)],
)  # fmt: skip
def test_rates_that_aac_has(rate_hz: int, expected: int) -> None:
    assert aac_rate(rate_hz) == expected


@pytest.mark.parametrize(("rate_hz", "expected"), [(192_000, 48_000), (37_800, 44_100)])
def test_sound_of_a_rate_that_aac_does_not_have(
    tmp_path: Path, rate_hz: int, expected: int
) -> None:
    clip = write_sound(tmp_path / "clip.mkv", "pcm_s16le", sound(rate_hz, "stereo"))
    stream, samples = overlaid(clip, tmp_path)
    assert (stream.codec_context.name, stream.sample_rate) == ("aac", expected)
    assert samples.shape[1] == pytest.approx(SECONDS * expected, abs=4096)
    assert 0.2 < np.abs(samples).max() < 0.3


def test_sound_that_changes_its_rate_and_channels(tmp_path: Path) -> None:
    parts = sound(44_100, "mono"), sound(48_000, "stereo", begin_seconds=0.5)
    stream, samples = overlaid(write_sound(tmp_path / "clip.mkv", "mp2", *parts), tmp_path)
    assert stream.sample_rate == 44_100
    assert samples.shape[1] >= 1.8 * SECONDS * stream.sample_rate


@pytest.mark.parametrize(("rate_hz", "expected"), [(44_100, "mp3"), (11_025, "aac")])
def test_mp3_is_copied_where_mp4_holds_it(tmp_path: Path, rate_hz: int, expected: str) -> None:
    clip = tmp_path / "clip.mkv"
    with av.open(str(clip), "w") as container:
        made = container.add_stream("libmp3lame", rate=rate_hz, layout="mono")
        assert isinstance(made, AudioStream)
        for frame in (*sound(rate_hz, "mono"), None):
            container.mux(made.encode(frame))
    stream, samples = overlaid(clip, tmp_path)
    assert stream.codec_context.codec.canonical_name == expected
    assert samples.shape[1] >= 0.95 * SECONDS * rate_hz


def test_sound_that_goes_back_in_time_is_left_out(tmp_path: Path) -> None:
    one = write_sound(tmp_path / "one.ts", "mp2", sound(44_100, "stereo"))
    joined = tmp_path / "joined.ts"
    joined.write_bytes(3 * one.read_bytes())
    stream, samples = overlaid(joined, tmp_path)
    assert samples.shape[1] == pytest.approx(SECONDS * stream.sample_rate, rel=0.1)
