"""Products of small matrices, composed of tiles."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product.tiles import (
    FLOAT_BYTES,
    LANE_MULTIPLE,
    LANES,
    MAX_TILE_VECTORS,
    TILE_ROWS,
    tile,
)

Float32Array = NDArray[np.float32]

_rows_by_1, _rows_by_2, _rows_by_3 = (tile(TILE_ROWS, v) for v in range(1, MAX_TILE_VECTORS + 1))
_row_by_1, _row_by_2, _row_by_3 = (tile(1, v) for v in range(1, MAX_TILE_VECTORS + 1))
_plain_rows_by_1, _plain_rows_by_2, _plain_rows_by_3 = (
    tile(TILE_ROWS, v, is_fused=False) for v in range(1, MAX_TILE_VECTORS + 1)
)
_plain_row_by_1, _plain_row_by_2, _plain_row_by_3 = (
    tile(1, v, is_fused=False) for v in range(1, MAX_TILE_VECTORS + 1)
)


@kernel
def padded(columns: int) -> int:
    """Return the number of columns that a matrix for so many blocks must have."""
    return -(-columns // LANE_MULTIPLE) * LANE_MULTIPLE


@kernel
def _write_tiles(
    weights: int,
    stride: int,
    biases: int,
    inputs: int,
    outputs: int,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write a product, given the addresses of weights and biases; see :func:`affine_product`.

    A row of weights is `stride` numbers long, of which the first `inputs` are taken.
    """
    row_length = x.shape[1]
    vectors_left = columns // LANES
    done = 0
    while vectors_left > 0:
        # Four are better two and two than three and one.
        vectors = 2 if vectors_left == 4 else min(vectors_left, MAX_TILE_VECTORS)
        seen = x.ctypes.data + done * FLOAT_BYTES
        row = 0
        while row < outputs:
            w, b = weights + row * stride * FLOAT_BYTES, biases + row * FLOAT_BYTES
            to = out.ctypes.data + (row * row_length + done) * FLOAT_BYTES
            if outputs - row >= TILE_ROWS:
                if vectors == 3:
                    _rows_by_3(w, stride, inputs, seen, row_length, b, to)
                elif vectors == 2:
                    _rows_by_2(w, stride, inputs, seen, row_length, b, to)
                else:
                    _rows_by_1(w, stride, inputs, seen, row_length, b, to)
                row += TILE_ROWS
            else:
                if vectors == 3:
                    _row_by_3(w, stride, inputs, seen, row_length, b, to)
                elif vectors == 2:
                    _row_by_2(w, stride, inputs, seen, row_length, b, to)
                else:
                    _row_by_1(w, stride, inputs, seen, row_length, b, to)
                row += 1
        vectors_left -= vectors
        done += vectors * LANES


@kernel
def _write_plain_tiles(
    weights: int,
    biases: int,
    inputs: int,
    outputs: int,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write a product, given the addresses of weights and biases; see :func:`linear_product`."""
    row_length = x.shape[1]
    vectors_left = columns // LANES
    done = 0
    while vectors_left > 0:
        # Four are better two and two than three and one.
        vectors = 2 if vectors_left == 4 else min(vectors_left, MAX_TILE_VECTORS)
        seen = x.ctypes.data + done * FLOAT_BYTES
        row = 0
        while row < outputs:
            w, b = weights + row * inputs * FLOAT_BYTES, biases + row * FLOAT_BYTES
            to = out.ctypes.data + (row * row_length + done) * FLOAT_BYTES
            if outputs - row >= TILE_ROWS:
                if vectors == 3:
                    _plain_rows_by_3(w, inputs, inputs, seen, row_length, b, to)
                elif vectors == 2:
                    _plain_rows_by_2(w, inputs, inputs, seen, row_length, b, to)
                else:
                    _plain_rows_by_1(w, inputs, inputs, seen, row_length, b, to)
                row += TILE_ROWS
            else:
                if vectors == 3:
                    _plain_row_by_3(w, inputs, inputs, seen, row_length, b, to)
                elif vectors == 2:
                    _plain_row_by_2(w, inputs, inputs, seen, row_length, b, to)
                else:
                    _plain_row_by_1(w, inputs, inputs, seen, row_length, b, to)
                row += 1
        vectors_left -= vectors
        done += vectors * LANES


@kernel
def affine_product(
    values: Float32Array,
    weights_at: int,
    biases_at: int,
    inputs: int,
    outputs: int,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write ``weights @ x + biases`` for the first columns of x.

    Parameters
    ----------
    values : (k,) ndarray of float32
        Holds weights and biases.
    weights_at, biases_at : int
        Where in `values` they begin: weights as `outputs` rows of `inputs` numbers.
    inputs, outputs : int
        Both at least 1. Nothing is checked: all must lie within the arrays.
    x : (>= inputs, c) ndarray of float32
        One column per case, rows of which are contiguous.
    columns : int
        How many; see :func:`padded`. The length c of the rows, of x and of the product alike, is
        at least this.
    out : (>= outputs, c) ndarray of float32
        Receives the product.
    """
    weights = values.ctypes.data + weights_at * FLOAT_BYTES
    biases = values.ctypes.data + biases_at * FLOAT_BYTES
    _write_tiles(weights, inputs, biases, inputs, outputs, x, columns, out)


@kernel
def linear_product(
    weights: Float32Array,
    first: int,
    outputs: int,
    zeros: Float32Array,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write ``weights[first : first + outputs] @ x`` for the first columns of x.

    Each product is rounded before it is added, as in a loop over the inputs.

    Parameters
    ----------
    weights : (k, n) ndarray of float32
        Contiguous rows of weights.
    first, outputs : int
        Which rows are taken. A multiple of :data:`TILE_ROWS` is fastest. Nothing is checked.
    zeros : (>= outputs,) ndarray of float32
        Zeros.
    x, columns, out
        See :func:`affine_product`.
    """
    inputs = weights.shape[1]
    begin = weights.ctypes.data + first * inputs * FLOAT_BYTES
    _write_plain_tiles(begin, zeros.ctypes.data, inputs, outputs, x, columns, out)


@kernel
def fused_product(
    weights: Float32Array,
    first: int,
    outputs: int,
    zeros: Float32Array,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write ``weights[first : first + outputs] @ x`` for the first columns of x.

    As :func:`linear_product`, but each product is added before it is rounded.
    """
    inputs = weights.shape[1]
    begin = weights.ctypes.data + first * inputs * FLOAT_BYTES
    _write_tiles(begin, inputs, zeros.ctypes.data, inputs, outputs, x, columns, out)


@kernel
def block_product(
    weights: Float32Array,
    row: int,
    column: int,
    shape: tuple[int, int],
    zeros: Float32Array,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write the product of a block of weights and the first columns of x.

    As :func:`fused_product`, which takes whole rows.

    Parameters
    ----------
    weights : (k, n) ndarray of float32
        Contiguous rows of weights.
    row, column : int
        Where the block begins.
    shape : (int, int)
        Its rows and columns, at least 1 of each. Nothing is checked.
    zeros, x, columns, out
        See :func:`linear_product`.
    """
    outputs, inputs = shape
    stride = weights.shape[1]
    begin = weights.ctypes.data + (row * stride + column) * FLOAT_BYTES
    _write_tiles(begin, stride, zeros.ctypes.data, inputs, outputs, x, columns, out)
