"""A finished dataset written in other formats: OpenFace's files, overlays, annotations.

Everything the command line can do, :func:`export` does for Python.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import leave, run_command
from pipelines.export_job.arguments import FORMAT_TITLES, ExportArguments, parse_arguments

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
        If nothing can be done at all: no dataset, a format that there is not, no output.
    """
    from pipelines.main_job.runners import import_beam

    import_beam()
    from openface_core.exports.formats import check_formats
    from pipelines.export_job.job import run_export

    check_formats(arguments.formats, FORMAT_TITLES)
    return run_export(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, 3 if some inputs failed, or 1 if none is complete."""
    words = sys.argv[1:] if argv is None else argv
    return run_command(lambda: export(parse_arguments(words)).tell())


if __name__ == "__main__":
    leave(main())
