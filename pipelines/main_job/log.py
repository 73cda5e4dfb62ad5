"""Warnings on stderr, and a log that Beam does not change.

A process of the command line writes warnings to stderr. Another program has a log of its own, which
stays as it is: Beam sets one up where it finds none.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.own_process import is_own_process
from transforms.work.ending_failures import keep_ending_failures_off_screen

_guard = threading.Lock()


def set_up_log() -> None:
    """Have a command's warnings written to stderr, one line each."""
    if is_own_process():
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", force=True)
    keep_ending_failures_off_screen()


@contextmanager
def beam_apart_from_log() -> Iterator[None]:
    """Import Beam without what it warns of meanwhile, and without the handler that it installs."""
    root, of_beam = logging.getLogger(), logging.getLogger("apache_beam")
    with _guard:  # another run would take a level for the program's that is only set meanwhile
        level = of_beam.level
        root.addFilter(_is_not_of_beam)
        of_beam.setLevel(logging.ERROR)
        try:
            with log_kept():
                yield
        finally:
            root.removeFilter(_is_not_of_beam)
            # What it tells of its work fills the log of a program that wants to know of its own.
            of_beam.setLevel(level or logging.WARNING)


@contextmanager
def log_kept() -> Iterator[None]:
    """Take away the handler that Beam gives a log which has none."""
    before = logging.getLogger().handlers[:]
    try:
        yield
    finally:
        root = logging.getLogger()
        for handler in root.handlers[:]:
            if handler not in before and _is_of_basic_config(handler):
                root.removeHandler(handler)


def _is_not_of_beam(record: logging.LogRecord) -> bool:
    return "apache_beam" not in record.pathname


def _is_of_basic_config(handler: logging.Handler) -> bool:
    """Return whether a handler is the one that `basicConfig` makes if nothing is asked for."""
    text = getattr(handler.formatter, "_fmt", None)
    return type(handler) is logging.StreamHandler and text == logging.BASIC_FORMAT
