"""Landmarks from two sources, such as patch experts and a network, mixed with a share of each."""

import numpy as np
from numpy.typing import NDArray


def mixed_points(
    points: NDArray[np.floating], others: NDArray[np.floating], share_of_others: float
) -> NDArray[np.float64]:
    """Return the weighted mean of points, (n, 2).

    Parameters
    ----------
    points, others : (n, 2) ndarray of float32 or float64
        The same points from either source, pixels.
    share_of_others : float
        Weight of `others`, 0 to 1; the rest is that of `points`.
    """
    # In double precision, or the last digits would hang on where in the picture the points are.
    return points + share_of_others * (others.astype(np.float64) - points)
