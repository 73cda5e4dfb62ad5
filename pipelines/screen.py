"""Where texts for a person go: to standard error and output, or nowhere if there is no such stream.

A program without a terminal, or a shell's ``2>&-``, leaves a process without one. A terminal may
close while a run works, and a disk that a log is written to may be full: hours of work do not end
for a text that nobody sees.
"""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TextIO


class _Nowhere(io.StringIO):
    """Takes texts and keeps none."""

    def write(self, text: str, /) -> int:
        return len(text)


_NOWHERE = _Nowhere()


class _Screen(io.TextIOWrapper):
    """Standard error, which a text is lost on that cannot be written."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()

    def close(self) -> None:
        with suppress(OSError):
            super().close()


def screen_of(descriptor: int) -> TextIO:
    """Return the screen behind an open file descriptor, which it closes in the end."""
    return _on_screen(os.fdopen(descriptor, "wb"), "utf-8")


def _on_screen(content: BinaryIO, encoding: str) -> _Screen:
    return _Screen(content, encoding=encoding, errors="backslashreplace", line_buffering=True)


def screen() -> TextIO:
    """Return standard error, or what takes its texts where there is none."""
    return _NOWHERE if sys.stderr is None else sys.stderr


def printed() -> TextIO:
    """Return standard output, or what takes its texts where there is none."""
    return _NOWHERE if sys.stdout is None else sys.stdout


def fill_missing_streams() -> None:
    """Have a process of the command line, and those that it starts, write to nowhere at least.

    Otherwise a file that it opens would take the place of a stream, and what others print. Standard
    error takes every text from here on.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _on_screen(sys.stderr.buffer, sys.stderr.encoding)
