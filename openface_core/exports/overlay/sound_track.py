"""The sound of a video: copied as it is where MP4 holds such sound, otherwise encoded anew."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from types import TracebackType
from typing import Final, Self

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from openface_core.media import DecodeLimits
from openface_core.media.containers import RemoteFile, open_container
from openface_core.media.several_pictures import film_format
from openface_core.media.sniffing import HEAD_BYTES
from openface_core.media.sources import locate
from openface_core.media.start import start_seconds

_COPIED = ("aac", "mp3", "ac3", "eac3", "opus", "alac", "flac")
"""What an MP4 file may hold; other sound, such as the PCM of many cameras, becomes AAC."""

_LEAST_MP3_HZ = 16_000
"""MP4 holds no MP3 of fewer samples per second."""

_AAC: Final = "aac"
_RATE_FOR_HIGHER_HZ = 48_000
"""Players need not take the highest rates that AAC has, and nobody hears more."""

_SECOND = Fraction(1)

Packets = Iterator["Packet[AudioStream]"]


def aac_rate(rate_hz: int) -> int:
    """Return the rate, Hz, at which AAC holds sound: the nearest one that keeps all of it.

    Parameters
    ----------
    rate_hz : int
        Samples per second; 0 where the file does not say.
    """
    rates = av.Codec(_AAC, "w").audio_rates or [_RATE_FOR_HIGHER_HZ]
    enough = [rate for rate in rates if rate >= rate_hz > 0]
    return min(enough, default=_RATE_FOR_HIGHER_HZ)


class SoundTrack:
    """The sound of an input, written up to the time of the picture.

    Parameters
    ----------
    uri : str
        The input.
    limits : DecodeLimits
        Bounds.
    begin_seconds : float or None
        What becomes 0 in the output, as time since the file's start; None keeps all.
    """

    def __init__(self, uri: str, limits: DecodeLimits, begin_seconds: float | None) -> None:
        source = locate(uri)
        self._file = None if source.is_local else RemoteFile(source)
        container_format = film_format(source, source.read(HEAD_BYTES))
        self._container = open_container(source, limits, self._file, container_format)
        # Time of the file's own clock that becomes 0 in the output.
        start = float(start_seconds(self._container, source, limits))
        self._zero_seconds = start + (begin_seconds or 0.0)
        self._begin_seconds = begin_seconds
        self._stream: AudioStream | None = next(
            (s for s in self._container.streams.audio if s.codec_context is not None), None
        )
        for other in self._container.streams:
            if self._stream is not None and other.index != self._stream.index:
                other.discard = av.stream.Discard.all
        self._packets: Packets = iter(())
        self._waiting: Packet[AudioStream] | None = None
        self._last_dts: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add_to(self, output: OutputContainer) -> None:
        """Give the output a stream for the sound, if there is any."""
        self._output, stream = output, self._stream
        if stream is None:
            return
        if _is_copied(stream):
            self._packets = self._copied(stream, output.add_stream_from_template(stream))
        else:
            target = output.add_stream(_AAC, rate=aac_rate(stream.codec_context.sample_rate))
            self._packets = self._encoded(stream, target)

    def write_until(self, seconds: float) -> None:
        """Write the sound before a time since the file's start."""
        end = seconds - (self._begin_seconds or 0.0)
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                return
            if float((packet.pts or 0) * (packet.time_base or _SECOND)) >= end:
                self._waiting = packet
                return
            self._write(packet)

    def _write(self, packet: "Packet[AudioStream]") -> None:
        """Write a packet, unless it goes back in time, as behind a seam of two recordings."""
        if packet.dts is not None and self._last_dts is not None and packet.dts <= self._last_dts:
            return
        self._last_dts = packet.dts
        self._output.mux(packet)

    def _is_before(self, pts: int, time_base: Fraction) -> bool:
        """Return whether sound is left out, as it belongs before the wanted part."""
        return self._begin_seconds is not None and float(pts * time_base) < self._zero_seconds

    def _copied(self, stream: AudioStream, target: AudioStream) -> Packets:
        """Yield packets as they are, at their times in the output."""
        for packet in self._demuxed(stream):
            time_base = packet.time_base or _SECOND
            if packet.pts is None or self._is_before(packet.pts, time_base):
                continue
            shift = round(self._zero_seconds / float(time_base))
            packet.pts -= shift
            packet.dts = packet.pts if packet.dts is None else packet.dts - shift
            packet.stream = target
            yield packet

    def _encoded(self, stream: AudioStream, target: AudioStream) -> Packets:
        """Yield packets of AAC, at their times in the output."""
        try:
            for frame in _of_one_kind(self._decoded(stream), target):
                yield from target.encode(frame)
            yield from target.encode(None)
        except av.error.FFmpegError:
            return  # what the encoder does not take; the film does without it

    def _decoded(self, stream: AudioStream) -> Iterator[AudioFrame]:
        """Yield sound, at its times in the output."""
        for packet in self._demuxed(stream):
            try:
                frames = stream.decode(packet)
            except av.error.FFmpegError:
                continue  # damaged sound is left out
            for frame in frames:
                time_base = frame.time_base or _SECOND
                if frame.pts is None or self._is_before(frame.pts, time_base):
                    continue
                frame.pts -= round(self._zero_seconds / float(time_base))
                yield frame

    def _demuxed(self, stream: AudioStream) -> Packets:
        try:
            for packet in self._container.demux(stream):
                if packet.size:
                    yield packet
        except av.error.FFmpegError:
            return  # damaged sound ends where it is damaged

    def close(self) -> None:
        """Close the input."""
        self._container.close()
        if self._file is not None:
            self._file.close()


def _is_copied(stream: AudioStream) -> bool:
    """Return whether an MP4 file may hold a stream as it is."""
    context = stream.codec_context
    name = context.codec.canonical_name  # decoders have names of their own, as mp3float
    return name in _COPIED and not (name == "mp3" and context.sample_rate < _LEAST_MP3_HZ)


def _of_one_kind(frames: Iterable[AudioFrame], target: AudioStream) -> Iterator[AudioFrame]:
    """Yield sound with the rate and the channels of a stream; those of the input may change."""
    wanted = target.codec_context
    resampler: AudioResampler | None = None
    kind: tuple[str, str, int] | None = None
    for frame in frames:
        found = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or found != kind:
            yield from _rest(resampler)
            resampler = AudioResampler(wanted.format, wanted.layout, wanted.sample_rate)
            kind = found
        yield from resampler.resample(frame)
    yield from _rest(resampler)


def _rest(resampler: AudioResampler | None) -> Iterator[AudioFrame]:
    """Yield what a resampler holds back."""
    for frame in () if resampler is None else resampler.resample(None):
        if frame is not None:  # as it is where nothing had to be changed
            yield frame
