"""Damage that is seen from a video's packets, where its decoder says nothing of it.

Most containers give every frame its time, so that lost frames leave a gap. Some only count frames,
or store them one after the other; there, the packets themselves tell where data are missing.

References
----------
AVI RIFF file reference (``idx1``).
"""

from collections.abc import Callable

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from openface_core.media.packet_shapes import (
    is_gif_picture,
    is_last_gif_picture,
    is_one_jpeg,
    is_without_hole,
)
from openface_core.media.places import Places

_AVI_CHUNK_HEAD_BYTES = 8

COUNTING = ("avi", "mxf")
"""FFmpeg's names of containers that number their frames, so that lost ones leave no gap."""

# Between two frames of these lie heads of chunks, sound and indices. Where there is more than at
# the file's beginning, a part of the file may be damaged or missing.
_SEAM_GROWTH = 1.25
_SEAM_SLACK_BYTES = 16

_MXF_INDICES = 0.1

# While decoding begins, frames are held back for the first time.
_SETTLING_PACKETS = 32

# Formats without times, whose packets show damage by themselves.
_IS_WHOLE: dict[str, Callable[[bytes], bool]] = {
    "mjpeg": is_one_jpeg,
    "gif": is_gif_picture,
    "h264": is_without_hole,
    "hevc": is_without_hole,
}


class PacketWatch:
    """Notes the places at which packets do not follow each other as they should.

    Parameters
    ----------
    container : InputContainer
        The opened file.
    stream : VideoStream
        Its film.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.places = Places()
        """Frames after which data are missing or damaged."""
        self.seams = Places()
        """Frames after which data may be missing: if frames are missing, they are missing here."""
        self._format = container.format.name
        self._index = _avi_index(stream) if self._format == "avi" else {}
        self._end: int | None = None
        self._widest_seam = 0
        self._fed = self._given = self._most_held = 0
        self._last = b""

    def feed(self, packet: "Packet[VideoStream]", frames: int) -> None:
        """Look at a packet that is about to be decoded, and correct its number.

        Parameters
        ----------
        packet : Packet
            The packet. In an AVI its times become those of the index: the file counts frames, and
            does not count those that were lost.
        frames : int
            How many frames were decoded before it.
        """
        self._fed += 1
        is_odd = packet.is_corrupt
        if self._format in COUNTING:
            self._look_at_seam(packet, frames)
        if self._format == "avi":
            _take_number(packet, self._index)
        elif self._format in _IS_WHOLE:
            self._last = bytes(packet)
            is_odd |= not _IS_WHOLE[self._format](self._last)
        if is_odd:
            self.places.add(frames)

    def count(self, given: int, frames: int) -> None:
        """Note how many frames a packet gave.

        Parameters
        ----------
        given : int
            Frames.
        frames : int
            How many frames were decoded before them.
        """
        self._given += given
        # Other formats give a frame its time, or flag it, or have packets without a frame.
        if self._format != "hevc":
            return
        held = self._fed - self._given
        if self._fed <= _SETTLING_PACKETS:
            self._most_held = max(self._most_held, held)
        elif held > self._most_held:
            self.places.add(frames)
            self._given = self._fed - self._most_held

    def ends_early(self, size_bytes: int | None) -> bool:
        """Return whether the packets end before the file does, or the file before its last one.

        Parameters
        ----------
        size_bytes : int or None
            Size of the file; None if unknown.
        """
        if self._format == "gif":
            return not is_last_gif_picture(self._last)
        if size_bytes is None or self._end is None:
            return False
        if self._format == "yuv4mpegpipe":
            return self._end != size_bytes
        # Behind the pictures of an MXF come its indices.
        return self._format == "mxf" and size_bytes - self._end > _MXF_INDICES * size_bytes

    def note_end(self, packet: "Packet[VideoStream]") -> None:
        """Note where in the file a packet ends."""
        self._end = None if packet.pos is None else packet.pos + packet.size

    def _look_at_seam(self, packet: "Packet[VideoStream]", frames: int) -> None:
        seam = 0 if self._end is None or packet.pos is None else packet.pos - self._end
        if self._fed <= _SETTLING_PACKETS:
            self._widest_seam = max(self._widest_seam, seam)
        elif seam > _SEAM_GROWTH * self._widest_seam + _SEAM_SLACK_BYTES:
            self.seams.add(frames)


def _avi_index(stream: VideoStream) -> dict[int, int]:
    """Return the number of the frame at each place of the file."""
    return {entry.pos + _AVI_CHUNK_HEAD_BYTES: entry.timestamp for entry in stream.index_entries}


def _take_number(packet: "Packet[VideoStream]", index: dict[int, int]) -> None:
    number = None if packet.pos is None else index.get(packet.pos)
    if number is None or packet.dts is None or number <= packet.dts:
        return
    if packet.pts is not None:
        packet.pts += number - packet.dts
    packet.dts = number
