"""Boxes around points."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import small_kernel


@small_kernel
def _write_box(points: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for axis in range(2):
        low = high = points[0, axis]
        for i in range(1, points.shape[0]):
            value = points[i, axis]
            low = value if value < low or np.isnan(value) else low
            high = value if value > high or np.isnan(value) else high
        out[axis], out[2 + axis] = low, high


def box_of(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the box x_min, y_min, x_max, y_max of points (n, 2), pixels; NaN where any is."""
    out = np.empty(4, dtype=np.float32)
    _write_box(points, out)
    return out
