"""Whether a file has changed, as far as storage tells without reading it."""

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


def _state(source: Source) -> str | None:
    with storage_errors(source.uri, source.error):
        if source.is_local:
            status = Path(source.path).stat()
            return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
        source.filesystem.invalidate_cache()  # or a listing from before would be repeated
        info: dict[str, Any] = source.filesystem.info(source.path)
    marks = [f"{mark}={info[mark]}" for mark in _MARKS if info.get(mark) is not None]
    return f"{info.get('size')} {' '.join(marks)}" if marks else None
