"""The fixed-point positions of OpenCV's affine warp (2.4 to 4.x).

References
----------
``cv::warpAffine`` with ``INTER_LINEAR``, OpenCV 4.6.
"""

import numpy as np

from openface_core.kernel import kernel

FRACTION_BITS = 5
"""Positions are rounded to 1/32 pixel."""
MATRIX_BITS = 10
"""Products of matrix and coordinates are rounded to 1/1024 pixel before they are added."""
_MAX_POSITION = 2.0**30
"""Beyond every picture; keeps hostile matrices from overflowing 64-bit integers."""


@kernel
def round_fixed(value: float) -> np.int64:
    """Round a position to 1/1024 pixel, half to even, and saturate."""
    scaled = np.rint(value * (1 << MATRIX_BITS))
    return np.int64(min(max(scaled, -_MAX_POSITION), _MAX_POSITION))
