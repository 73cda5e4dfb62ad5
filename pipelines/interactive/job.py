"""The main job, called from Python."""

from collections.abc import Sequence
from os import PathLike, fspath
from typing import Any

from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.run import run as run_main_job


def run(
    inputs: str | PathLike[str] | Sequence[str | PathLike[str]],
    output: str | PathLike[str],
    **options: Any,
) -> RunSummary:
    """Analyse many inputs on all cores, and write one dataset; finished ones are skipped.

    Parameters
    ----------
    inputs : str or path, or sequence of these
        Videos, pictures, patterns, folders, or one manifest.
    output : str or path
        Output folder or URL.
    **options
        The other options of ``openface-beam run``, as
        :class:`~pipelines.main_job.arguments.RunArguments` has them: ``models``, ``config``,
        ``landmarks``, ``calibration``, ``force``, ``quiet`` and so on.

    Returns
    -------
    RunSummary
        What was done. An input that fails is a row of the error table, not an exception.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no input, no models, a wrong configuration, no output.
    """
    several = [inputs] if isinstance(inputs, str | PathLike) else inputs
    names = tuple(fspath(name) for name in several)
    return run_main_job(RunArguments(names, fspath(output), **options))
