"""The layers of one expert's network, for many blocks of the picture at once.

What the layers take and give are matrices of one row per unit and one column per block.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.refinement.cen.experts import Activation
from openface_core.refinement.cen.logistic import logistic_in_place
from openface_core.refinement.cen.tiles import (
    FLOAT_BYTES,
    LANE_MULTIPLE,
    LANES,
    MAX_TILE_VECTORS,
    TILE_ROWS,
    tile,
)

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_SIGMOID, _RELU = int(Activation.SIGMOID), int(Activation.RELU)

_rows_by_1, _rows_by_2, _rows_by_3 = (tile(TILE_ROWS, v) for v in range(1, MAX_TILE_VECTORS + 1))
_row_by_1, _row_by_2, _row_by_3 = (tile(1, v) for v in range(1, MAX_TILE_VECTORS + 1))


def padded(columns: int) -> int:
    """Return the number of columns that a matrix for so many blocks must have."""
    return -(-columns // LANE_MULTIPLE) * LANE_MULTIPLE


@kernel
def _products(
    values: Float32Array,
    weights_at: int,
    biases_at: int,
    inputs: int,
    outputs: int,
    x: Float32Array,
    columns: int,
    out: Float32Array,
) -> None:
    """Write ``weights @ x + biases`` for the first columns, a multiple of the vectors' length."""
    weights = values.ctypes.data + weights_at * FLOAT_BYTES
    biases = values.ctypes.data + biases_at * FLOAT_BYTES
    x_stride, out_stride = x.shape[1], out.shape[1]
    vectors_left = columns // LANES
    done = 0
    while vectors_left > 0:
        # Four are better two and two than three and one.
        vectors = 2 if vectors_left == 4 else min(vectors_left, MAX_TILE_VECTORS)
        seen = x.ctypes.data + done * FLOAT_BYTES
        row = 0
        while row < outputs:
            w, b = weights + row * inputs * FLOAT_BYTES, biases + row * FLOAT_BYTES
            to = out.ctypes.data + (row * out_stride + done) * FLOAT_BYTES
            if outputs - row >= TILE_ROWS:
                if vectors == 3:
                    _rows_by_3(w, inputs, seen, x_stride, b, to, out_stride)
                elif vectors == 2:
                    _rows_by_2(w, inputs, seen, x_stride, b, to, out_stride)
                else:
                    _rows_by_1(w, inputs, seen, x_stride, b, to, out_stride)
                row += TILE_ROWS
            else:
                if vectors == 3:
                    _row_by_3(w, inputs, seen, x_stride, b, to, out_stride)
                elif vectors == 2:
                    _row_by_2(w, inputs, seen, x_stride, b, to, out_stride)
                else:
                    _row_by_1(w, inputs, seen, x_stride, b, to, out_stride)
                row += 1
        vectors_left -= vectors
        done += vectors * LANES


@kernel
def _activate(activation: int, rows: int, columns: int, z: Float32Array) -> None:
    """Apply an activation in place."""
    zero = np.float32(0.0)
    if activation == _RELU:
        for i in range(rows):
            for j in range(columns):
                z[i, j] = max(z[i, j], zero)
    elif activation == _SIGMOID:
        for i in range(rows):
            logistic_in_place(z[i, :columns])


@kernel
def network_outputs(
    values: Float32Array,
    layers: Int64Array,
    x: Float32Array,
    columns: int,
    first: Float32Array,
    second: Float32Array,
) -> Float32Array:
    """Return the matrix whose first row is what a network gives for every block.

    Parameters
    ----------
    values : (k,) ndarray of float32
        Weights and biases.
    layers : (l, 5) ndarray of int64
        Where in `values` the layers lie, see :class:`~openface_core.refinement.cen.experts.Layer`;
        they must fit together, which is not checked.
    x : (>= inputs, >= columns) ndarray of float32
        The blocks, one column each.
    columns : int
        How many; see :func:`padded`.
    first, second : (>= units, >= columns) ndarray of float32
        Working space; one of them is returned.
    """
    seen, out, other = x, first, second
    for k in range(layers.shape[0]):
        layer = layers[k]
        _products(values, layer[0], layer[1], layer[2], layer[3], seen, columns, out)
        _activate(layer[4], layer[3], columns, out)
        seen, out, other = out, other, out
    return seen
