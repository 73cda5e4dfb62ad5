"""Workers of a cluster that end themselves once their run is over.

A worker pool keeps what it has started, and a runner forgets a worker whose attempt has failed: it
would stay, with all models in memory, until its host is shut down.
"""

import os
import threading
import time
from collections.abc import Callable

from openface_core.errors import OpenFaceBeamError, OutputError
from openface_core.media.sources import locate

_INTERVAL_SECONDS = 20.0
_MISSES = 3
"""So many times in a row a run's mark must be missing: storage may fail to answer once."""

_watched: set[str] = set()
_guard = threading.Lock()


def leave_with(mark: str | None) -> None:
    """End this process within two minutes of the end of its run; returns at once.

    Parameters
    ----------
    mark : str or None
        File that lies there as long as the run goes on, see
        :func:`transforms.work.folder.begin_run`. None for workers that end with the driver.
    """
    if mark is None:
        return
    with _guard:
        if mark in _watched:
            return
        _watched.add(mark)
    call_after(mark, lambda: os._exit(0))


def call_after(mark: str, action: Callable[[], None]) -> None:
    """Call something within two minutes of the end of a run, from a thread; returns at once.

    Parameters
    ----------
    mark : str
        File that lies there as long as the run goes on.
    action : callable
        What is called, once.
    """

    def watch() -> None:
        misses = 0
        while misses < _MISSES:
            time.sleep(_INTERVAL_SECONDS)
            misses = 0 if _is_there(mark) else misses + 1
        action()

    threading.Thread(target=watch, name="end of the run", daemon=True).start()


def _is_there(mark: str) -> bool:
    try:
        return locate(mark, error=OutputError).exists()
    except OpenFaceBeamError:
        return True
