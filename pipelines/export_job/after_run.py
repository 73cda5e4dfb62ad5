"""The report at the end of a run."""

from dataclasses import replace

from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary


def with_report(summary: RunSummary, arguments: RunArguments) -> RunSummary:
    """Write a report of the dataset, if that is asked for, and say where it is.

    Parameters
    ----------
    summary : RunSummary
        What the run did.
    arguments : RunArguments
        What it was asked to do.

    Raises
    ------
    OpenFaceBeamError
        If storage refuses.
    """
    if not arguments.report or not summary.has_results:
        return summary
    # Most runs are without one, and neither need Beam for it nor what draws pages.
    from pipelines.main_job.runners import import_beam

    import_beam()  # before what needs it, or else it warns of packages that are of no use here
    from pipelines.export_job.job import run_report
    from pipelines.export_job.report_arguments import ReportArguments

    found = run_report(ReportArguments(arguments.output, quiet=arguments.quiet))
    return replace(summary, report=found.index, pages_failed=found.failed)
