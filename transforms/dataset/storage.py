"""Writing output files so that each appears whole or not at all."""

import errno
import io
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from openface_core.errors import OutputError, StorageFullError
from openface_core.media.sources import Source, locate, storage_errors

_LAST_WRITES_SECONDS = 15.0
_BETWEEN_ATTEMPTS_SECONDS = 0.05
_CHANGED_MEANWHILE = (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY)
"""What removing a folder fails with if something in it comes or goes; EBUSY is NFS's."""

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}\.tmp")


def join(folder: str, *names: str) -> str:
    """Return the path or URL of something in a folder."""
    return "/".join([folder.rstrip("/") or "/", *names]).replace("//", "/", int(folder == "/"))


def write_whole(
    uri: str,
    write: Callable[[IO[bytes]], object],
    *,
    durable: bool = True,
    scratch: str | None = None,
) -> int:
    """Write a file that appears whole or not at all; an existing one is replaced.

    Parameters
    ----------
    uri : str
        Local path or fsspec URL. Missing folders are made.
    write : callable
        Gets the open binary file.
    durable : bool
        Whether it is to outlive a crash of the machine, for which the disk must be waited for.
    scratch : str or None
        Local folder in which it is put together; None for that of the file itself. Some readers
        read whatever lies in a folder.

    Returns
    -------
    int
        Size of the file in bytes.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    target = locate(uri, error=OutputError)
    if not target.is_local:
        return _write_remote(target, write)
    with writing_errors(uri):
        folder = None if scratch is None else Path(locate(scratch, error=OutputError).path)
        return _write_local(Path(target.path), write, durable, folder)


@contextmanager
def writing_errors(uri: str) -> Iterator[None]:
    """Turn what a filesystem raises on writing a file into :func:`writing_error`."""
    try:
        yield
    except OSError as error:
        raise writing_error(uri, error) from error


def writing_error(uri: str, error: OSError) -> OutputError:
    """Return what a filesystem raised on writing as the error that it is told as.

    Parameters
    ----------
    uri : str
        What was to be written.
    error : OSError
        What was raised.

    Returns
    -------
    OutputError
        A :exc:`StorageFullError` if there is no space left.
    """
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError.on(uri, reason)
    return OutputError(
        uri,
        f"it cannot be written ({reason})",
        "Check the free space and the permissions of the output folder.",
    )


def write_if_changed(uri: str, content: bytes) -> bool:
    """Write a small file as :func:`write_whole` does, unless it is there with the same content.

    Parameters
    ----------
    uri : str
        Local path or fsspec URL.
    content : bytes
        What it is to hold.

    Returns
    -------
    bool
        Whether it was written.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    target = locate(uri, error=OutputError)
    if (
        target.exists()
        and target.size_bytes() == len(content)
        and read_whole(uri).getvalue() == content
    ):
        return False

    def write(file: IO[bytes]) -> None:
        file.write(content)

    write_whole(uri, write)
    return True


def _write_remote(target: Source, write: Callable[[IO[bytes]], object]) -> int:
    # Closing a remote file shows what it holds, even after a failure. So the content is made first,
    # and given to the filesystem as a whole.
    content = io.BytesIO()
    write(content)
    try:
        target.filesystem.makedirs(target.path.rsplit("/", 1)[0], exist_ok=True)
        target.filesystem.pipe_file(target.path, content.getvalue())
    except Exception as error:  # every remote filesystem has an exception hierarchy of its own
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise writing_error(target.uri, error) from error
        reason = " ".join(str(error).split()).rstrip(".")
        raise OutputError(
            target.uri,
            f"it cannot be written ({type(error).__name__}: {reason})",
            "Check the address, the credentials and the storage.",
        ) from error
    return content.getbuffer().nbytes


def is_temporary(name: str) -> bool:
    """Return whether a file name is that of a file being written, or left by a killed run."""
    return _TEMPORARY.fullmatch(name) is not None


def remove_temporaries(folder: str) -> None:
    """Remove what killed runs have left in a local folder and below; other storage has nothing.

    Raises
    ------
    OutputError
        If a file cannot be removed.
    """
    place = locate(folder, error=OutputError)
    if place.is_local:
        with storage_errors(folder, OutputError):
            for path in Path(place.path).rglob(".*.tmp"):
                if is_temporary(path.name):
                    path.unlink()


def _write_local(
    path: Path, write: Callable[[IO[bytes]], object], durable: bool, scratch: Path | None = None
) -> int:
    folder = scratch or path.parent
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{path.name}.{uuid.uuid4().hex}.tmp"
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            size_bytes = os.fstat(file.fileno()).st_size
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.replace(path)
        except OSError as error:
            if error.errno != errno.EXDEV or scratch is None:
                raise
            _copy_to_another_disk(temporary, path, durable)
        return size_bytes
    finally:
        temporary.unlink(missing_ok=True)


def _copy_to_another_disk(made: Path, path: Path, durable: bool) -> None:
    """Copy a file that cannot be moved, as where the folder of tables is a link elsewhere."""
    with made.open("rb") as content:
        _write_local(path, lambda file: shutil.copyfileobj(content, file), durable)


def remove(uri: str) -> None:
    """Remove a file if it is there.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    target = locate(uri, error=OutputError)
    with storage_errors(uri, OutputError):
        if target.is_local:
            Path(target.path).unlink(missing_ok=True)
        elif target.exists():
            target.filesystem.rm_file(target.path)


def remove_empty(uri: str) -> None:
    """Remove a local folder if nothing is in it; other storage has no such folders."""
    target = locate(uri, error=OutputError)
    if target.is_local:
        with suppress(OSError):
            Path(target.path).rmdir()


def remove_tree(uri: str) -> None:
    """Remove a folder with all that is in it, if it is there.

    What others write into a local folder meanwhile is removed too, if they end within seconds.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    target = locate(uri, error=OutputError)
    with storage_errors(uri, OutputError):
        if not target.exists():
            return
        if target.is_local:
            _remove_local_tree(Path(target.path))
        else:
            target.filesystem.rm(target.path, recursive=True)


def _remove_local_tree(folder: Path) -> None:
    # Workers of a run that has just been cancelled may still make and remove files in it.
    deadline = time.monotonic() + _LAST_WRITES_SECONDS
    while True:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if not folder.exists():
                return  # somebody else has removed it
            if error.errno not in _CHANGED_MEANWHILE or time.monotonic() >= deadline:
                raise
            if error.errno != errno.ENOENT:  # somebody else removes files, and is not in the way
                time.sleep(_BETWEEN_ATTEMPTS_SECONDS)
        else:
            return


def read_work_file(uri: str) -> io.BytesIO:
    """Return the content of a file of the work folder.

    Raises
    ------
    OutputError
        If it cannot be read, or is gone: then the user cannot help it, but by running again.
    """
    try:
        return read_whole(uri)
    except OutputError as error:
        if locate(uri, error=OutputError).exists():
            raise
        raise OutputError(uri, "there is no such file", "Run again.") from error


def read_whole(uri: str) -> io.BytesIO:
    """Return the content of one of our own, small files, which may be replaced meanwhile.

    Raises
    ------
    OutputError
        If it cannot be read.
    """
    content = io.BytesIO(locate(uri, error=OutputError).content())
    content.name = uri  # errors about the content name the file
    return content
