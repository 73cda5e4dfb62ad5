"""What an expected failure of a command is: one plain line, and an exit status."""

import sys
from collections.abc import Callable

from openface_core.errors import OpenFaceBeamError

EXIT_FAILED = 2
EXIT_INTERRUPTED = 130


def run_command(command: Callable[[], int]) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    command : callable
        Returns the exit status of a command that came to its end.

    Returns
    -------
    int
        Its status; 2 for an expected failure, told in one line on stderr; 130 for an interruption.
    """
    try:
        return command()
    except OpenFaceBeamError as error:
        line = " ".join(str(error).split())
        sys.stderr.write(f"error: {line}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return EXIT_INTERRUPTED
