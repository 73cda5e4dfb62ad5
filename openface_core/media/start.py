"""When a file starts and ends on its own clock, and how many frames it shows, by its header."""

import re
from fractions import Fraction
from itertools import islice

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from openface_core.media.containers import opened
from openface_core.media.frames import DecodeLimits
from openface_core.media.sources import Source

# Others have no times, count from 0, or give a frame the time of another.
_TIME_EVERY_FRAME = (
    "flv", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "mpeg", "mpegts", "nut", "ogg",
)  # fmt: skip

# These state a length in a header of their own, and give every frame its time.
_STATE_THEIR_END = ("asf", "flv", "ivf", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "nut")

# A list in these, as of a phone on which a clip was cut to length, may leave frames out.
_HAVE_EDIT_LISTS = "mov,mp4,m4a,3gp,3g2,mj2"

# Of a track of Matroska, as its writers add it.
_DURATION_TAG = re.compile(r"(\d{1,6}):(\d\d):(\d\d(?:\.\d{1,9})?)")

_HALF_A_FRAME = Fraction(1, 2)

_REORDERED_FRAMES = 2
"""Where a list cuts between frames that are stored in another order, so many more or fewer are
between the first and the last one of those that are shown."""

# Pictures may be stored in another order than they are shown in, but not by more than this.
_FIRST_PACKETS = 64


def start_seconds(container: InputContainer, source: Source, limits: DecodeLimits) -> Fraction:
    """Return when a file starts: the earliest time of its pictures and its sound.

    Parameters
    ----------
    container : InputContainer
        The opened file.
    source : Source
        The file. Where FFmpeg does not find its start, as of a clip of a few frames, it is opened
        once more for a look at its first packets.
    limits : DecodeLimits
        Bounds.

    Returns
    -------
    Fraction
        Sound may begin before time 0 so that its decoder settles, and that is no beginning that
        anyone sees. Pictures do where the clock of a broadcast began anew within the file.

    Raises
    ------
    MediaError
        If it has to be opened again and cannot be.
    """
    starts = [
        _seen_from(stream, stream.start_time * stream.time_base)
        for stream in _shown(container)
        if stream.start_time is not None and stream.time_base is not None
    ]
    if not starts and container.format.name in _TIME_EVERY_FRAME:
        with opened(source, limits) as again:
            starts = _first_times(again)
    return min(starts, default=Fraction(0))


def _seen_from(stream: Stream, start: Fraction) -> Fraction:
    return start if stream.type == "video" else max(Fraction(0), start)


def _shown(container: InputContainer) -> list[Stream]:
    """Return the streams that are seen or heard."""
    return [
        stream
        for stream in container.streams
        if stream.type in ("video", "audio") and not stream.disposition & Disposition.attached_pic
    ]


def _first_times(container: InputContainer) -> list[Fraction]:
    times = []
    try:
        for packet in islice(container.demux(_shown(container)), _FIRST_PACKETS):
            if packet.pts is not None and packet.time_base is not None:
                times.append(_seen_from(packet.stream, packet.pts * packet.time_base))
    except av.error.FFmpegError:
        pass  # damage behind them
    return times


def container_seconds(container: InputContainer, start: Fraction) -> float | None:
    """Return how long a file says it is, from its start to its end."""
    if container.duration is None:
        return None
    # FFmpeg's Matroska files state the time at which they end.
    return _from_start(container, container.duration / av.time_base, start)


def stream_seconds(container: InputContainer, stream: VideoStream, start: Fraction) -> float | None:
    """Return how long a film is by its header; None where that is not said of it alone."""
    if stream.duration is None or stream.time_base is None:
        return None
    seconds = float(stream.duration * stream.time_base)
    # Where FFmpeg does not find the start, it takes the end for the length.
    return seconds if stream.start_time is not None else _from_start(container, seconds, start)


def _from_start(container: InputContainer, seconds: float, start: Fraction) -> float:
    is_end = "matroska" in container.format.name and seconds > start
    return seconds - float(start) if is_end else seconds


def stated_end_seconds(
    container: InputContainer, stream: VideoStream, start: Fraction
) -> float | None:
    """Return when a film ends by its header, since the file's start.

    Returns
    -------
    float or None
        None where the header does not say it of the film, apart from its sound, or where the frames
        of such a file are only counted.
    """
    if container.format.name not in _STATE_THEIR_END:
        return None
    tag = _DURATION_TAG.fullmatch(str(stream.metadata.get("DURATION", "")))
    if tag is not None:
        hours, minutes, seconds = (float(number) for number in tag.groups())
        return 3600 * hours + 60 * minutes + seconds - float(start)
    length = stream_seconds(container, stream, start)
    if length is not None and stream.time_base is not None:
        late = 0 if stream.start_time is None else stream.start_time * stream.time_base - start
        return length + float(late)
    return None if container.streams.audio else container_seconds(container, start)


def stated_frame_count(container: InputContainer, stream: VideoStream) -> int | None:
    """Return how many frames a film shows by its header.

    Parameters
    ----------
    container : InputContainer
        The opened file.
    stream : VideoStream
        Its film.

    Returns
    -------
    int or None
        Without those that an edit list leaves out; None where the header does not say.
    """
    count, rate = stream.frames, stream.average_rate
    if count <= 0:
        return None
    if container.format.name != _HAVE_EDIT_LISTS or not (rate and stream.duration):
        return count
    fitting = _frames_of(stream, stream.duration)
    if abs(count - fitting) < _HALF_A_FRAME:
        return count
    shown = [entry.timestamp for entry in stream.index_entries if not entry.is_discard]
    if not shown:
        return count
    # An index that was cut off lists fewer frames than fit into the time that the film takes.
    spanned = _frames_of(stream, max(shown) - min(shown)) + 1
    if abs(spanned - fitting) <= _REORDERED_FRAMES:
        return len(shown)
    return count - (len(stream.index_entries) - len(shown))


def _frames_of(stream: VideoStream, ticks: int) -> Fraction:
    """Return how many frames take so many ticks at a film's average rate."""
    return ticks * (stream.time_base or Fraction(1)) * (stream.average_rate or Fraction(1))
