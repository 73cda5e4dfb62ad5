"""A finished dataset written in other formats: OpenFace's files, overlays, annotations.

Everything the command line can do, :func:`export` does for Python.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import leave, run_command
from pipelines.export_job.arguments import ExportArguments, parse_arguments
from pipelines.export_job.format_options import check_formats_and_options

if TYPE_CHECKING:
    from pipelines.export_job.summary import ExportSummary

# Beam takes a second to import, which `--help` and a mistyped option need not wait for. So the
# imports that lead to it stand in the functions.


def export(arguments: ExportArguments) -> "ExportSummary":
    """Write a dataset in other formats, and wait for the end.

    Parameters
    ----------
    arguments : ExportArguments
        What to do.

    Returns
    -------
    ExportSummary
        What was done. An input that fails is one of its problems, not an exception.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no dataset, a format that there is not, an option of a
        format that is not asked for, no output.
    """
    check_formats_and_options(arguments.formats, arguments.changed)
    from pipelines.main_job.runners import import_beam

    import_beam()
    from pipelines.export_job.job import run_export

    return run_export(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, 3 if some inputs failed, or 1 if none is complete."""
    words = sys.argv[1:] if argv is None else argv
    return run_command(lambda: export(parse_arguments(words)).tell())


if __name__ == "__main__":
    leave(main())
