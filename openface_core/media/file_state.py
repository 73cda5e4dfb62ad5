"""Whether a file has changed, as far as storage tells without reading it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from openface_core.media.images import image_names
from openface_core.media.sources import Source, locate, storage_errors

_MARKS = (
    "ETag",
    "etag",
    "md5",
    "generation",
    "mtime",
    "LastModified",
    "last_modified",
    "updated",
    "created",
)
"""What filesystems of fsspec call the things that a new content changes."""


def file_state(uri: str) -> str | None:
    """Return a text that changes when a file does, or an image of a folder.

    Parameters
    ----------
    uri : str
        Local path or fsspec URL.

    Returns
    -------
    str or None
        Size, time of the last change and place on the disk, of every image where it is a folder;
        None where storage tells nothing of the kind.

    Raises
    ------
    MediaError
        The file or folder cannot be reached.
    """
    source = locate(uri)
    if not source.is_directory():
        return _state(source)
    states = [(name, _state(source.child(name))) for name in image_names(source)]
    if any(state is None for _, state in states):
        return None
    return "; ".join(f"{name}: {state}" for name, state in states)


def states_below(folder: Source, name: str) -> dict[str, str | None]:
    """Return what :func:`file_state` would of the files of one name in a folder's folders, by path.

    Storage elsewhere is asked once for all of them.

    Parameters
    ----------
    folder : Source
        The folder; where there is none, there are no files.
    name : str
        Their name.

    Raises
    ------
    OpenFaceBeamError
        If storage refuses.
    """
    with storage_errors(folder.uri, folder.error):
        if folder.is_local:
            return _local_states(Path(folder.path), name)
        folder.forget_listings()
        if not folder.exists():
            return {}
        found = folder.filesystem.find(folder.path, detail=True)
    return {path: _told(info) for path, info in found.items() if path.rpartition("/")[2] == name}


def _local_states(folder: Path, name: str) -> dict[str, str | None]:
    states: dict[str, str | None] = {}
    for path in folder.glob(f"*/{name}"):
        with suppress(FileNotFoundError):  # it was removed in between, or is a dead link
            states[str(path)] = _of_status(path.stat())
    return states


def _state(source: Source) -> str | None:
    with storage_errors(source.uri, source.error):
        if source.is_local:
            return _of_status(Path(source.path).stat())
        source.forget_listings()
        return _told(source.filesystem.info(source.path))


def _of_status(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"


def _told(info: Mapping[str, Any]) -> str | None:
    """Return what a filesystem of fsspec tells of a file that a new content changes."""
    marks = [f"{mark}={info[mark]}" for mark in _MARKS if info.get(mark) is not None]
    return f"{info.get('size')} {' '.join(marks)}" if marks else None
