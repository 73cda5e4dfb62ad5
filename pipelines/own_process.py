"""Whether this process is the command line's own, which may set what belongs to a whole process.

A program that calls this one from Python has a log, temporary files and hooks of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

_commands = 0


@contextmanager
def own_process() -> Iterator[None]:
    """Take this process for the command line's as long as the block lasts."""
    global _commands
    _commands += 1
    try:
        yield
    finally:
        _commands -= 1


def is_own_process() -> bool:
    """Return whether this process is the command line's."""
    return _commands > 0
