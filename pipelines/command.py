"""How a command ends: one plain line for an expected failure, and an exit status."""

import atexit
import io
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from openface_core.errors import OpenFaceBeamError, OutputError, PipelineError
from openface_core.readable import readable, without_credentials
from pipelines.own_packages import check_own_packages
from pipelines.own_process import own_process
from pipelines.screen import fill_missing_streams
from pipelines.spared_imports import spare_imports

EXIT_FAILED = 2
EXIT_SOME_FAILED = 3
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141
"""What a shell tells of a program that SIGPIPE ended."""


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
        Its status; 2 for an expected failure, and for what the system refuses, told in one line on
        stderr; 130 for an interruption;
        141, in silence, where nobody reads on.
    """
    fill_missing_streams()
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
        with own_process():
            status = command()
        sys.stdout.flush()
    except OpenFaceBeamError as error:
        return _tell(error)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return EXIT_INTERRUPTED
    except OSError as error:
        return _end_refused(error)
    return status


def _tell(error: OpenFaceBeamError) -> int:
    """Say an expected failure in one line, and return the exit status."""
    line = " ".join(str(error).split())
    sys.stderr.write(f"error: {line}\n")
    return EXIT_FAILED


def _end_refused(error: OSError) -> int:
    """Say in one line what the system refused and nobody else has told; return the exit status."""
    if error.filename is None and (unheard := _end_unheard()) is not None:
        return unheard
    name = error.filename
    if isinstance(name, str | bytes | os.PathLike):
        name = without_credentials(readable(os.fsdecode(name)))
    reason = error.strerror or str(error) or type(error).__name__
    if name is None:  # a socket, a pipe, or a file that was open already
        return _tell(
            PipelineError(
                "openface-beam",
                f"the system refused to read or write ({reason})",
                "Check the free space and the permissions of the output folder, and run again.",
            )
        )
    return _tell(
        OutputError(
            name,
            f"it cannot be read or written ({reason})",
            "Check the file and its permissions.",
        )
    )


def _end_unheard() -> int | None:
    """Return the exit status where standard output takes nothing any more, otherwise None.

    It is asked, because the error itself may be of any file. What it has not taken yet is dropped.
    """
    try:
        sys.stdout.write("\n")  # without a buffer there is nothing left that a flush would write
        sys.stdout.flush()
    except BrokenPipeError:
        status = EXIT_CLOSED_PIPE
    except OSError as error:
        status = _tell(
            OutputError(
                "standard output",
                f"it cannot be written ({error.strerror})",
                "Free some space, or send it to another place.",
            )
        )
    else:
        return None
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def leave_after(main: Callable[[], int]) -> NoReturn:
    """Run a command line, and end the process with its exit status.

    Parameters
    ----------
    main : callable
        Returns the exit status.
    """
    fill_missing_streams()
    try:
        status = main()
    except SystemExit as end:  # argparse, after a help text or a mistyped option
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except OSError as error:
        status = _end_refused(error)
    leave(status)


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
    fill_missing_streams()  # where a parser ended the command before it began
    try:
        sys.stdout.flush()
    except OSError:
        status = _end_unheard() or status
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(status)
