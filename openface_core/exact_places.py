"""Places rounded so that they are as exact wherever in a picture they are.

Single precision has fewer digits behind the point the farther something is from the picture's
corner. In steps of a 1,024th of a pixel it has all places up to 16,384 px.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

STEPS_PER_PIXEL: Final = 1024.0


def to_steps(
    values: NDArray[np.floating], per_unit: float = STEPS_PER_PIXEL
) -> NDArray[np.float32]:
    """Return values rounded to steps.

    Parameters
    ----------
    values : ndarray of float32 or float64
        Pixels, or another unit.
    per_unit : float
        Steps in it; a power of two.

    Returns
    -------
    ndarray of float32, of the same shape
    """
    # Powers of two change no digit, so that single precision is enough for what is given in it.
    return np.asarray(np.rint(values * per_unit) / per_unit, dtype=np.float32)
