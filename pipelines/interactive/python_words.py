"""Messages as Python users know things: options by the names of their arguments."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from inspect import signature

from openface_core.errors import OpenFaceBeamError, StorageFullError

_OTHER_NAMES = {
    "input": "inputs",
    "format": "formats",
    "from": "from_seconds",
    "to": "to_seconds",
}
_OPTION = re.compile(r"(?<![\w-])--([a-z]+(?:-[a-z]+)*)(?![\w-])")
_COMMAND = re.compile(r"(`[^`]*`)")


@cache
def _names() -> dict[str, str]:
    """Return the names of arguments, by those of options without their dashes."""
    # Only who has an error to tell needs these.
    from pipelines.export_job.arguments import ExportArguments
    from pipelines.export_job.report_arguments import ReportArguments
    from pipelines.main_job.arguments import RunArguments

    return _OTHER_NAMES | {
        name.replace("_", "-"): name
        for job in (RunArguments, ExportArguments, ReportArguments)
        for name in signature(job).parameters
    }


@contextmanager
def in_python_words() -> Iterator[None]:
    """Have expected failures name the arguments of Python where they name options of a command."""
    try:
        yield
    except OpenFaceBeamError as error:
        error.args = tuple(python_words(str(text)) for text in error.args)
        raise


@contextmanager
def analysis_kept() -> Iterator[None]:
    """Have a full disk told as what it is for one analysis, which no run goes on with."""
    try:
        yield
    except StorageFullError as error:
        remedy = "Free some space and call it again, or name another place: the analysis is kept."
        raise StorageFullError(error.subject, error.cause, remedy) from error


def python_words(text: str) -> str:
    """Return a text with arguments for options of the command line, ``inputs`` for ``--input``.

    Parameters
    ----------
    text : str
        A part of a message. Whole commands within it, and options of Beam, stay as they are.
    """
    parts = _COMMAND.split(text)
    names = _names()
    parts[::2] = [_OPTION.sub(lambda found: names.get(found[1], found[0]), p) for p in parts[::2]]
    return "".join(parts)
