"""Workers that are threads of this process, and how they learn that their run is over.

Nothing ends a thread from outside. A run that is interrupted, or fails, tells its workers to stop;
they ask before every element and after every frame, and the run waits for them, so that nothing is
written any more once it has let go of its output folder. Workers in processes of their own end
otherwise, see :mod:`transforms.work.worker_presence`.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from openface_core.errors import RunOverError

PATIENCE_SECONDS = 10.0
"""A frame takes less, and so does what lies between two frames, unless storage does not answer."""

_changed = threading.Condition()
_stopped: set[str] = set()
_busy: Counter[str] = Counter()


def check_not_stopped(run: str) -> None:
    """Refuse to go on for a run that was told to stop.

    Parameters
    ----------
    run : str
        Tells the run from all others.

    Raises
    ------
    RunOverError
        If the run is over.
    """
    if run in _stopped:
        raise RunOverError.of("the run")


def has_stopped_any() -> bool:
    """Return whether a run of this process was told to stop."""
    return bool(_stopped)


@contextmanager
def working(run: str) -> Iterator[None]:
    """Have :func:`stopped_workers` wait for the end of a block.

    Parameters
    ----------
    run : str
        The run that the block works for.

    Raises
    ------
    RunOverError
        If the run is over.
    """
    with _changed:
        check_not_stopped(run)
        _busy[run] += 1
    try:
        yield
    finally:
        with _changed:
            _busy[run] -= 1
            if not _busy[run]:
                del _busy[run]
            _changed.notify_all()


@contextmanager
def stopped_workers(run: str, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Have workers of a run stop if a block fails or is interrupted, and wait until they have.

    Parameters
    ----------
    run : str
        The run.
    patience_seconds : float
        How long they are waited for.
    """
    try:
        yield
    except BaseException:
        with _changed:
            _stopped.add(run)
            _changed.wait_for(lambda: run not in _busy, patience_seconds)
        raise
