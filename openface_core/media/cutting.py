"""Where a coded video may be cut: what is provable from its container, its codec and its packets.

References
----------
ITU-T H.264, 7.4.1.2.4 (IDR pictures) and D.2.8 (recovery point); ITU-T H.265, 7.4.2.2 (IRAP
pictures); ISO/IEC 14496-15 (how both lie in MP4 and Matroska); VP9 Bitstream Specification, 6.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass

CUTTABLE_CONTAINERS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
"""FFmpeg's names of the containers that give every frame its presentation time."""

_INTRA_ONLY = ("mjpeg", "prores")
_LAYOUT = {"h264": (7, 4), "hevc": (23, 21)}  # bytes of the record, where its length size lies

# More units than any sensible picture has; keeps a hostile packet from holding a worker.
_MAX_UNITS = 10_000


@dataclass(frozen=True)
class PacketFacts:
    """What one packet says about cutting.

    Attributes
    ----------
    is_random_access : bool
        Decoding may begin here: this frame, and all that are presented after it, come out exactly
        as if everything before had been decoded too.
    parameter_sets : tuple of bytes
        The settings of the decoder that the packet carries.
    is_readable : bool
        Whether the packet is laid out as its codec demands.
    """

    is_random_access: bool
    parameter_sets: tuple[bytes, ...] = ()
    is_readable: bool = True


_UNREADABLE = PacketFacts(False, is_readable=False)


def reason_against_cutting(container: str, codec: str, extradata: bytes) -> str | None:
    """Return why a video of this kind is never cut, in plain words, or None.

    Parameters
    ----------
    container, codec : str
        FFmpeg's names.
    extradata : bytes
        The decoder's configuration, as the container holds it.
    """
    if container not in CUTTABLE_CONTAINERS:
        return f"time stamps and seeking are not exact in the container {container}"
    if codec in _LAYOUT:
        size, _ = _LAYOUT[codec]
        if len(extradata) < size or extradata[0] != 1:
            return f"its {codec} stream has no regular configuration record"
    elif codec != "vp9" and codec not in _INTRA_ONLY:
        return f"its codec {codec} is not among those known to decode exactly from a key frame"
    return None


class PacketInspector:
    """Looks into the packets of one stream.

    Parameters
    ----------
    codec : str
        FFmpeg's name, of a stream with no :func:`reason_against_cutting`.
    extradata : bytes
        The decoder's configuration record.
    """

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._codec = codec
        self._length_bytes = 1 + (extradata[_LAYOUT[codec][1]] & 3) if codec in _LAYOUT else 0

    def facts(self, data: bytes, is_key: bool) -> PacketFacts:
        """Return what a packet says.

        Parameters
        ----------
        data : bytes
            The packet.
        is_key : bool
            Whether the container calls it a key frame.
        """
        if self._codec in _INTRA_ONLY:
            return PacketFacts(is_key)
        if self._codec == "vp9":
            return PacketFacts(is_key and _is_vp9_key_frame(data))
        try:
            units = list(self._units(data))
        except ValueError:
            return _UNREADABLE
        facts = _h264_facts if self._codec == "h264" else _hevc_facts
        return facts(units, is_key)

    def _units(self, data: bytes) -> Iterator[bytes]:
        """Yield the network abstraction layer units of a packet, each behind its length."""
        position = count = 0
        while position < len(data):
            begin = position + self._length_bytes
            position = begin + int.from_bytes(data[begin - self._length_bytes : begin], "big")
            count += 1
            # The shortest unit is the two bytes of an HEVC header, or one and a stop bit.
            if position - begin < 2 or position > len(data) or count > _MAX_UNITS:
                raise ValueError("the lengths of the units do not fit the packet")
            yield data[begin:position]


def _h264_facts(units: list[bytes], is_key: bool) -> PacketFacts:
    kinds = [unit[0] & 31 for unit in units]
    slices = [kind for kind in kinds if 1 <= kind <= 5]
    instant = bool(slices) and all(kind == 5 for kind in slices)
    recovers = any(
        kind == 6 and _recovers_at_once(unit) for kind, unit in zip(kinds, units, strict=True)
    )
    sets = [unit for kind, unit in zip(kinds, units, strict=True) if kind in (7, 8)]
    return PacketFacts(is_key and bool(slices) and (instant or recovers), tuple(sets))


def _recovers_at_once(unit: bytes) -> bool:
    """Whether a supplemental information unit holds an exact recovery point of zero frames."""
    data = unit[1:].replace(b"\0\0\3", b"\0\0")  # undo the prevention of start codes
    position = 0
    while position + 2 <= len(data) and data[position] != 0x80:
        kind = size = 0
        for part in range(2):
            value = 0
            while position < len(data) and data[position] == 255:
                value, position = value + 255, position + 1
            if position == len(data):
                return False
            value, position = value + data[position], position + 1
            kind, size = (value, size) if part == 0 else (kind, value)
        if kind == 6 and position < len(data):
            # The first bit says "after 0 frames", the second "exactly".
            return data[position] & 0xC0 == 0xC0
        position += size
    return False


def _hevc_facts(units: list[bytes], is_key: bool) -> PacketFacts:
    kinds = [unit[0] >> 1 & 63 for unit in units]
    slices = [kind for kind in kinds if kind < 32]
    # 19 and 20 refresh instantly, 21 is a clean random access picture. 16 to 18 mark a splice,
    # whose leading pictures are lost in sequential decoding too.
    access = is_key and bool(slices) and all(19 <= kind <= 21 for kind in slices)
    sets = [unit for kind, unit in zip(kinds, units, strict=True) if 32 <= kind <= 34]
    return PacketFacts(access, tuple(sets))


def _is_vp9_key_frame(data: bytes) -> bool:
    if not data or data[0] >> 6 != 2:
        return False
    profile = data[0] >> 5 & 1 | data[0] >> 3 & 2
    shift = 2 if profile == 3 else 3  # profile 3 has a reserved bit more
    shows_existing, not_key = data[0] >> shift & 1, data[0] >> (shift - 1) & 1
    return not shows_existing and not not_key
