"""Which processes work for a run, so that the run and its workers notice each other's death.

Each process holds a lock on a small file in a folder of the run. The operating system lets go of
the lock when the process ends, whatever ended it, so nobody has to tell, and no process numbers are
compared. It works for processes of one machine; elsewhere the folder does not exist and nothing
happens.
"""

import atexit
import os
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import IO

from transforms.work.process_lock import take_lock

_DRIVER = "driver"
_INTERVAL_SECONDS = 1.0
_held: dict[str, IO[str]] = {}
_driven: set[str] = set()
_guard = threading.Lock()


def _is_held(path: Path) -> bool:
    """Return whether a living process holds the lock of a file."""
    try:
        with path.open(encoding="ascii") as file:
            return not file.read(1) or not take_lock(file)
    except FileNotFoundError:
        return False


def _hold(folder: str, name: str) -> None:
    if sys.platform == "win32":
        return
    file = (Path(folder) / name).open("x", encoding="ascii")
    take_lock(file)
    # An empty file is one whose lock is just being taken.
    file.write(str(os.getpid()))
    file.flush()
    _held[folder] = file


def open_run(folder: str) -> None:
    """Register this process as the one that drives a run.

    Parameters
    ----------
    folder : str
        An empty local folder of the run.
    """
    with _guard:
        _driven.add(folder)
        _hold(folder, _DRIVER)


def close_run(folder: str) -> None:
    """Let go of a run; workers of its own that still live will end themselves.

    Parameters
    ----------
    folder : str
        The folder given to :func:`open_run`.
    """
    with _guard:
        file = _held.pop(folder, None)
    if file is not None:
        Path(file.name).unlink(missing_ok=True)
        file.close()


def join_run(folder: str | None) -> None:
    """Register this process as a worker of a run, once; it ends when the driver has.

    Parameters
    ----------
    folder : str or None
        The folder of the run. Without one, or where it does not exist, nothing happens; nor does it
        in the driver itself, whose threads may be workers.
    """
    if folder is None:
        return
    with _guard:
        if folder in _held or folder in _driven:
            return
        name = f"worker-{uuid.uuid4().hex}"
        try:
            _hold(folder, name)
        except OSError:
            return
    # What a killed worker leaves lies beside, in the run's own folder, which the next run removes.
    tempfile.tempdir = os.environ["TMPDIR"] = str(Path(folder).parent)
    # A worker that comes to its orderly end has not died.
    atexit.register((Path(folder) / name).unlink, missing_ok=True)
    threading.Thread(target=_end_with, args=(Path(folder),), daemon=True).start()


def _end_with(folder: Path) -> None:
    """End this process once the driver of its run is gone: nobody waits for its work."""
    while _is_held(folder / _DRIVER):
        time.sleep(_INTERVAL_SECONDS)
    os._exit(1)


def count_workers(folder: str) -> tuple[int, int]:
    """Return how many workers of a run live, and how many have died.

    Parameters
    ----------
    folder : str
        The folder of the run.

    Returns
    -------
    living, dead : int
        Those that have registered; one that came to its orderly end is in neither.
    """
    held = [_is_held(path) for path in Path(folder).glob("worker-*")]
    return sum(held), len(held) - sum(held)
