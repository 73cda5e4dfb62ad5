"""Storage elsewhere that may not answer: what is asked of it ends after a time limit."""

import io
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO, TypeVar

_Answer = TypeVar("_Answer")

DEFAULT_SECONDS = 60.0
"""How long storage may take for an answer, where no settings say so."""


def within(seconds: float, call: Callable[[], _Answer]) -> _Answer:
    """Return what a call returns, unless it takes too long.

    Parameters
    ----------
    seconds : float
        The time limit.
    call : callable
        Runs on a thread of its own, which is left behind if it does not end: no filesystem can be
        told to give up a read, and a process that ends does not wait for the thread.

    Raises
    ------
    TimeoutError
        If it takes longer.
    Exception
        Whatever the call raises.
    """
    answers: list[_Answer] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as problem:  # raised again on the caller's thread
            problems.append(problem)

    thread = threading.Thread(target=run, daemon=True, name="storage")
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if not answers:
        raise TimeoutError(f"no answer for {seconds:g} s")
    return answers[0]


class TimedFile(io.BufferedIOBase):
    """A file whose every read ends after a time limit, with an error in the caller's words.

    Parameters
    ----------
    file : file object
        The file, opened for reading bytes.
    seconds : float
        How long a read may take.
    errors : callable
        Returns a context in which whatever a read raises becomes the caller's error.
    """

    def __init__(
        self,
        file: BinaryIO,
        seconds: float,
        errors: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._file, self._seconds, self._errors = file, seconds, errors

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, or all that is left."""
        count = -1 if size is None else size
        with self._errors():
            return within(self._seconds, lambda: self._file.read(count))

    def read1(self, size: int = -1) -> bytes:
        """Read as :meth:`read` does."""
        return self.read(size)

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        content = self.read(len(view))
        view[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte position."""
        with self._errors():
            return within(self._seconds, lambda: self._file.seek(offset, whence))

    def tell(self) -> int:
        """Return the byte position."""
        return self._file.tell()

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def seekable(self) -> bool:
        """Whether positions can be chosen."""
        return self._file.seekable()

    def close(self) -> None:
        """Close the file underneath."""
        if not self.closed:
            self._file.close()
        super().close()
