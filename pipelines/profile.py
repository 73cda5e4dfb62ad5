"""Where the time goes: every component on one thread, and whole runs of the main job.

Everything the command line can do, :func:`profile` does for Python.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import run_command
from pipelines.timing.arguments import ProfileArguments, parse_arguments

if TYPE_CHECKING:
    from pipelines.timing.report import Profile

# NumPy, numba and onnxruntime take a while to import, which `--help` need not wait for. So the
# imports that lead to them stand in the functions.


def profile(arguments: ProfileArguments) -> "Profile":
    """Measure, and write the figures if that is asked for.

    Parameters
    ----------
    arguments : ProfileArguments
        What to measure.

    Returns
    -------
    Profile
        The figures.

    Raises
    ------
    OpenFaceBeamError
        If the video, the landmarks or the models cannot be read, or a run fails.
    """
    from pipelines.timing.measure import measure

    return measure(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 2 for an error."""

    def command() -> int:
        found = profile(parse_arguments(sys.argv[1:] if argv is None else argv))
        from pipelines.timing.report import as_text

        sys.stdout.write(as_text(found))
        return 0

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
