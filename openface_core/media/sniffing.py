"""Recognise a file by its first bytes; names and suffixes are not trusted."""

import codecs
import struct
from typing import Literal

ImageFormat = Literal["jpeg", "png", "bmp", "tiff", "webp"]

HEAD_BYTES = 4096
"""How much of a file the functions of this module want to see."""

_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")

_PLAYLIST_MARKS = {
    b"#EXTM3U": "an HLS playlist",
    b"ffconcat": "an FFmpeg concat list",
    b"<SMIL": "a SMIL playlist",
    b"[playlist]": "a PLS playlist",
    b"v=0\n": "an SDP session description",
    b"v=0\r": "an SDP session description",
}


def image_format(head: bytes) -> ImageFormat | None:
    """Return the still-image format of a file, or None; an animated GIF counts as a video.

    Parameters
    ----------
    head : bytes
        The first bytes of the file.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    # Two letters are a weak mark, so the size of the second header has to be a known one as well.
    if head.startswith(b"BM") and len(head) >= 18:
        (header_size,) = struct.unpack_from("<I", head, 14)
        if header_size in _BMP_HEADER_SIZES:
            return "bmp"
    return None


def playlist(head: bytes) -> str | None:
    """Return what kind of list of other files this is, in words, or None."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, words in _PLAYLIST_MARKS.items():
        if text.startswith(mark):
            return words
    return "a DASH manifest" if b"<MPD" in text[:1024] else None


def is_heif(head: bytes) -> bool:
    """Whether this is a HEIF or AVIF still image, which video demuxers would see as loose tiles."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def looks_like_text(head: bytes) -> bool:
    """Whether the bytes read as UTF-8 text without control characters."""
    try:
        # Incremental, because the last character may be cut in two.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head[:HEAD_BYTES])
    except UnicodeDecodeError:
        return False
    return bool(text) and all(character.isprintable() or character.isspace() for character in text)
