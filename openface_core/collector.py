"""Python's collector of cyclic garbage, which a start does without."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Have no garbage collected while packages are imported and models are loaded.

    Both make hundreds of thousands of objects that stay. The collector looks through them again and
    again, a seventh of a start, and finds nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
