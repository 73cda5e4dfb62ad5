"""Where texts for a person go: to standard error and output, or nowhere if there is no such stream.

A program without a terminal, or a shell's ``2>&-``, leaves a process without one.
"""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO


class _Nowhere(io.StringIO):
    """Takes texts and keeps none."""

    def write(self, text: str, /) -> int:
        return len(text)


_NOWHERE = _Nowhere()


def screen() -> TextIO:
    """Return standard error, or what takes its texts where there is none."""
    return _NOWHERE if sys.stderr is None else sys.stderr


def printed() -> TextIO:
    """Return standard output, or what takes its texts where there is none."""
    return _NOWHERE if sys.stdout is None else sys.stdout


def fill_missing_streams() -> None:
    """Have a process of the command line, and those that it starts, write to nowhere at least.

    Otherwise a file that it opens would take the place of a stream, and what others print.
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
