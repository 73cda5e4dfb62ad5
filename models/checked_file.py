"""Writing a model file that is known by size and hash: what differs never gets its name."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.registry import PackFile
from openface_core.errors import ModelFileError, OutputError

CHUNK_BYTES = 2**18


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    ModelFileError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelFileError(
            path, f"cannot be read ({error.strerror})", "Check that it exists and its permissions."
        ) from error


def wrong_hash(subject: object, file: PackFile, found: str, remedy: str) -> ModelFileError:
    """Return the error that tells both hashes."""
    return ModelFileError(
        subject, f"expected {file.path} with SHA-256 {file.sha256}, found {found}", remedy
    )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what storage refuses into an OutputError that names the folder."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            folder,
            f"models cannot be written there ({error.strerror or error})",
            "Check its free space and permissions, or set OPENFACE_MODELS_DIR to another folder.",
        ) from error


class CheckedWriter:
    """Counts and hashes what is written to a file, and never writes more than belongs there.

    Parameters
    ----------
    target : binary file
        Open for writing.
    file : PackFile
        What is expected.
    subject : object
        Where the content comes from, for error messages.
    on_bytes : callable
        Gets the number of bytes of every chunk.
    """

    def __init__(
        self, target: BinaryIO, file: PackFile, subject: object, on_bytes: Callable[[int], None]
    ) -> None:
        self._target = target
        self._file = file
        self._subject = subject
        self._on_bytes = on_bytes
        self._digest = hashlib.sha256()
        self.written_bytes = 0

    def write(self, chunk: bytes) -> int:
        """Write a chunk.

        Raises
        ------
        ModelFileError
            If the content is longer than expected.
        OSError
            If storage refuses.
        """
        if self.written_bytes + len(chunk) > self._file.max_bytes:
            raise ModelFileError(
                self._subject,
                f"more than the {self._file.max_bytes} bytes of {self._file.path}",
                "This is another file; get it from another place.",
            )
        self._digest.update(chunk)
        written = self._target.write(chunk)
        self.written_bytes += len(chunk)
        self._on_bytes(len(chunk))
        return written

    def flush(self) -> None:
        """Do nothing: the file is flushed once, at its end."""

    @property
    def is_short(self) -> bool:
        """Whether less was written than the file has."""
        return self._file.size_bytes is not None and self.written_bytes < self._file.size_bytes

    def finish(self) -> None:
        """Put the content on disk and check it.

        Raises
        ------
        ModelFileError
            If it is not what was expected; both hashes are told.
        OSError
            If storage refuses.
        """
        self._target.flush()
        os.fsync(self._target.fileno())
        found = self._digest.hexdigest()
        if self._file.sha256 not in (None, found):
            raise wrong_hash(
                self._subject, self._file, found, "This is another file; get it from another place."
            )
