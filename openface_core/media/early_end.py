"""Whether a file ends before its content does, as its own layout tells.

References
----------
RFC 8794 and 9559 (EBML, Matroska); ISO/IEC 13818-1, 2.4.3.2 (packets of a transport stream);
RFC 3533 (pages of Ogg); Advanced Systems Format, 3.2 (file properties); SMPTE 377 (partitions of
MXF); AVI RIFF file reference (``idx1``, which stands at the end).
"""

from collections.abc import Callable
from typing import NamedTuple

from openface_core.media.sources import Source

_TAIL_BYTES = 2**17  # an Ogg page has up to 65,307 bytes
_HEAD_BYTES = 4096

_SEGMENT = b"\x18\x53\x80\x67"
_TS_SYNC = 0x47
_TS_PACKET_BYTES = (188, 192, 204)
_OGG_LAST_PAGE = 4
_MXF_FOOTER = bytes.fromhex("060e2b34020501010d0102010104")
_MXF_PARTITION = bytes.fromhex("060e2b34020501010d010201")
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def early_end(source: Source, container_format: str) -> str | None:
    """Return what is wrong with the end of a file, in words that "after frame 80" can follow.

    Parameters
    ----------
    source : Source
        The file.
    container_format : str
        FFmpeg's name of its container.

    Returns
    -------
    str or None
        None where nothing is wrong, or the container does not tell.
    """
    look = _LOOKS.get(container_format)
    size = source.size_bytes() if look else None
    if look is None or size is None:
        return None
    with source.open() as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, size - _TAIL_BYTES))
        return look(_File(head, file.read(_TAIL_BYTES), size))


class _File(NamedTuple):
    """Beginning, end and size of a file."""

    head: bytes
    tail: bytes
    size: int


def _matroska(file: _File) -> str | None:
    head = file.head
    at = head.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at == len(head) or not head[at]:
        return None
    length = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + length], "big") & (1 << 7 * length) - 1
    if value == (1 << 7 * length) - 1:  # written as a stream: its size is not known
        return None
    return _shorter(at + length + value, file.size)


def _asf(file: _File) -> str | None:
    head, _, size = file
    at = head.find(_ASF_FILE_PROPERTIES)
    stated = int.from_bytes(head[at + 40 : at + 48], "little") if at >= 0 else 0
    if stated and stated < size:
        return f"the file is {size - stated} bytes longer than its header says, and is not read"
    return _shorter(stated, size)


def _shorter(stated: int, size: int) -> str | None:
    if stated <= size:
        return None
    return f"the file is {stated - size} bytes shorter than its header says, and ends"


def _avi(file: _File) -> str | None:
    if not file.head.startswith(b"RIFF") or b"idx1" in file.tail:
        return None
    return _shorter(8 + int.from_bytes(file.head[4:8], "little"), file.size)


def _mxf(file: _File) -> str | None:
    if _MXF_FOOTER in file.tail:  # what is missing is not the end
        return None
    at = file.head.find(_MXF_PARTITION) + 16
    if at < 16 or at >= len(file.head):
        return None
    # Behind the length: version (4 bytes), grid (4), this partition (8), the one before it (8).
    length = 1 + (file.head[at] & 0x7F if file.head[at] & 0x80 else 0)
    footer = file.head[at + length + 24 :][:8]
    return _shorter(int.from_bytes(footer, "big"), file.size)


def _transport_stream(file: _File) -> str | None:
    tail = file.tail
    for length in _TS_PACKET_BYTES:
        sync = length - 188 if length == 192 else 0
        starts = [len(tail) - length * count + sync for count in (1, 2, 3)]
        if starts[-1] < 0 or all(tail[at] == _TS_SYNC for at in starts):
            return None
    return "the file is cut off"


def _ogg(file: _File) -> str | None:
    tail = file.tail
    page = tail.rfind(b"OggS")
    flags = tail[page + 5] if 0 <= page < len(tail) - 5 else 0
    return None if flags & _OGG_LAST_PAGE else "the file is cut off"


_LOOKS: dict[str, Callable[[_File], str | None]] = {
    "matroska,webm": _matroska,
    "mpegts": _transport_stream,
    "ogg": _ogg,
    "asf": _asf,
    "avi": _avi,
    "mxf": _mxf,
}
