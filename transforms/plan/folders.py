"""What a folder or a pattern holds: the files to be analysed, and what is left out, in one line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from openface_core.errors import InputError
from openface_core.media.sources import Source, locate, storage_errors
from openface_core.readable import readable

SIDE_SUFFIXES = (
    ".aac",
    ".ass",
    ".csv",
    ".db",
    ".doc",
    ".docx",
    ".eaf",
    ".flac",
    ".htm",
    ".html",
    ".ini",
    ".js",
    ".json",
    ".log",
    ".lnk",
    ".m4a",
    ".md",
    ".mp3",
    ".npy",
    ".npz",
    ".parquet",
    ".pdf",
    ".rtf",
    ".srt",
    ".ssa",
    ".textgrid",
    ".thm",
    ".toml",
    ".tsv",
    ".txt",
    ".vtt",
    ".wav",
    ".xls",
    ".xlsx",
    ".xml",
    ".yaml",
    ".yml",
)
"""Endings of what lies beside videos and is none: texts, tables, sound, thumbnails."""

_SIDE_NAMES = ("authors", "changelog", "changes", "citation", "licence", "license", "readme")

_NAMED = 3
_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Listing:
    """What a folder or a pattern holds.

    Parameters
    ----------
    uris : tuple of str
        What is to be analysed.
    left_out : str or None
        What is not, in one line.
    """

    uris: tuple[str, ...]
    left_out: str | None = None


def is_side_file(name: str) -> bool:
    """Return whether a file, by its name, is no video and no picture."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SIDE_SUFFIXES or path.name.lower() in _SIDE_NAMES


def _counted(count: int, one: str, several: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {several}"


def _described(side_files: Iterable[str], folders: int, dead_links: int) -> str:
    """Return what is left out in words; empty if it is nothing."""
    names = sorted(side_files)
    parts = []
    if names:
        shown = ", ".join(readable(name) for name in names[:_NAMED])
        more = ", ..." if len(names) > _NAMED else ""
        parts.append(f"{_counted(len(names), 'other file', 'other files')} ({shown}{more})")
    if folders:
        parts.append(_counted(folders, "folder", "folders"))
    if dead_links:
        parts.append(_counted(dead_links, "dead link", "dead links"))
    return ", ".join(parts)


def _dead_links(folder: Source) -> int:
    if not folder.is_local:
        return 0
    with storage_errors(folder.uri, folder.error):
        return sum(path.is_symlink() and not path.exists() for path in Path(folder.path).iterdir())


def list_folder(folder: Source) -> Listing:
    """Return the files of a folder that may be videos or pictures; hidden ones are left out.

    Raises
    ------
    InputError
        If there are none.
    """
    names = sorted(name for name in folder.names() if not name.startswith("."))
    taken = [name for name in names if not is_side_file(name)]
    folders = sum(not name.startswith(".") for name in folder.folder_names())
    rest = _described((name for name in names if is_side_file(name)), folders, _dead_links(folder))
    if not taken:
        raise InputError(
            folder.uri,
            "the folder holds no files" if not rest else f"the folder holds no videos, but {rest}",
            "Name a folder with videos; files in its sub-folders need a pattern such as "
            "'folder/**/*.mp4'.",
        )
    return Listing(tuple(folder.child(name).uri for name in taken), _line(folder.uri, rest))


def is_pattern(text: str) -> bool:
    """Return whether a path, or a part of one, has wildcards."""
    return _WILDCARD.search(text) is not None


def _is_hidden(path: str, pattern: str) -> bool:
    """Return whether a pattern finds a path only because its wildcards take hidden names, too.

    Shells have them not: what macOS and recycle bins leave beside videos is called like these.
    """
    parts = pattern.split("/")
    begin = next((k for k, part in enumerate(parts) if is_pattern(part)), len(parts))
    if any(part.startswith(".") for part in parts[begin:]):
        return False
    return any(part.startswith(".") for part in path.split("/")[begin:])


def expand_pattern(pattern: str, *, image_folders: bool = False) -> Listing:
    """Return the files that a pattern stands for, or the folders where these are sequences.

    Hidden ones are left out, unless the pattern names them with their dot.

    Raises
    ------
    InputError
        If it stands for nothing.
    """
    import fsspec  # which runs without patterns need not wait for

    place = locate(pattern, error=InputError)
    with storage_errors(pattern, InputError):
        filesystem, path = fsspec.core.url_to_fs(pattern)
        found = filesystem.glob(path, detail=True)
        # A local file keeps its plain path, another one the protocols that lead to it.
        named = {
            name if place.is_local else _url_of(filesystem, name, pattern): info["type"]
            for name, info in found.items()
            if not _is_hidden(name, path)
        }
    folders = sorted(uri for uri, kind in named.items() if kind == "directory")
    files = sorted(uri for uri, kind in named.items() if kind != "directory")
    if image_folders and folders:
        return Listing(tuple(folders), _left_out(pattern, files))
    media = [uri for uri in files if not is_side_file(uri)]
    if not files:
        what = "only folders match the pattern" if folders else "no file matches the pattern"
        remedy = (
            "Add /* for the files in them, or --image-folders if they are sequences of images."
            if folders
            else "Check it, and quote it against the shell."
        )
        raise InputError(pattern, what, remedy)
    if not media:  # somebody asks for just these; reading them will say what they are
        return Listing(tuple(files))
    return Listing(tuple(media), _left_out(pattern, filter(is_side_file, files)))


def _url_of(filesystem: Any, name: str, pattern: str) -> str:
    """Return the URL of a file that a pattern stands for, with the archive or cache it is in."""
    chain = pattern.split("::")
    if len(chain) == 1:
        return str(filesystem.unstrip_protocol(name))
    link = next(k for k, part in enumerate(chain) if "://" in part)
    protocol = chain[link].partition("://")[0] + "://"
    chain[link] = name if name.startswith(protocol) else protocol + name
    return "::".join(chain)


def _left_out(pattern: str, files: Iterable[str]) -> str | None:
    """Return in one line which of a pattern's files are not analysed; None if all are."""
    return _line(pattern, _described((PurePosixPath(uri).name for uri in files), 0, 0))


def _line(place: str, rest: str) -> str | None:
    return f"{readable(place)}: {rest} left out" if rest else None
