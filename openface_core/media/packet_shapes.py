"""Whether a packet holds what a packet of its codec should: one picture, and nothing else.

References
----------
GIF89a specification; ITU-T T.81, B.1.1 (markers of JPEG); ITU-T H.264, B.1 and 7.4.1 (start codes).
"""

import re
import struct
from typing import NamedTuple

from openface_core.media.image_headers import jpeg_end

# No picture has so many zeros in a row in its scan, and no other marks.
_HOLE = bytes(256)
_NO_JPEG_MARK = re.compile(rb"\xff[\x01-\xbf\xc0-\xc3\xc5-\xcf\xdc\xf0-\xfd]")

_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B


def is_one_jpeg(data: bytes) -> bool:
    """Return whether a packet holds one picture, whose scan is not interrupted."""
    try:
        end = jpeg_end(data)
    except (struct.error, ValueError):
        return False
    scan = data.find(b"\xff\xda")
    if end is None or scan < 0 or data[end:].strip(b"\0"):
        return False
    picture = data[scan:end]
    return _HOLE not in picture and _NO_JPEG_MARK.search(picture) is None


def is_without_hole(data: bytes) -> bool:
    """Return whether a packet of H.264 or H.265 has no hole: three zeros in a row are a border."""
    return _HOLE not in data


def is_gif_picture(data: bytes) -> bool:
    """Return whether a packet holds whole blocks of a GIF, and nothing behind them."""
    blocks = _gif_blocks(data)
    return blocks.are_regular and (blocks.end == len(data) or is_last_gif_picture(data))


def is_last_gif_picture(data: bytes) -> bool:
    """Return whether a packet holds whole blocks of a GIF, and behind them the file's trailer."""
    end = _gif_blocks(data).end
    return end < len(data) and data[end] == _GIF_TRAILER


class _GifBlocks(NamedTuple):
    """What a packet of a GIF begins with."""

    end: int
    are_regular: bool
    """Programs fill all sub-blocks of a picture but its last; in noise, lengths are any."""


def _gif_blocks(data: bytes) -> _GifBlocks:
    at, regular = 0, True
    if data.startswith(b"GIF8"):
        at = 13 + (3 << (data[10] & 7) + 1 if len(data) > 10 and data[10] & 0x80 else 0)
    while at < len(data) and data[at] in (_GIF_EXTENSION, _GIF_IMAGE):
        is_image = data[at] == _GIF_IMAGE
        if is_image:
            flags = data[at + 9] if at + 9 < len(data) else 0
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        else:
            at += 2
        lengths = []
        while at < len(data) and data[at]:
            lengths.append(data[at])
            at += 1 + data[at]
        at += 1
        regular &= not is_image or len(set(lengths[:-1])) <= 1
    return _GifBlocks(at, regular)
