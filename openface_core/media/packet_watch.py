"""Damage that is seen from a video's packets, where its decoder says nothing of it.

Most containers give every frame its time, so that lost frames leave a gap. Some only count frames,
or store them one after the other; there, the packets themselves tell where data are missing.

References
----------
GIF89a specification; ITU-T T.81, B.1.1 (markers of JPEG); AVI RIFF file reference (``idx1``).
"""

import re
import struct

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from openface_core.media.image_headers import jpeg_end
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

# No picture has so many zeros in a row in its scan, and no other marks.
_JPEG_HOLE = bytes(256)
_NO_JPEG_MARK = re.compile(rb"\xff[\x01-\xbf\xc0-\xc3\xc5-\xcf\xdc\xf0-\xfd]")

_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B


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
        elif self._format == "mjpeg":
            is_odd |= not _is_one_jpeg(bytes(packet))
        elif self._format == "gif":
            self._last = bytes(packet)
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
            return not _is_last_gif_packet(self._last)
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


def _is_one_jpeg(data: bytes) -> bool:
    """Whether a packet holds one picture, whose scan is not interrupted."""
    try:
        end = jpeg_end(data)
    except (struct.error, ValueError):
        return False
    scan = data.find(b"\xff\xda")
    if end is None or scan < 0 or data[end:].strip(b"\0"):
        return False
    picture = data[scan:end]
    return _JPEG_HOLE not in picture and _NO_JPEG_MARK.search(picture) is None


def _is_last_gif_packet(data: bytes) -> bool:
    """Whether a packet holds one picture, and behind it the file's trailer."""
    at = 0
    if data.startswith(b"GIF8"):
        at = 13 + (3 << (data[10] & 7) + 1 if len(data) > 10 and data[10] & 0x80 else 0)
    while at < len(data) and data[at] in (_GIF_EXTENSION, _GIF_IMAGE):
        if data[at] == _GIF_EXTENSION:
            at += 2
        else:
            flags = data[at + 9] if at + 9 < len(data) else 0
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        while at < len(data) and data[at]:  # blocks, each behind its length
            at += 1 + data[at]
        at += 1
    return at < len(data) and data[at] == _GIF_TRAILER
