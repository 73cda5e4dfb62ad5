"""The blocks of the picture that patch experts look at: one per position of a response map.

Positions are counted column by column, and so are a block's pixels. Of a map of odd side, every
other position, as the black squares of a chessboard, is enough: all others lie between these.

References
----------
``im2colContrastNormBias`` and ``im2colBiasSparseContrastNorm`` of OpenFace 2.2.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product import LANE_MULTIPLE
from openface_core.matrix_product.tiles import FLOAT_BYTES, LANES, copy_run
from openface_core.refinement.block_columns import block_columns

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_TAKEN_AT_A_TIME = 8
"""Numbers in a vector of the processors that OpenFace is compiled for."""

_MOST_VECTORS = 6 if LANES == LANE_MULTIPLE else 3
"""At once: sums of so many stay in the registers of AVX-512, or in those of others."""

_one, _two, _three, _four, _five, _six = (block_columns(vectors) for vectors in range(1, 7))


def evaluated_positions(window_px: int, is_sparse: bool) -> Int64Array:
    """Return the rows and columns of a map at which experts are asked, (k, 2), in their order."""
    places = np.arange(1 if is_sparse else 0, window_px**2, 2 if is_sparse else 1, dtype=np.int64)
    return np.stack([places % window_px, places // window_px], axis=1)


@kernel
def new_strips(window: int, support: int, step: int) -> Float32Array:
    """Return room for :func:`cut_strips`; `step` is 1 where all positions count, 2 for a half.

    There is some beyond the end, so that positions may be padded (see
    :func:`~openface_core.matrix_product.padded`).
    """
    length = (window + support - 1) * window + step * LANE_MULTIPLE
    return np.zeros((support, step, (length + step - 1) // step), dtype=np.float32)


@kernel
def _cut_strip(
    area: Float32Array, side: int, window: int, first_row: int, is_flipped: bool, out: Float32Array
) -> None:
    """Write `window` rows of an area that is given column by column, column by column.

    A column is written with what follows, in whole vectors, and the next one over that.
    """
    for j in range(side):
        column = side - 1 - j if is_flipped else j
        seen = area.ctypes.data + (column * side + first_row) * FLOAT_BYTES
        to = out.ctypes.data + j * window * FLOAT_BYTES
        for begin in range(0, window, LANE_MULTIPLE):
            copy_run(seen + begin * FLOAT_BYTES, to + begin * FLOAT_BYTES)


@kernel
def cut_strips(area: Float32Array, window: int, is_flipped: bool, strips: Float32Array) -> None:
    """Copy the picture around a landmark once per row of a block.

    What a block's pixel (yy, xx) sees at all positions is then one run of memory: of the strip yy,
    from number ``xx * window`` on. Where every other position counts, the strip's even and odd
    numbers lie apart.

    Parameters
    ----------
    area : (s * s + 16,) ndarray of float32
        The picture around a landmark, column by column; see
        :func:`~openface_core.refinement.patch_areas.square_with_room`.
    window : int
        Side of the response map.
    is_flipped : bool
        Whether the area is taken as in a mirror, left and right exchanged.
    strips : (support, step, length) ndarray of float32
        Receives the strips.
    """
    side = window + strips.shape[0] - 1
    if strips.shape[1] == 1:
        for yy in range(strips.shape[0]):
            _cut_strip(area, side, window, yy, is_flipped, strips[yy, 0])
        return
    strip = np.zeros(2 * strips.shape[2], dtype=np.float32)
    for yy in range(strips.shape[0]):
        _cut_strip(area, side, window, yy, is_flipped, strip)
        even, odd = strips[yy, 0], strips[yy, 1]
        for k in range(even.shape[0]):
            even[k] = strip[2 * k]
            odd[k] = strip[2 * k + 1]


@kernel
def pixel_offsets(strips: Float32Array, window: int) -> Int64Array:
    """Return where in the strips a block's pixels begin, (2, s * s): by rows, and by columns."""
    support, step, length = strips.shape
    out = np.empty((2, support * support), dtype=np.int64)
    for yy in range(support):
        for xx in range(support):
            begin = xx * window
            if step == 2:  # the first position is number 1
                begin = ((begin + 1) & 1) * length + ((begin + 1) >> 1)
            at = yy * step * length + begin
            out[0, yy * support + xx] = at
            out[1, xx * support + yy] = at
    return out


@kernel
def write_blocks(
    strips: Float32Array, offsets: Int64Array, first: int, count: int, out: Float32Array
) -> None:
    """Write the blocks of an area into columns of a matrix, their pixels at mean 0 and length 1.

    Where the picture is nearly flat, the rounding of its mean shows in the map. Sums are those of
    OpenFace: of pixels, row by row of the picture; of squares, column by column, of which its
    compiler takes eight at a time, and fuses what is left at the end.

    Parameters
    ----------
    strips : (support, step, length) ndarray of float32
        See :func:`cut_strips`.
    offsets : (2, support ** 2) ndarray of int64
        See :func:`pixel_offsets`.
    first, count : int
        Column of the first block, and how many there are.
    out : (1 + support ** 2, c) ndarray of float32
        Receives the blocks: 1, then the pixels column by column; c is at least `first` and the
        padded count (see :func:`~openface_core.matrix_product.padded`), in columns beyond the count
        is anything.
    """
    pixels = offsets.shape[1]
    stride = out.shape[1]
    fused_from = pixels // _TAKEN_AT_A_TIME * _TAKEN_AT_A_TIME
    by_rows, by_columns = offsets[0].ctypes.data, offsets[1].ctypes.data
    left = (count + LANES - 1) // LANES
    done = 0
    while left > 0:
        vectors = min(left, _MOST_VECTORS)
        seen = strips.ctypes.data + done * FLOAT_BYTES
        to = out.ctypes.data + (stride + first + done) * FLOAT_BYTES
        if vectors == 6:
            _six(seen, by_rows, by_columns, pixels, fused_from, to, stride)
        elif vectors == 5:
            _five(seen, by_rows, by_columns, pixels, fused_from, to, stride)
        elif vectors == 4:
            _four(seen, by_rows, by_columns, pixels, fused_from, to, stride)
        elif vectors == 3:
            _three(seen, by_rows, by_columns, pixels, fused_from, to, stride)
        elif vectors == 2:
            _two(seen, by_rows, by_columns, pixels, fused_from, to, stride)
        else:
            _one(seen, by_rows, by_columns, pixels, fused_from, to, stride)
        left -= vectors
        done += vectors * LANES
    for p in range(count):
        out[0, first + p] = 1.0
