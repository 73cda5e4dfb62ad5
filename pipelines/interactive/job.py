"""The jobs over many inputs, called from Python."""

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from pipelines.export import export as export_dataset
from pipelines.export_job.arguments import ExportArguments
from pipelines.export_job.report_arguments import ReportArguments
from pipelines.interactive.arguments import text_of
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.report import report as report_dataset
from pipelines.run import run as run_main_job

if TYPE_CHECKING:
    from pipelines.export_job.summary import ExportSummary


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
    names = tuple(fspath(name) for name in _several(inputs))
    text_of("camera", options.get("camera"))
    return run_main_job(RunArguments(names, fspath(output), **_with_texts(options)))


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
    options["video_ids"] = _several(options.get("video_ids", ()))
    return export_dataset(
        ExportArguments(fspath(dataset), fspath(output), _several(formats), **_with_texts(options))
    )


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
    folder = None if output is None else fspath(output)
    options["video_ids"] = _several(options.get("video_ids", ()))
    return report_dataset(ReportArguments(fspath(dataset), folder, **_with_texts(options)))


def _several(given: Any) -> tuple[Any, ...]:
    """Return one or several names; one stands for itself, and not for its letters."""
    return (given,) if isinstance(given, str | PathLike) else tuple(given)


def _with_texts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with paths, as of landmarks or models, in the form of the command line."""
    return {
        name: fspath(value) if isinstance(value, PathLike) else value
        for name, value in options.items()
    }
