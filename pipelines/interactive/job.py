"""The jobs over many inputs, called from Python."""

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from pipelines.interactive.arguments import arguments_of
from pipelines.interactive.python_words import in_python_words
from pipelines.main_job.log import log_kept
from pipelines.main_job.summary import RunSummary
from pipelines.run import run as run_main_job

if TYPE_CHECKING:
    from pipelines.export_job.summary import ExportSummary


@log_kept()
@in_python_words()
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
        What was done: nothing with ``dry_run``, which prints what would be. An input that fails is
        a row of the error table, not an exception.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no input, no models, a wrong configuration, no output.
    """
    from pipelines.main_job.arguments import RunArguments

    named = {"inputs": inputs, "output": output}
    arguments = arguments_of(RunArguments, named | options)
    if arguments.dry_run:
        from pipelines.main_job.dry_run import dry_run  # it brings numba and so on

        return dry_run(arguments)
    return run_main_job(arguments)


@log_kept()
@in_python_words()
def export(
    dataset: str | PathLike[str],
    output: str | PathLike[str],
    formats: str | Sequence[str] = "openface-csv",
    **options: Any,
) -> "ExportSummary":
    """Write a dataset in formats that other programs read; what is complete is skipped.

    Parameters
    ----------
    dataset : str or path
        Output folder of the main job.
    output : str or path
        Output folder or URL.
    formats : str or sequence of str
        ``openface-csv``, ``of-details``, ``hog``, ``aligned``, ``overlay``, ``annotations`` and
        ``csv``.
    **options
        The other options of ``openface-beam export``, as
        :class:`~pipelines.export_job.arguments.ExportArguments` has them.

    Returns
    -------
    ExportSummary
        What was done. An input that fails is one of its problems, not an exception.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no dataset, a format that there is not, no output.
    """
    from pipelines.export import export as export_dataset
    from pipelines.export_job.arguments import ExportArguments

    named = {"dataset": dataset, "output": output, "formats": formats}
    return export_dataset(arguments_of(ExportArguments, named | options))


@log_kept()
@in_python_words()
def report(
    dataset: str | PathLike[str], output: str | PathLike[str] | None = None, **options: Any
) -> "ExportSummary":
    """Write a page for every input of a dataset, and an index.

    Parameters
    ----------
    dataset : str or path
        Output folder of the main job.
    output : str or path, optional
        Output folder or URL; by default the folder ``report`` of the dataset.
    **options
        The other options of ``openface-beam report``, as
        :class:`~pipelines.export_job.report_arguments.ReportArguments` has them.

    Returns
    -------
    ExportSummary
        What was done; ``index`` is the path of the index.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no dataset, no output.
    """
    from pipelines.export_job.report_arguments import ReportArguments
    from pipelines.report import report as report_dataset

    named = {"dataset": dataset, "output": output}
    return report_dataset(arguments_of(ReportArguments, named | options))
