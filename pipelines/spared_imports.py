"""Packages that others import on the chance that they are used, and which have no use here.

Each takes up to a quarter of a second. They are spared in processes of the command line only: a
program that calls this one from Python may use Beam or Arrow with them.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_of_beam: tuple[str, ...] = ()


def spare_imports() -> None:
    """Have this process, which is the command line's, import no more than it needs."""
    global _of_beam
    # For data frames, MongoDB and Amazon's storage, and to find out whether this is a notebook.
    _of_beam = ("pandas", "pymongo", "boto3", "IPython")


def spare_pandas_in_arrow() -> None:
    """Let Arrow come to know that it makes no arrays of what belongs to pandas.

    It looks for pandas with the first array that it makes. Tables become data frames all the same:
    then it looks again.
    """
    if not _of_beam:
        return
    import pyarrow as pa

    with _missing("pandas"):
        pa.array([0])


@contextmanager
def spared_by_beam() -> Iterator[None]:
    """Let Beam do without what is of no use here, while it is imported or builds a graph."""
    with _missing(*_of_beam):
        yield


class _Missing(MetaPathFinder):
    """Says of some packages that they are not installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if name in self._names:
            raise ModuleNotFoundError(f"{name} is spared here", name=name)
        return None


@contextmanager
def _missing(*names: str) -> Iterator[None]:
    """Let packages be found missing, unless they are imported already."""
    finder = _Missing(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
