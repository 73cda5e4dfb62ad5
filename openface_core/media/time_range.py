"""Decode a range of a video's presentation times, frame for frame as in decoding the whole."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import chain, islice
from time import monotonic
from typing import TypeAlias

import av.error
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from openface_core.media.containers import timed_out
from openface_core.media.cutting import PacketInspector, reason_against_cutting
from openface_core.media.frames import DecodedFrame, DecodeLimits
from openface_core.media.sources import Source
from openface_core.media.tally import warnings_of
from openface_core.media.video import VideoReader

# A text, because PyAV's compiled class cannot be subscripted at run time.
_VideoPacket: TypeAlias = "Packet[VideoStream]"

# A seek that lands behind its aim is repeated from one second earlier, then from four, ...
_SEEK_ATTEMPTS = 6
_STEP_GROWTH = 4

# No codec that is cut here holds back more pictures than this to bring them into order.
_MOST_REORDERED_FRAMES = 16


class _DamageError(Exception):
    """The range cannot be trusted to come out as in sequential decoding."""


class TimeRangeReader(VideoReader):
    """The frames of a video whose presentation time lies in a range.

    Decoding begins at the last key frame at or before it. Errors that the decoder would patch up
    with the content of earlier frames are noticed, as are frames that it loses; then, as for a
    kind of video that cannot be cut, the whole is decoded from its beginning, so that the frames
    are those of sequential decoding in any case.

    Parameters
    ----------
    source : Source
        The video file.
    limits : DecodeLimits
        Bounds.
    begin_pts, end_pts : int or None
        First time of the range and first time behind it, in ticks of the stream's clock.

    Raises
    ------
    MediaError
        The file cannot be opened, holds no video, or nothing of it can be decoded.
    """

    def __init__(
        self, source: Source, limits: DecodeLimits, begin_pts: int | None, end_pts: int | None
    ) -> None:
        self._begin_pts = begin_pts
        self._end_pts = end_pts
        self._dropped_frames = 0
        self._strict = True
        self._packet_pts: int | None = None
        self._given_frames = 0
        super().__init__(source, limits)

    @property
    def preroll_frames(self) -> int:
        """Frames decoded but not given: before the range, behind it, or for a second time."""
        return self._dropped_frames

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong in this range; what the header promises is said of the whole only."""
        return tuple(warnings_of(replace(self._tally, finished=False), self._info, None))

    def _decode(self) -> Generator[DecodedFrame, None, None]:
        context = self._stream.codec_context
        extradata = bytes(context.extradata or b"")
        name = self._container.format.name
        if reason_against_cutting(name, context.name, extradata) is None:
            inspector = PacketInspector(context.name, extradata)
            try:
                self._open(strict=True)
                yield from self._decode_from_key_frame(inspector)
            except _DamageError:
                self._open()
            else:
                return
        self._strict = False
        yield from self._decode_whole()

    def _decode_whole(self) -> Iterator[DecodedFrame]:
        """Decode all frames as :class:`VideoReader` does and give those not given yet."""
        again = self._given_frames
        waiting_since = monotonic()
        for packet in self._packets():
            self._packet_pts = self._packet_pts if packet is None else packet.pts
            for frame in self._decode_packet(packet):
                wanted = self._holds(frame.pts)
                if wanted and again:
                    wanted, again = False, again - 1
                yield from self._drop_or_give(frame, wanted)
                waiting_since = monotonic()
            self._check_waiting(waiting_since)

    def _decode_from_key_frame(self, inspector: PacketInspector) -> Iterator[DecodedFrame]:
        """Decode from the key frame before the range until nothing can follow.

        Raises
        ------
        _DamageError
            From here on the frames could differ from those of sequential decoding.
        """
        first = self._seek(inspector)
        packets = self._packets() if first is None else chain([first], self._packets())
        order = _FrameOrder(self._end_pts)
        waiting_since = monotonic()
        for packet in packets:
            order.feed(packet)
            for frame in self._decode_packet(packet):
                pts = order.take(frame)
                if self._end_pts is not None and pts >= self._end_pts:
                    self._dropped_frames += 1
                    self._describe_by(frame)
                    self._check_that_nothing_follows(packets)
                    return
                yield from self._drop_or_give(frame, self._holds(pts))
                waiting_since = monotonic()
            self._check_waiting(waiting_since)
        order.check_complete()

    def _seek(self, inspector: PacketInspector) -> "_VideoPacket | None":
        """Go to a key frame at or before the range and return it; None at the file's beginning."""
        begin, time_base = self._begin_pts, self._stream.time_base
        if begin is None or time_base is None:
            return None
        target = begin
        step = max(1, round(1 / time_base))
        for _ in range(_SEEK_ATTEMPTS):
            try:
                self._container.seek(target, stream=self._stream)
                packet = next((p for p in self._container.demux(self._stream) if p.size), None)
            except av.error.ExitError:
                raise timed_out(self._source, self._limits) from None
            except (av.error.FFmpegError, OverflowError):  # no index, or an absurd time
                break
            if packet is None:
                break
            pts = packet.pts
            facts = inspector.facts(bytes(packet), packet.is_keyframe)
            if pts is not None and pts <= begin and facts.is_random_access:
                return packet
            target = min(target, target if pts is None else pts) - step
            step *= _STEP_GROWTH
        self._open(strict=True)
        return None

    def _check_that_nothing_follows(self, packets: "Iterator[_VideoPacket | None]") -> None:
        """Look ahead as far as pictures may be reordered, without decoding."""
        for packet in islice(packets, _MOST_REORDERED_FRAMES):
            if packet is not None and not packet.is_discard and self._holds(packet.pts):
                raise _DamageError

    def _drop_or_give(self, frame: VideoFrame, wanted: bool) -> Iterator[DecodedFrame]:
        if not wanted:
            self._dropped_frames += 1
            self._describe_by(frame)
            return
        image = self._upright(frame)
        if image is not None:
            self._given_frames += 1
            yield self._count(frame, image)

    def _describe_by(self, frame: VideoFrame) -> None:
        """Fill in the description from the first decoded frame, though it is not given."""
        if self._description is None:
            self._upright(frame)

    def _holds(self, pts: int | None) -> bool:
        return (
            pts is not None
            and (self._begin_pts is None or self._begin_pts <= pts)
            and (self._end_pts is None or pts < self._end_pts)
        )

    def _skip_packet(self) -> None:
        if self._strict:
            raise _DamageError
        super()._skip_packet()
        if not self._holds(self._packet_pts):
            self._tally.corrupt_packets -= 1  # another range's warning


class _FrameOrder:
    """Checks that every frame that went into the decoder comes out, whole and in order."""

    def __init__(self, end_pts: int | None) -> None:
        self._end_pts = end_pts
        self._key_pts: int | None = None
        self._awaited: set[int] = set()
        self._last_pts: int | None = None

    def feed(self, packet: "_VideoPacket | None") -> None:
        """Note a packet that is about to be decoded."""
        if packet is None:
            return
        if packet.pts is None or packet.is_corrupt:
            raise _DamageError
        if self._key_pts is None:
            self._key_pts = packet.pts
        # What is shown before the first key frame depends on frames that were not decoded.
        wanted = packet.pts >= self._key_pts and not packet.is_discard
        if wanted and (self._end_pts is None or packet.pts < self._end_pts):
            if packet.pts in self._awaited:
                raise _DamageError
            self._awaited.add(packet.pts)

    def take(self, frame: VideoFrame) -> int:
        """Note a decoded frame and return its time."""
        pts = frame.pts
        if pts is None or (self._last_pts is not None and pts <= self._last_pts):
            raise _DamageError
        self._last_pts = pts
        self._awaited.discard(pts)
        if self._key_pts is None or pts < self._key_pts:
            return pts
        if frame.is_corrupt or any(awaited < pts for awaited in self._awaited):
            raise _DamageError
        return pts

    def check_complete(self) -> None:
        """Check, at the end of the file, that no frame was lost."""
        if self._awaited:
            raise _DamageError
