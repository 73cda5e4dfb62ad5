"""Decode parts of a video, and compare them with the whole."""

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from openface_core.media import MediaReader, open_media

Range = tuple[int | None, int | None]
Frame = tuple[float | None, str]


def digests(reader: MediaReader) -> list[Frame]:
    """Return time stamp and MD5 of the pixels of every frame."""
    frames = list(reader)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    return [
        (f.pts_seconds, hashlib.md5(f.image, usedforsecurity=False).hexdigest()) for f in frames
    ]


def decode(path: Path | str, pts_range: Range | None = None) -> list[Frame]:
    """Decode a video, or a part of it."""
    with open_media(str(path), pts_range=pts_range) as reader:
        return digests(reader)


def decode_in_parts(path: Path | str, cuts: Iterable[int]) -> list[Frame]:
    """Decode the parts between the cuts, each with a reader of its own, and join them."""
    borders = [None, *sorted(cuts), None]
    return [frame for part in pairwise(borders) for frame in decode(path, part)]
