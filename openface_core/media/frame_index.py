"""List the frames of a video from its packets, without decoding, and say whether it may be cut."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from openface_core.errors import MediaError
from openface_core.media.containers import (
    film_stream,
    opened,
    refuse_by_content,
    timed_out,
)
from openface_core.media.cutting import PacketInspector, reason_against_cutting
from openface_core.media.early_end import early_end
from openface_core.media.frames import DecodeLimits
from openface_core.media.images import image_names
from openface_core.media.sniffing import HEAD_BYTES, image_format
from openface_core.media.sources import Source, locate

_DEFAULT_LIMITS = DecodeLimits()

# Nine bytes each; at 30 frames per second this is more than three weeks.
_MAX_FRAMES = 2**26

_NEW_SETTINGS: tuple[Literal["new_extradata", "param_change"], ...] = (
    "new_extradata",
    "param_change",
)


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Presentation times of a video's frames, read from its packets and not from its header.

    Attributes
    ----------
    pts : ndarray of int64, shape (n,)
        Presentation times in ticks of `time_base`, increasing. Empty where the video may not be
        cut, because its frames cannot be told from its packets.
    is_key : ndarray of bool, shape (n,)
        Decoding may begin at this frame: it and all later ones come out as in sequential decoding.
    time_base : Fraction
        Seconds per tick.
    unsafe_reason : str or None
        None where the video may be cut; else why not, in plain words.
    """

    pts: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    time_base: Fraction
    unsafe_reason: str | None


class _UnsafeError(Exception):
    """The video may not be cut; the text says why."""


def index_frames(uri: str, limits: DecodeLimits = _DEFAULT_LIMITS) -> FrameIndex:
    """List the frames of a video that may be cut into parts.

    A video is safe where everything speaks for it: an MP4, MOV, Matroska or WebM container with
    its whole index at hand, a codec whose key frames are understood, a distinct time for every
    packet, no packet that is damaged, empty or cut away by an edit list, a key frame first, and
    unchanging settings of the decoder. The whole file is read. Damage *within* a packet goes
    unseen here; :func:`~openface_core.media.open_media` finds it while it decodes a part.

    Parameters
    ----------
    uri : str
        A local path or an fsspec URL.
    limits : DecodeLimits
        Bounds.

    Returns
    -------
    FrameIndex
        With `unsafe_reason` for whatever can be decoded but not cut, such as images.

    Raises
    ------
    MediaError
        There is no such file, it cannot be read, or it is no video or image.
    """
    source = locate(uri, timeout_seconds=limits.io_timeout_seconds)
    if source.is_directory():
        if not image_names(source):
            raise MediaError(uri, "the folder holds no images", "Name a folder of images.")
        return _unsafe("it is a folder of images")
    if source.size_bytes() == 0:
        raise MediaError(uri, "the file is empty", "Copy or download it again.")
    head = source.read(HEAD_BYTES)
    if image_format(head) is not None:
        return _unsafe("it is an image")
    refuse_by_content(source, head)
    with opened(source, limits) as container:
        stream = film_stream(container, source, limits)
        try:
            with _reading_errors(source, limits):
                index = _index(container, stream)
        except _UnsafeError as problem:
            return _unsafe(str(problem), stream.time_base)
        if early_end(source, container.format.name) is not None:
            return _unsafe("its end is missing", stream.time_base)
        return index


def _unsafe(reason: str, time_base: Fraction | None = None) -> FrameIndex:
    return FrameIndex(
        np.empty(0, np.int64), np.empty(0, np.bool_), time_base or Fraction(1), reason
    )


@contextmanager
def _reading_errors(source: Source, limits: DecodeLimits) -> Iterator[None]:
    try:
        yield
    except av.error.ExitError:
        raise timed_out(source, limits) from None
    except av.error.FFmpegError:
        raise _UnsafeError("a part of the file cannot be read") from None


def _index(container: InputContainer, stream: VideoStream) -> FrameIndex:
    context = stream.codec_context
    extradata = bytes(context.extradata or b"")
    reason = reason_against_cutting(container.format.name, context.name, extradata)
    if reason is not None:
        raise _UnsafeError(reason)
    if stream.time_base is None:
        raise _UnsafeError("its clock is not stated")
    # An MP4 has its whole list once it is open, unless its fragments come to light one by one, in
    # which case seeking is blind to the rest. Matroska lists key frames only.
    listed = len(stream.index_entries) if "mp4" in container.format.name else None
    pts, is_key = array("q"), array("b")
    check = _PacketCheck(PacketInspector(context.name, extradata), extradata)
    for packet in container.demux(stream):
        if packet.pts is None and packet.dts is None and not packet.size:
            continue  # the end of the stream, not a packet of the file
        if len(pts) == _MAX_FRAMES:
            raise _UnsafeError(f"it has more than {_MAX_FRAMES} frames")
        packet_pts, may_begin_here = check.accept(packet)
        pts.append(packet_pts)
        is_key.append(may_begin_here)
    if not pts:
        raise _UnsafeError("it has no frames")
    if listed is not None and listed != len(pts):
        raise _UnsafeError("it is fragmented or its list of frames is broken")
    return _sorted_index(np.array(pts, np.int64), np.array(is_key, np.bool_), stream.time_base)


class _PacketCheck:
    """Refuses what makes a video unsafe to cut, packet by packet in decoding order."""

    def __init__(self, inspector: PacketInspector, extradata: bytes) -> None:
        self._inspector = inspector
        self._extradata = extradata
        self._settings: tuple[bytes, ...] | None = None

    def accept(self, packet: "Packet[VideoStream]") -> tuple[int, bool]:
        """Check a packet; return its time and whether decoding may begin with it."""
        _refuse_flags(packet)
        if packet.pts is None:
            raise _UnsafeError("some of its frames have no time stamp")
        facts = self._inspector.facts(bytes(packet), packet.is_keyframe)
        if not facts.is_readable:
            raise _UnsafeError("it has damaged packets")
        # Repeating what the header says changes nothing.
        settings = tuple(s for s in facts.parameter_sets if s not in self._extradata)
        if self._settings is None:
            if not facts.is_random_access:
                raise _UnsafeError("it does not begin with a key frame")
            self._settings = settings
        elif facts.is_random_access:
            if settings != self._settings:
                raise _UnsafeError("the settings of its decoder change on the way")
        elif not set(settings) <= set(self._settings):
            raise _UnsafeError("the settings of its decoder change on the way")
        return packet.pts, facts.is_random_access


def _refuse_flags(packet: "Packet[VideoStream]") -> None:
    if packet.is_corrupt or not packet.size:
        raise _UnsafeError("it has damaged or empty packets")
    if packet.is_discard:
        raise _UnsafeError("an edit list cuts away some of its frames")
    if any(packet.has_sidedata(kind) for kind in _NEW_SETTINGS):
        raise _UnsafeError("the settings of its decoder change on the way")


def _sorted_index(
    pts: NDArray[np.int64], is_key: NDArray[np.bool_], time_base: Fraction
) -> FrameIndex:
    """Return the index of packets that are given in decoding order."""
    order = np.argsort(pts, kind="stable")
    if np.any(np.diff(pts[order]) == 0):
        raise _UnsafeError("some of its frames have the same time stamp")
    if order[0] != 0:
        raise _UnsafeError("its first frames depend on frames that were cut off")
    latest_before = np.maximum.accumulate(pts)[:-1]
    if np.any(latest_before[is_key[1:]] > pts[1:][is_key[1:]]):
        raise _UnsafeError("frames are stored before a key frame but shown after it")
    # Frames that are shown before a key frame directly follow it in the file.
    latest_key = np.maximum.accumulate(np.where(is_key, np.arange(len(pts)), 0))
    key_pts = pts[latest_key]
    if np.any((pts[1:] < key_pts[1:]) & (latest_before > key_pts[1:])):
        raise _UnsafeError("its time stamps do not fit the order of its frames")
    return FrameIndex(pts[order], is_key[order], time_base, None)
