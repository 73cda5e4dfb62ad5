"""Size and completeness of an image file, read from its header fields without decoding it."""

import struct
from collections.abc import Iterator

from openface_core.media.sniffing import ImageFormat

# JPEG markers without a length field: TEM, RST0..7, SOI, EOI.
_BARE_JPEG_MARKERS = frozenset([0x01, *range(0xD0, 0xDA)])
_JPEG_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_START_OF_SCAN = 0xDA
_JPEG_END_OF_IMAGE = b"\xff\xd9"

_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_INTEGER_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def image_size(kind: ImageFormat, data: bytes) -> tuple[int, int]:
    """Return width and height in pixels, as coded (EXIF orientation not applied).

    Parameters
    ----------
    kind : str
        Format, as :func:`~openface_core.media.sniffing.image_format` found it.
    data : bytes
        The whole file.

    Raises
    ------
    ValueError
        The header is cut off or contradicts itself.
    """
    try:
        width, height = _SIZE_READERS[kind](data)
    except (struct.error, IndexError) as problem:
        raise ValueError("its header is cut off") from problem
    if width <= 0 or height <= 0:
        raise ValueError(f"its header states a size of {width} x {height} pixels")
    return width, height


def is_cut_off(kind: ImageFormat, data: bytes) -> bool:
    """Whether the end of the image is missing.

    A decoder may fill the missing part of a JPEG with grey, which must not pass for a picture.
    BMP and TIFF have no end mark; their decoders notice.
    """
    if kind == "png":
        return not _png_chunks_are_whole(data)
    if kind == "webp":
        return len(data) < 8 + int(struct.unpack_from("<I", data, 4)[0])
    if kind == "jpeg":
        return jpeg_end(data) is None
    return False


def jpeg_end(data: bytes) -> int | None:
    """Return where the first picture of a JPEG file ends; None where its end is missing.

    Raises
    ------
    ValueError
        Its header is damaged.
    """
    # An EXIF thumbnail has an end mark of its own, before the first scan.
    scan = next(
        (at for marker, at in _jpeg_segments(data) if marker == _JPEG_START_OF_SCAN), len(data)
    )
    end = data.find(_JPEG_END_OF_IMAGE, scan)
    return None if end < 0 else end + len(_JPEG_END_OF_IMAGE)


def _png_chunks_are_whole(data: bytes) -> bool:
    """Whether every chunk lies within the file, up to the end chunk.

    A decoder may allocate what a chunk claims to hold, up to 2 GiB, before it reads it.
    """
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        at += 12 + int(length)  # length, name, content, checksum
        if name == b"IEND":
            return at <= len(data)
    return False


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (marker, offset of its length field) up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise ValueError("its segments are damaged")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _BARE_JPEG_MARKERS:
            at += 2
        else:
            yield marker, at + 2
            if marker == _JPEG_START_OF_SCAN:
                return
            at += 2 + max(2, int(struct.unpack_from(">H", data, at + 2)[0]))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    for marker, at in _jpeg_segments(data):
        if marker in _JPEG_START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
    raise ValueError("its header is cut off")


def _png_size(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise ValueError("its header is damaged")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _bmp_size(data: bytes) -> tuple[int, int]:
    (header_size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return abs(width), abs(height)  # a negative height means rows from the top


def _tiff_size(data: bytes) -> tuple[int, int]:
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    big = version == 43
    offset_code, count_code, entry_bytes = ("Q", "Q", 20) if big else ("I", "H", 12)
    (directory,) = struct.unpack_from(order + offset_code, data, 8 if big else 4)
    (count,) = struct.unpack_from(order + count_code, data, directory)
    first = directory + struct.calcsize(order + count_code)
    found: dict[int, int] = {}
    for index in range(min(count, 4096)):
        at = first + index * entry_bytes
        tag, code = struct.unpack_from(order + "HH", data, at)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT) and code in _TIFF_INTEGER_CODES:
            value_at = at + (12 if big else 8)
            value = int(struct.unpack_from(order + _TIFF_INTEGER_CODES[code], data, value_at)[0])
            # A repeated tag must not hide a larger picture from the limit.
            found[tag] = max(value, found.get(tag, 0))
    if len(found) != 2:
        raise ValueError("its header states no size")
    return found[_TIFF_WIDTH], found[_TIFF_HEIGHT]


def _webp_size(data: bytes) -> tuple[int, int]:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("its header is damaged")


_SIZE_READERS = {
    "jpeg": _jpeg_size,
    "png": _png_size,
    "bmp": _bmp_size,
    "tiff": _tiff_size,
    "webp": _webp_size,
}
