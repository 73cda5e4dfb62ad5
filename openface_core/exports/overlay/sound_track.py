"""The sound of a video, copied as it is."""

from fractions import Fraction
from types import TracebackType
from typing import Self

import av
import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from openface_core.media import DecodeLimits
from openface_core.media.clock import start_seconds
from openface_core.media.containers import RemoteFile, open_container
from openface_core.media.sources import locate

_COPIED = ("aac", "mp3", "ac3", "eac3", "opus", "alac", "flac")
"""What an MP4 file may hold; other sound is left out."""


class SoundTrack:
    """Sound packets of an input, written up to the time of the picture.

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
        self._container = open_container(source, limits, self._file)
        self._start_seconds = float(start_seconds(self._container))
        self._begin_seconds = begin_seconds
        streams = [s for s in self._container.streams.audio if s.codec_context is not None]
        self._stream: AudioStream | None = next(
            (s for s in streams if s.codec_context.name in _COPIED), None
        )
        if self._stream is not None:
            for other in self._container.streams:
                if other.index != self._stream.index:
                    other.discard = av.stream.Discard.all
        self._packets = iter(()) if self._stream is None else self._demux(self._stream)
        self._waiting: Packet[AudioStream] | None = None

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
        self._output = output
        self._target: AudioStream | None = None
        if self._stream is not None:
            self._target = output.add_stream_from_template(self._stream)

    def write_until(self, seconds: float) -> None:
        """Write the sound before a time since the file's start."""
        if self._target is None:
            return
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                return
            time_base = packet.time_base or Fraction(1, 1)
            if packet.pts is None:
                continue
            since_start = float(packet.pts * time_base) - self._start_seconds
            if since_start >= seconds:
                self._waiting = packet
                return
            begin = self._begin_seconds
            if begin is not None and since_start < begin:
                continue
            shift = round((self._start_seconds + (begin or 0.0)) / float(time_base))
            packet.pts -= shift
            packet.dts = packet.pts if packet.dts is None else packet.dts - shift
            packet.stream = self._target
            self._output.mux(packet)

    def _demux(self, stream: AudioStream):  # type: ignore[no-untyped-def]
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
