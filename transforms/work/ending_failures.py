"""Failures that end a run with one line: their tracebacks stay off the screen.

Beam prints and logs the traceback of whatever ends a worker, several times. Where a failure says
all there is in its own words, and the run's last line repeats them, that only hides them.
"""

import logging
import re
import sys
from typing import Any

from openface_core.errors import OpenFaceBeamError, OutputError, RunOverError, StorageFullError
from transforms.work.stopping import has_stopped_any

# Beam adds the step to the first argument of an exception.
_FULL = re.compile(
    rf"{StorageFullError.__name__}: (.+?)(?: \[while running '[^']*'\])*"
    r": there is no space left \((.+?)\)"
)
_OVER = re.compile(
    rf"{RunOverError.__name__}: (.+?)(?: \[while running '[^']*'\])*"
    rf": {re.escape(RunOverError.of('').cause)}"
)
# A run that stops takes Beam's list of what its workers do away before they have stopped.
_GONE = re.compile(r"KeyError: 'bundle_\d+'")


def find_ending_failure(text: str) -> OutputError | None:
    """Return the failure that a traceback tells of; None if it is of another kind."""
    if full := _FULL.search(text):
        return StorageFullError.on(*full.groups())
    over = _OVER.search(text)
    return None if over is None else RunOverError.of(over[1])


def _is_told_at_the_end(text: str) -> bool:
    """Return whether a text only repeats what the end of a run says."""
    return find_ending_failure(text) is not None or _GONE.search(text) is not None


class ToldAtTheEnd(logging.Filter):
    """Keeps such failures out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a message is shown."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and type(error).__module__.partition(".")[0] == "grpc":
            # A connection that has gone fails many threads at once, of a run that stops as well.
            return not has_stopped_any()
        return not _is_told_at_the_end(record.getMessage()) and not (
            isinstance(error, OpenFaceBeamError) and error.ends_run
        )


def _print(*values: Any, **options: Any) -> None:
    if not any(_is_told_at_the_end(str(value)) for value in values):
        print(*values, **options)


def keep_ending_failures_off_screen() -> None:
    """Hide tracebacks of such failures in this process, be it the driver's or a worker's."""
    worker = sys.modules.get("apache_beam.runners.worker.sdk_worker")
    if worker is not None:
        # It prints to stderr whatever the log does, and nothing else.
        vars(worker)["print"] = _print
    # Only Beam's own logs: those of a program that calls this one are none of ours.
    for name in [*logging.root.manager.loggerDict]:
        log = logging.getLogger(name) if name.startswith("apache_beam") else None
        if log is not None and not any(isinstance(known, ToldAtTheEnd) for known in log.filters):
            log.addFilter(ToldAtTheEnd())
