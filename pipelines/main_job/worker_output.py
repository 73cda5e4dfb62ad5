"""What worker processes write to stderr, without what only Beam's own developers can use."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from pipelines.screen import screen_of

_STDERR = 2
_CHATTER = re.compile(
    rb"(DEBUG|INFO|WARNING):(root|__main__|apache_beam[\w.]*):"  # of Beam's workers
    rb"|(WARNING|INFO): Worker: severity: (WARN|INFO|DEBUG)"  # the same once more, sent to the run
    rb"|[IW]\d{4,8} \d\d:\d\d:\d\d"  # gRPC
    rb"|WARNING: All log messages before absl"
    rb"|.{0,60}\[[IWV]:onnxruntime"
)
_PATIENCE_SECONDS = 1.0


def is_chatter(line: bytes) -> bool:
    """Return whether a line of stderr tells a user nothing."""
    return _CHATTER.match(line) is not None


_guard = threading.Lock()
_runs = 0
_exchange = ExitStack()


@contextmanager
def worker_output_filtered() -> Iterator[None]:
    """Leave out such lines while worker processes run; all else reaches stderr as it is.

    Worker processes inherit stderr, so it is exchanged for a pipe, while this process's own output
    goes on to the screen. Runs in several threads share the exchange.
    """
    global _runs
    with _guard:
        _runs += 1
        if _runs == 1:
            _exchange.enter_context(_exchanged())
    try:
        yield
    finally:
        with _guard:
            _runs -= 1
            if not _runs:
                _exchange.close()


@contextmanager
def _exchanged() -> Iterator[None]:
    try:
        screen = os.dup(_STDERR)
    except OSError:  # there is no stderr
        yield
        return
    begin, end = os.pipe()
    own = sys.stderr
    if own is not None:
        own.flush()
    os.dup2(end, _STDERR)
    os.close(end)
    if own is not None:
        sys.stderr = screen_of(os.dup(screen))
    thread = threading.Thread(target=_forward, args=(begin, screen), daemon=True)
    thread.start()
    try:
        yield
    finally:
        if own is not None:
            sys.stderr.close()
            sys.stderr = own
        os.dup2(screen, _STDERR)
        # It ends with the last worker; one that hangs is not waited for.
        thread.join(_PATIENCE_SECONDS)


def _forward(begin: int, screen: int) -> None:
    with os.fdopen(begin, "rb") as pipe:
        for line in pipe:
            if not is_chatter(line):
                with suppress(OSError):  # workers would wait for a pipe that nobody empties
                    os.write(screen, line)
