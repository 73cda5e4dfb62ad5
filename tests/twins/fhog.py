"""Twin of :func:`openface_core.fhog.fhog`: pixel by pixel, in double precision."""

import math

import numpy as np
from numpy.typing import NDArray

_FIRST_QUADRANT = [(1.0, 0.0), (0.9397, 0.3420), (0.7660, 0.6428), (0.5, 0.8660), (0.1736, 0.9848)]
_SECOND_QUADRANT = [(-dx, dy) for dx, dy in _FIRST_QUADRANT[:0:-1]]
UNIT_DIRECTIONS = np.array([*_FIRST_QUADRANT, *_SECOND_QUADRANT], dtype=np.float32)
"""Nine directions 20 degrees apart, with dlib's four decimals."""


def orientation(gx: int, gy: int) -> int:
    """Return the first of 18 bins whose direction has the largest positive product."""
    best, chosen = np.float32(0.0), 0
    for o, (dx, dy) in enumerate(UNIT_DIRECTIONS):
        product = np.float32(gx) * dx + np.float32(gy) * dy
        if product > best:
            best, chosen = product, o
        elif -product > best:
            best, chosen = -product, o + 9
    return chosen


def strongest_gradient(
    image: NDArray[np.uint8], y: int, x: int, later_wins: bool
) -> tuple[int, int]:
    """Return (gx, gy) of the colour whose gradient is longest, asked in the order red to blue."""
    best, chosen = -1, (0, 0)
    for channel in (2, 1, 0):
        gx = int(image[y, x + 1, channel]) - int(image[y, x - 1, channel])
        gy = int(image[y + 1, x, channel]) - int(image[y - 1, x, channel])
        length = gx * gx + gy * gy
        if length > best or (later_wins and length == best):
            best, chosen = length, (gx, gy)
    return chosen


def cell_histograms(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the histogram of 18 signed orientations of every cell of 8 x 8 px."""
    height, width = image.shape[:2]
    rows, columns = int(height / 8 + 0.5), int(width / 8 + 0.5)
    last_y, last_x = min(rows * 8, height) - 1, min(columns * 8, width) - 1
    groups = max(0, -(-(last_x - 8) // 8))  # of eight columns, begun while eight more remain
    cells = np.zeros((rows, columns, 18))
    for y in range(1, last_y):
        for x in range(1, last_x):
            gx, gy = strongest_gradient(image, y, x, later_wins=x < 1 + 8 * groups)
            o, magnitude = orientation(gx, gy), math.hypot(gx, gy)
            at_y, at_x = (y + 0.5) / 8 - 0.5, (x + 0.5) / 8 - 0.5
            for i in (math.floor(at_y), math.floor(at_y) + 1):
                for j in (math.floor(at_x), math.floor(at_x) + 1):
                    if 0 <= i < rows and 0 <= j < columns:
                        share = (1 - abs(at_y - i)) * (1 - abs(at_x - j))
                        cells[i, j, o] += share * magnitude
    return cells


def fhog(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the features of the inner cells, (rows - 2, columns - 2, 31)."""
    cells = cell_histograms(image)
    unsigned = cells[:, :, :9] + cells[:, :, 9:]
    energy = (unsigned**2).sum(axis=2)
    out = np.zeros((cells.shape[0] - 2, cells.shape[1] - 2, 31))
    for i in range(1, cells.shape[0] - 1):
        for j in range(1, cells.shape[1] - 1):
            feature = out[i - 1, j - 1]
            for block, (top, left) in enumerate(((i, j), (i - 1, j), (i, j - 1), (i - 1, j - 1))):
                block_energy = energy[top : top + 2, left : left + 2].sum()
                bound = 0.2 * math.sqrt(block_energy + 1e-4)
                signed_terms = np.minimum(cells[i, j], bound) * 0.1 / bound
                feature[:18] += signed_terms
                feature[18:27] += np.minimum(unsigned[i, j], bound) * 0.1 / bound
                feature[27 + block] = signed_terms.sum() * 0.4714
    return out
