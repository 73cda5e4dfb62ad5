"""Work on many photographs at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def in_threads(function: Callable[[int], None], numbers: Iterable[int], threads: int) -> None:
    """Call a function with every number, in several threads; the first error ends it.

    Parameters
    ----------
    function : callable
        Must not mind the order.
    numbers : iterable of int
        What it is called with.
    threads : int
        Calls at a time.
    """
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(function, numbers):
            pass
