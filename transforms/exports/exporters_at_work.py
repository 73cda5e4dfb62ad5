"""The exporters of one input, of which each may fail without the others."""

import errno
from collections.abc import Callable, Mapping
from contextlib import suppress

import pyarrow as pa

from openface_core.errors import DatasetError, OpenFaceBeamError, OutputError
from openface_core.exports import Exporter

_OF_ALL = (OSError, MemoryError, pa.ArrowException, DatasetError, OutputError)
"""Storage that refuses, a want of memory and a damaged table are no matter of one format."""


def _too_large(name: str) -> OutputError:
    return OutputError(
        name,
        "its file is larger than the file system, or a limit of the user's, allows",
        "Write to another file system, or leave this format out.",
    )


class ExportersAtWork:
    """The exporters of one input that have not failed so far.

    Parameters
    ----------
    exporters : mapping of str to Exporter
        By the name of the format.
    failures : list of Exception
        Takes why others are not among them any more.
    """

    def __init__(self, exporters: Mapping[str, Exporter], failures: list[Exception]) -> None:
        self._all = tuple(exporters.values())
        self._at_work = dict(exporters)
        self._failures = failures

    def __bool__(self) -> bool:
        """Whether any is left."""
        return bool(self._at_work)

    @property
    def looks_ahead(self) -> bool:
        """Whether any of them goes through all rows before they are added."""
        return any(exporter.looks_ahead for exporter in self._at_work.values())

    def each(self, step: Callable[[str, Exporter], None]) -> None:
        """Let each of them do something, and go on without those that fail.

        Parameters
        ----------
        step : callable
            Takes the name of a format and its exporter.

        Raises
        ------
        Exception
            What is wrong with more than one format.
        """
        for name, exporter in list(self._at_work.items()):
            try:
                step(name, exporter)
            except _OF_ALL as error:
                if not isinstance(error, OSError) or error.errno != errno.EFBIG:
                    raise
                self._give_up(name, _too_large(name))
            except Exception as error:  # whatever one format does, the others go on
                if isinstance(error, OpenFaceBeamError) and error.ends_run:
                    raise
                self._give_up(name, error)

    def _give_up(self, name: str, error: Exception) -> None:
        self._failures.append(error)
        del self._at_work[name]

    def close(self) -> None:
        """Let go of what is open; whatever goes wrong then is told already, or without harm."""
        for exporter in self._all:
            with suppress(Exception):
                exporter.abandon()
