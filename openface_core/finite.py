"""Whether all numbers of an array are finite.

``np.isfinite(values).all()`` takes microseconds under the interpreter lock, and a frame asks this
some thirty times.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import small_kernel


@small_kernel
def all_finite(values: NDArray[np.floating]) -> bool:
    """Return whether an array of any shape holds neither infinities nor NaN."""
    for value in values.flat:  # noqa: SIM110 - numba compiles the loop, not all()
        if not np.isfinite(value):
            return False
    return True
