"""A file that a living process holds: whatever ends the process, the system lets go of it."""

import sys
from typing import IO


def take_lock(file: IO[str]) -> bool:
    """Take the lock of an open file unless another process has it, and say whether it was free.

    Parameters
    ----------
    file : file object
        The file. Its lock is held until it is closed, or the process ends.

    Returns
    -------
    bool
        Whether it is held now; never on Windows, which has no such locks.
    """
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
