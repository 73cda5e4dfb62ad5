"""Landmarks from two sources, such as patch experts and a network, mixed with a share of each."""

import numpy as np
from numpy.typing import NDArray


def mixed_points(
    points: NDArray[np.float32], others: NDArray[np.float32], share_of_others: float
) -> NDArray[np.float32]:
    """Return the weighted mean of points, (n, 2), in single precision.

    Parameters
    ----------
    points, others : (n, 2) ndarray of float32
        The same points from either source, pixels.
    share_of_others : float
        Weight of `others`, 0 to 1; the rest is that of `points`.
    """
    share = np.float32(share_of_others)
    return np.ascontiguousarray((1 - share) * points + share * others, dtype=np.float32)
