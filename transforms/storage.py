"""Writing output files so that each appears whole or not at all."""

import io
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO

from openface_core.errors import OutputError
from openface_core.media.sources import locate


def join(folder: str, *names: str) -> str:
    """Return the path or URL of something in a folder."""
    return "/".join([folder.rstrip("/") or "/", *names]).replace("//", "/", int(folder == "/"))


def write_whole(uri: str, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file that appears whole or not at all; an existing one is replaced.

    Parameters
    ----------
    uri : str
        Local path or fsspec URL. Missing local folders are made. Object stores show a file only
        once it is closed, so there no temporary name is needed.
    write : callable
        Gets the open binary file.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    target = locate(uri, error=OutputError)
    try:
        if target.is_local:
            _write_local(Path(target.path), write)
            return
        parent = target.path.rsplit("/", 1)[0]
        target.filesystem.makedirs(parent, exist_ok=True)
        with target.filesystem.open(target.path, "wb") as file:
            write(file)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            uri,
            f"it cannot be written ({error.strerror or error})",
            "Check the free space and the permissions of the output folder.",
        ) from error


def _write_local(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_whole(uri: str) -> io.BytesIO:
    """Return the content of one of our own, small files.

    Raises
    ------
    OutputError
        If it cannot be read.
    """
    with locate(uri, error=OutputError).open() as file:
        return io.BytesIO(file.read())
