"""What was measured, to be looked at: one page per video, and an index.

Everything the command line can do, :func:`report` does for Python.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import leave, run_command
from pipelines.export_job.report_arguments import ReportArguments, parse_arguments

if TYPE_CHECKING:
    from pipelines.export_job.summary import ExportSummary

# As in pipelines.export: imports that lead to Beam stand in the functions.


def report(arguments: ReportArguments) -> "ExportSummary":
    """Write the pages of a dataset and their index, and wait for the end.

    Parameters
    ----------
    arguments : ReportArguments
        What to show.

    Returns
    -------
    ExportSummary
        What was done; ``index`` is the path of the index.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no dataset, no output.
    """
    from pipelines.main_job.runners import import_beam

    import_beam()
    from pipelines.export_job.job import run_report

    return run_report(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, 3 if some inputs failed, or 1 if none is complete."""
    words = sys.argv[1:] if argv is None else argv
    return run_command(lambda: report(parse_arguments(words)).tell())


if __name__ == "__main__":
    leave(main())
