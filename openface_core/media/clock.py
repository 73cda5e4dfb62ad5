"""When frames are shown, where a container does not say it frame by frame."""

import heapq
from fractions import Fraction

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# These number packets as they are stored, and say nothing of the order in which they are shown.
# FFmpeg's `pts` of a codec that reorders frames is then no time of presentation.
_STORED_ORDER = {
    "avi": ("h264", "hevc"),
    "asf": ("h264", "hevc", "mpeg2video"),
    "mxf": ("h264", "hevc"),
}
_DECODING_TIMES_ARE_EXACT = ("avi", "asf")

# Pictures one after the other, and nothing of when they are shown; FFmpeg numbers some itself.
_RAW = ("av1", "h264", "hevc", "m4v", "mpegvideo", "obu")

# FFmpeg may take a tick of these for the duration of a frame, where it saw too few frames.
_OF_FINE_TICKS = ("mpeg", "mpegts")

# A decoder holds back 16 pictures at most; more times than these belong to frames that were lost.
_MOST_TIMES_WAITING = 64


def stated_rate(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Return the frames per second that a file states.

    Parameters
    ----------
    container : InputContainer
        The opened file.
    stream : VideoStream
        Its film.
    """
    # FFmpeg takes every raw stream to have 25 frames per second until its decoder knows better.
    name, rates = container.format.name, (stream.average_rate, stream.guessed_rate)
    tick = stream.time_base if name in _OF_FINE_TICKS else None
    in_order = reversed(rates) if name in _RAW else rates
    return next((rate for rate in in_order if rate and not (tick and rate * tick >= 1)), None)


class PresentationClock:
    """Corrects the time stamps of frames as they come out of the decoder.

    A file that stores packets with the times at which they are decoded has a time for every frame,
    but gives it to the wrong one. Frames come out in the order in which they are shown, so the
    earliest time is the first frame's, and so on. Times of lost frames are found out at key frames.

    A frame without a time is one frame's duration after the one before it, at the stated rate.

    Parameters
    ----------
    container : InputContainer
        The opened file.
    stream : VideoStream
        Its film.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        name, codec = container.format.name, stream.codec_context.name
        self._reorders = codec in _STORED_ORDER.get(name, ())
        self._by_decoding_time = name in _DECODING_TIMES_ARE_EXACT
        self._is_raw = name in _RAW
        rate = stated_rate(container, stream)
        time_base = stream.time_base
        self._ticks = 1 / rate / time_base if rate and time_base else None
        self._waiting: list[int] = []
        self._time_of_packet: dict[int, int] = {}
        self._next = Fraction(0)
        self.counted_frames = 0

    def feed(self, packet: "Packet[VideoStream] | None") -> None:
        """Note a packet that is about to be decoded."""
        if packet is None or not self._reorders:
            return
        time = packet.dts if self._by_decoding_time else packet.pts
        if time is None or packet.pts is None:
            return
        heapq.heappush(self._waiting, time)
        self._time_of_packet[packet.pts] = time
        if len(self._waiting) > _MOST_TIMES_WAITING:
            heapq.heappop(self._waiting)
        if len(self._time_of_packet) > _MOST_TIMES_WAITING:
            del self._time_of_packet[next(iter(self._time_of_packet))]

    def correct(self, frame: VideoFrame) -> None:
        """Set when a frame is shown.

        Parameters
        ----------
        frame : VideoFrame
            The next one in the order of presentation; its `pts` is changed.
        """
        if self._is_raw:
            frame.pts = None
        elif self._reorders and frame.pts is not None:
            frame.pts = self._earliest(frame)
        if frame.pts is None and self._ticks is not None:
            frame.pts = round(self._next)
            self.counted_frames += 1
            self._next += self._ticks
        elif frame.pts is not None and self._ticks is not None:
            self._next = frame.pts + self._ticks

    def _earliest(self, frame: VideoFrame) -> int | None:
        own = self._time_of_packet.pop(frame.pts or 0, None)
        if frame.key_frame and own is not None:
            # All that is stored before a key frame is shown before it.
            while self._waiting and self._waiting[0] < own:
                heapq.heappop(self._waiting)
        return heapq.heappop(self._waiting) if self._waiting else frame.pts
