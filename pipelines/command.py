"""How the process of a command ends."""

import atexit
import os
import sys
from typing import NoReturn

from openface_core.command_status import EXIT_FAILED, EXIT_INTERRUPTED


def leave(status: int) -> NoReturn:
    """End the process with the exit status of a command.

    Parameters
    ----------
    status : int
        What :func:`openface_core.command_status.run_command` returned.
    """
    if status in (EXIT_FAILED, EXIT_INTERRUPTED):
        # Workers may be threads in the midst of native code; an orderly exit would pull the
        # interpreter away from under them and abort.
        if status == EXIT_FAILED:
            atexit._run_exitfuncs()  # job servers that were started for the run are stopped there
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
