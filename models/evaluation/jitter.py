"""How much landmarks jitter from frame to frame.

Jitter is what is left of a point's path in its second differences, as the standard deviation of
independent noise that would leave as much: a motion at an even speed leaves nothing.
"""

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

# The second difference of independent noise of variance 1 has the variance 1 + 4 + 1.
_NOISE_GAIN = 6.0


def jitter(path: Float64Array) -> float:
    """Return the jitter of a path over the distance of the eyes' centres.

    Parameters
    ----------
    path : (n, 68, 2) ndarray of float64
        Landmarks, pixels; NaN where there are none.

    Returns
    -------
    float
        Standard deviation along either axis; NaN where no three frames follow each other.
    """
    eyes = path[:, 42:48].mean(axis=1) - path[:, 36:42].mean(axis=1)
    bends = path[2:] - 2.0 * path[1:-1] + path[:-2]
    bends /= np.linalg.norm(eyes, axis=1)[1:-1, None, None]
    bends = bends[np.isfinite(bends).all(axis=(1, 2))]
    return float(np.sqrt(np.square(bends).mean() / _NOISE_GAIN)) if len(bends) else float("nan")
