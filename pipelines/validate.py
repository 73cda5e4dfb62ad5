"""Comparison with OpenFace's own output: every component, the whole chain, and end to end.

Everything the command line can do, :func:`validate` does for Python.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import run_command
from pipelines.comparison.arguments import ValidateArguments, parse_arguments

if TYPE_CHECKING:
    from pipelines.comparison.report import Report

# NumPy, numba and onnxruntime take a while to import, which `--help` need not wait for. So the
# imports that lead to them stand in the functions.


def validate(arguments: ValidateArguments) -> "Report":
    """Compare, and write the report if that is asked for.

    Parameters
    ----------
    arguments : ValidateArguments
        What to compare.

    Returns
    -------
    Report
        All comparisons; ``holds`` says whether every bound is kept.

    Raises
    ------
    OpenFaceBeamError
        If the comparison cannot be made: a file is missing, damaged, or of another video.
    """
    from pipelines.comparison.compare import compare

    return compare(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0 if all bounds hold, 1 if not, 2 for an error."""

    def command() -> int:
        report = validate(parse_arguments(sys.argv[1:] if argv is None else argv))
        from pipelines.comparison.report import as_text

        sys.stdout.write(as_text(report))
        return 0 if report.holds else 1

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
