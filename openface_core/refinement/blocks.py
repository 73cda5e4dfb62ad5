"""The blocks of the picture that CEN experts look at: one per position of a response map.

Positions are counted column by column, and so are a block's pixels. Of a map of odd side, every
other position, as the black squares of a chessboard, is enough: all others lie between these.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_TAKEN_AT_A_TIME = 8
"""Numbers in a vector of the processors that OpenFace is compiled for."""


def evaluated_positions(window_px: int, is_sparse: bool) -> Int64Array:
    """Return the rows and columns of a map at which experts are asked, (k, 2), in their order."""
    places = np.arange(1 if is_sparse else 0, window_px**2, 2 if is_sparse else 1, dtype=np.int64)
    return np.stack([places % window_px, places // window_px], axis=1)


@kernel
def cut_blocks(
    area: Float32Array,
    positions: Int64Array,
    support: int,
    is_flipped: bool,
    turned: Float32Array,
    first: int,
    out: Float32Array,
) -> None:
    """Write the blocks of an area into columns of a matrix.

    Parameters
    ----------
    area : (s, s) ndarray of float32
        The picture around a landmark.
    positions : (k, 2) ndarray of int64
        Row and column of each block's corner.
    support : int
        Side of a block.
    is_flipped : bool
        Whether the area is taken as in a mirror, left and right exchanged.
    turned : (s * s,) ndarray of float32
        Working space.
    first : int
        Column of the first block.
    out : (1 + support ** 2, >= first + k) ndarray of float32
        Receives the blocks: 1, then the pixels column by column.
    """
    side = area.shape[0]
    for i in range(side):
        for j in range(side):
            column = side - 1 - j if is_flipped else j
            turned[column * side + i] = area[i, j]
    count = positions.shape[0]
    starts = np.empty(count, dtype=np.int64)
    for p in range(count):
        starts[p] = positions[p, 1] * side + positions[p, 0]
        out[0, first + p] = 1.0
    for xx in range(support):
        for yy in range(support):
            row = out[1 + xx * support + yy, first : first + count]
            seen = turned[xx * side + yy :]
            for p in range(count):
                row[p] = seen[starts[p]]


@kernel
def normalise_blocks(blocks: Float32Array, columns: int, support: int) -> None:
    """Bring the pixels of every block, all rows but the first, to mean 0 and length 1, in place.

    Where the picture is nearly flat, the rounding of its mean shows in the map. Sums are those of
    OpenFace: of pixels, row by row of the picture; of squares, column by column, of which its
    compiler takes eight at a time, and fuses what is left at the end.
    """
    pixels = support * support
    means = np.zeros(columns, dtype=np.float32)
    for yy in range(support):
        for xx in range(support):
            row = blocks[1 + xx * support + yy]
            for p in range(columns):
                means[p] += row[p]
    squares = np.zeros(columns, dtype=np.float32)
    count = np.float32(pixels)
    for p in range(columns):
        means[p] /= count
    whole = pixels - pixels % _TAKEN_AT_A_TIME
    for k in range(pixels):
        row = blocks[1 + k]
        if k < whole:
            for p in range(columns):
                value = row[p] - means[p]
                row[p] = value
                squares[p] += value * value
        else:
            for p in range(columns):
                value = row[p] - means[p]
                row[p] = value
                squares[p] = fused(value, value, squares[p])
    one = np.float32(1.0)
    for p in range(columns):
        length = np.sqrt(squares[p])
        squares[p] = one / length if length > np.float32(0.0) else one
    for k in range(pixels):
        row = blocks[1 + k]
        for p in range(columns):
            row[p] *= squares[p]
