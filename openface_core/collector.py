"""Python's collector of cyclic garbage, which a start does without."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Have no garbage collected while packages are imported and models are loaded.

    Both make hundreds of thousands of objects that stay. The collector would look through them
    again and again, and once more as soon as it goes on: a third of a start, in which it finds
    nothing. So they count as old afterwards, which it looks at last.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # else somebody's own frozen objects would thaw
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()
