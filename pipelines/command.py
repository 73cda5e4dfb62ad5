"""How a command ends: one plain line for an expected failure, and an exit status."""

import atexit
import io
import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from openface_core.errors import OpenFaceBeamError
from pipelines.own_packages import check_own_packages
from pipelines.spared_imports import spare_imports

EXIT_FAILED = 2
EXIT_SOME_FAILED = 3
EXIT_INTERRUPTED = 130


def run_command(command: Callable[[], int]) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    command : callable
        Returns the exit status of a command that came to its end. It is not called where packages
        of the user's own hide those of this program.

    Returns
    -------
    int
        Its status; 2 for an expected failure, told in one line on stderr; 130 for an interruption.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names that the screen's encoding lacks
            stream.reconfigure(errors="backslashreplace")
    spare_imports()
    # Matrices are small here, and threads within a product of them spin while they wait for the
    # next one: two seconds of two cores until OpenFace's patch experts are loaded. What works side
    # by side are Beam's workers, which inherit this.
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        check_own_packages()
        return command()
    except OpenFaceBeamError as error:
        line = " ".join(str(error).split())
        sys.stderr.write(f"error: {line}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return EXIT_INTERRUPTED


def leave(status: int) -> NoReturn:
    """End the process with the exit status of a command.

    Parameters
    ----------
    status : int
        What :func:`run_command` returned.
    """
    # An orderly exit takes the interpreter apart object by object, half a second for what is gone
    # with the process anyway. After a failure, workers may be threads in the midst of native code,
    # which it would pull the interpreter away from under, and abort.
    logging.disable()  # the last line has been said
    atexit._run_exitfuncs()  # job servers that were started for the run are stopped there
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # as a closed pipe, which the interpreter has its own words for
        sys.exit(status)
    os._exit(status)
