"""Names of inputs: what stands in a ``video_id=`` folder and stays text in every reader."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from openface_core.media.sources import recorded_uri
from transforms.plan.known_inputs import KnownInputs

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
_HASH_LENGTH = 8

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


def _with_hash(name: str, text: str) -> str:
    """Return a name with the begin of a hash of a text behind it."""
    digest = hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).hexdigest()
    return f"{name[: _MAX_ID_LENGTH - _HASH_LENGTH - 1]}-{digest[:_HASH_LENGTH]}"


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
        would take it for a number, a date or a missing value. Letters beyond ASCII lose their
        accents or go, and the begin of a hash of the name, whichever way its accents are encoded,
        keeps such names apart: ``Müller`` is ``Muller-a7842989``.
    """
    name = unicodedata.normalize("NFC", name)
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(letter)
    )
    safe = _UNSAFE.sub("_", plain).strip(".")[:_MAX_ID_LENGTH]
    if not name.isascii():
        safe = _with_hash(safe.strip("._") or "video", name)
    safe = safe or "video"
    if _LOOKS_LIKE_VALUE.fullmatch(safe):
        safe = f"video-{safe}"[:_MAX_ID_LENGTH]
    return safe


def _in_folder(uri: str, name: str) -> str:
    """Return a name with that of the folder before it."""
    folder = PurePosixPath(uri.rstrip("/")).parent.name
    return f"{folder}_{name}" if folder else name


def _candidates(uri: str) -> tuple[str, ...]:
    """Return the names that an input may get, the best one first."""
    stem = file_stem(uri) if _may_be_media(uri) else _name(uri)
    texts = (stem, _name(uri), _in_folder(uri, stem), _in_folder(uri, _name(uri)))
    return (
        *(safe_video_id(text) for text in texts),
        safe_video_id(_with_hash(safe_video_id(stem), recorded_uri(uri))),
    )


_CANDIDATES = 5


def name_videos(uris: Sequence[str], known: KnownInputs | None = None) -> tuple[str, ...]:
    """Return a unique video id for every input.

    Parameters
    ----------
    uris : sequence of str
        Inputs.
    known : KnownInputs, optional
        Those of earlier runs into the same folder.

    Returns
    -------
    tuple of str
        Of an input that is known, at its place or renamed, its name. Of another one, the file name
        without its ending; with it for tables and texts, and where two inputs would share a name,
        or another input has it; after the folder's name where they still would; and in the end
        with a hash of the place.
    """
    known = known or KnownInputs()
    places = {recorded_uri(uri) for uri in uris}
    names: dict[int, str] = {}
    taken: set[str] = set()  # in small letters: some filesystems ignore case

    def give(number: int, name: str | None) -> None:
        if name is not None and name.lower() not in taken:
            names[number] = name
            taken.add(name.lower())

    for number, uri in enumerate(uris):
        give(number, known.at(uri))
    for number, uri in enumerate(uris):
        if number not in names:
            give(number, known.renamed(uri, places))
    candidates = {
        number: _candidates(uri) for number, uri in enumerate(uris) if number not in names
    }
    for level in range(_CANDIDATES):
        waiting = {
            number: found[level] for number, found in candidates.items() if number not in names
        }
        shared = Counter(name.lower() for name in waiting.values())
        for number, name in waiting.items():
            if shared[name.lower()] == 1 and not known.has_other(name, uris[number], places):
                give(number, name)
    for number, found in candidates.items():  # one input given twice
        count = 1
        while number not in names:
            count += 1
            give(number, f"{found[-1][: _MAX_ID_LENGTH - 9]}-{count}")
    return tuple(names[number] for number in range(len(uris)))
