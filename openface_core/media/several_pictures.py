"""Image files that hold more than one picture.

References
----------
PNG specification, third edition, 11.3.4.1 (``acTL``); WebP container specification (``ANMF``);
TIFF 6.0, section 2; CIPA DC-007 (multi-picture format).
"""

import struct
from typing import Literal

from openface_core.media.image_headers import jpeg_end
from openface_core.media.sniffing import ImageFormat, image_format
from openface_core.media.sources import Source

FilmFormat = Literal["mjpeg", "apng"]
"""FFmpeg's names of the films that begin as an image does."""

# More than a picture of any camera takes; what lies behind it is not looked at.
_FIRST_PICTURE_BYTES = 16 * 2**20

# Keeps a hostile list from holding a worker.
_MOST_PAGES = 100_000


def film_format(source: Source, head: bytes) -> FilmFormat | None:
    """Return how an image file is read as a film; None where it is no film.

    Parameters
    ----------
    source : Source
        The file.
    head : bytes
        Its first bytes.
    """
    kind = image_format(head)
    if kind not in ("jpeg", "png"):
        return None
    data = source.read(_FIRST_PICTURE_BYTES)
    if kind == "png":
        return "apng" if _is_animated_png(data) else None
    return "mjpeg" if _is_motion_jpeg(data) else None


def picture_count(kind: ImageFormat, data: bytes) -> int:
    """Return how many pictures an image file holds that is not read as a film.

    Parameters
    ----------
    kind : str
        Its format.
    data : bytes
        The whole file.

    Returns
    -------
    int
        Frames of a WebP, pages of a TIFF; 1 for other formats and what cannot be read.
    """
    try:
        if kind == "webp":
            return max(1, _webp_frames(data))
        if kind == "tiff":
            return max(1, _tiff_pages(data))
    except (struct.error, IndexError, OverflowError):
        pass  # damage behind the first picture
    return 1


def _is_motion_jpeg(data: bytes) -> bool:
    """Whether another JPEG follows at once, and not as a preview or depth map of the first."""
    try:
        end = jpeg_end(data)
    except (struct.error, ValueError):
        return False
    return end is not None and data[end : end + 3] == b"\xff\xd8\xff" and b"MPF\0" not in data[:end]


def _is_animated_png(data: bytes) -> bool:
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"acTL":
            return int.from_bytes(data[at + 8 : at + 12], "big") > 1
        if name == b"IDAT":
            return False
        at += 12 + int(length)
    return False


def _webp_frames(data: bytes) -> int:
    at, count = 12, 0
    while at + 8 <= len(data) and count < _MOST_PAGES:
        name, length = struct.unpack_from("<4sI", data, at)
        count += name == b"ANMF"
        at += 8 + int(length) + int(length) % 2
    return count


def _tiff_pages(data: bytes) -> int:
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    big = version == 43
    offset_code, count_code, entry_bytes = ("Q", "Q", 20) if big else ("I", "H", 12)
    (directory,) = struct.unpack_from(order + offset_code, data, 8 if big else 4)
    seen: set[int] = set()
    while directory and directory not in seen and len(seen) < _MOST_PAGES:
        (entries,) = struct.unpack_from(order + count_code, data, directory)
        seen.add(directory)
        after = directory + struct.calcsize(order + count_code) + entries * entry_bytes
        (directory,) = struct.unpack_from(order + offset_code, data, after)
    return len(seen)
