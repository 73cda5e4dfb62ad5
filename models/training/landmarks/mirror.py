"""The left and the right of a face exchanged."""

import numpy as np
from numpy.typing import NDArray

MIRRORED_ORDER: NDArray[np.intp] = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *range(27, 31), *range(35, 30, -1),  # nose
        45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,  # eyes
        *range(54, 47, -1), *range(59, 54, -1),  # outer lips
        *range(64, 59, -1), *range(67, 64, -1),  # inner lips
    ]
)  # fmt: skip
"""For each iBUG point the one that takes its place in a mirrored picture."""
