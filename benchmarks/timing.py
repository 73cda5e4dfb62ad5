"""Fair timing on a machine that others use too: CPU time, interleaved rounds, medians."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Operation:
    """Something to be timed.

    Parameters
    ----------
    call : callable
        Does the work for the input of this number, 0 to the number of calls; data must be in
        memory already.
    frames_per_call : float
        By how many video frames the time of a call is divided.
    prepare : callable or None
        Called with the same number before each call, and not timed.
    """

    call: Callable[[int], object]
    frames_per_call: float = 1.0
    prepare: Callable[[int], object] | None = None


@dataclass
class Measurement:
    """Times of one operation.

    Parameters
    ----------
    medians_ms : list of float
        Median CPU time per frame of each round.
    """

    medians_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Median over the rounds."""
        return float(np.median(self.medians_ms))

    @property
    def range_ms(self) -> tuple[float, float]:
        """Smallest and largest median of any round."""
        return min(self.medians_ms), max(self.medians_ms)


def _times_ms(operation: Operation, calls: int) -> Iterator[float]:
    for k in range(calls):
        if operation.prepare is not None:
            operation.prepare(k)
        began = time.thread_time_ns()
        operation.call(k)
        yield (time.thread_time_ns() - began) / 1e6 / operation.frames_per_call


def measure(operations: Mapping[str, Operation], calls: int, rounds: int) -> dict[str, Measurement]:
    """Time operations on one thread.

    Parameters
    ----------
    operations : mapping of str to Operation
        What is timed.
    calls : int
        Calls of each operation per round.
    rounds : int
        How often all operations take their turn. A round before them, not counted, compiles
        kernels and fills caches.

    Returns
    -------
    dict of str to Measurement
        CPU times of the calling thread: what other programs do counts only where they slow down
        the processor or its caches.
    """
    found = {name: Measurement() for name in operations}
    for k in range(rounds + 1):
        for name, operation in operations.items():
            median = float(np.median(list(_times_ms(operation, calls))))
            if k > 0:
                found[name].medians_ms.append(median)
    return found
