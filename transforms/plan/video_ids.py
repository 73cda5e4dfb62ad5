"""Names of inputs: what stands in a ``video_id=`` folder and stays text in every reader."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_DATA_SUFFIXES = (
    ".csv",
    ".json",
    ".log",
    ".md",
    ".parquet",
    ".srt",
    ".tsv",
    ".txt",
    ".vtt",
    ".xml",
)
_MAX_ID_LENGTH = 120

_LOOKS_LIKE_VALUE = re.compile(
    r"[^A-Za-z]*"  # without any letter: a number or a date
    r"|[_.-]*0x[0-9a-f_]*"  # a number, to Arrow
    r"|[_.-]*0b[01_]*"  # to DuckDB
    r"|[0-9._-]*[0-9][._-]*e[0-9._-]*"
    r"|[0-9._-]*[0-9][._-]*(t[0-9._-]*z?|z)"  # a date with a time, to Polars
    r"|[_.-]*epoch"  # a date, to DuckDB
    r"|[_.-]*(nan|null|none|na|inf|infinity|true|false)"
    r"|__hive_default_partition__",  # a missing value, to all readers of such folders
    re.IGNORECASE,
)


def file_stem(uri: str) -> str:
    """Return the name of a file, without its ending, or of a folder."""
    return PurePosixPath(uri.rstrip("/")).stem


def _name(uri: str) -> str:
    return PurePosixPath(uri.rstrip("/")).name


def _may_be_media(uri: str) -> bool:
    """Return whether a file may claim the name that it shares with a video beside it."""
    return PurePosixPath(uri).suffix.lower() not in _DATA_SUFFIXES


def safe_video_id(name: str) -> str:
    """Return a name as it may stand in a path and in a ``video_id=`` folder.

    Parameters
    ----------
    name : str
        Any text, such as a file name.

    Returns
    -------
    str
        Letters, digits and ``._-`` only; with ``video-`` before it where a reader of the dataset
        would take it for a number, a date or a missing value.
    """
    safe = _UNSAFE.sub("_", name).strip(".")[:_MAX_ID_LENGTH] or "video"
    if _LOOKS_LIKE_VALUE.fullmatch(safe):
        safe = f"video-{safe}"[:_MAX_ID_LENGTH]
    return safe


def name_videos(uris: Sequence[str]) -> tuple[str, ...]:
    """Return a unique video id for every input.

    Parameters
    ----------
    uris : sequence of str
        Inputs.

    Returns
    -------
    tuple of str
        The file name without its ending; with it for tables and texts, and where two inputs would
        share a name; numbered in the order of the inputs where they still would.
    """
    by_stem = [safe_video_id(file_stem(uri) if _may_be_media(uri) else _name(uri)) for uri in uris]
    shared = Counter(name.lower() for name in by_stem)  # some filesystems ignore case
    names = [
        name if shared[name.lower()] == 1 else safe_video_id(_name(uri))
        for name, uri in zip(by_stem, uris, strict=True)
    ]
    taken: set[str] = set()
    numbers: Counter[str] = Counter()  # the last one of each name: a corpus has many clip.mp4
    unique = []
    for name in names:
        candidate = name
        while candidate.lower() in taken:
            numbers[name.lower()] += 1
            candidate = f"{name}-{numbers[name.lower()] + 1}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return tuple(unique)
