"""Where a run makes its temporary files: a folder of its own, which is not the whole process's."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_place: ContextVar[str | None] = ContextVar("temporary place of a run", default=None)


@contextmanager
def temporary_files_in(folder: str) -> Iterator[None]:
    """Have temporary files of a run made in a folder, for as long as the block lasts.

    Parameters
    ----------
    folder : str
        The folder. It is that of this thread's run alone: others may have runs of their own.
    """
    token = _place.set(folder)
    try:
        yield
    finally:
        _place.reset(token)


def temporary_place() -> str | None:
    """Return the folder for temporary files of this thread's run; None for the usual one."""
    return _place.get()
