"""The one way in which this package compiles a hot loop."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a numeric loop with numba.

    The interpreter lock is released, so that worker threads scale; compiled code is cached on
    disk; reassociation of floating point sums is *not* allowed, so that a result depends neither on
    the number of workers nor on the vector width of the processor. Numba's cache keys on the code
    and not on these flags, which is why every kernel of the project goes through this decorator.
    """
    compiled = numba.njit(nogil=True, cache=True, fastmath=False, error_model="numpy")(function)
    return cast(F, compiled)
