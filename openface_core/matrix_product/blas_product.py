"""Products of matrices, summed in the order of OpenBLAS; see :mod:`.lanes` for why."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product.lanes import write_last_columns
from openface_core.matrix_product.product import _write_tiles, padded
from openface_core.matrix_product.tiles import FLOAT_BYTES

Float32Array = NDArray[np.float32]

MOST_SMALL = 1_000_000
"""Products of more multiplications are made by OpenBLAS's large kernel."""

_MOST_INPUTS = 384
"""That one takes no more inputs at once, and adds up what it gets."""


@kernel
def blas_product(
    values: Float32Array,
    weights_at: int,
    inputs: int,
    outputs: int,
    rows: int,
    x: Float32Array,
    count: int,
    out: Float32Array,
) -> None:
    """Write ``weights @ x`` for the first columns of x.

    Parameters
    ----------
    values : (k,) ndarray of float32
        Holds the weights.
    weights_at : int
        Where in `values` they begin: `rows` rows of `inputs` numbers. Nothing is checked.
    inputs, outputs : int
        Both at least 1.
    rows : int
        So many rows are computed, at least `outputs`: whole tiles are fastest, see
        :data:`~openface_core.matrix_product.TILE_ROWS`.
    x : (>= inputs, c) ndarray of float32
        One column per case; c is at least `count`, padded (see
        :func:`~openface_core.matrix_product.padded`).
    count : int
        Number of cases.
    out : (>= rows, c) ndarray of float32
        Receives the product, and in padding columns anything.
    """
    columns = padded(count)
    zeros = np.zeros(rows, dtype=np.float32)
    if count * inputs * outputs > MOST_SMALL:
        large_product(values, weights_at, inputs, rows, zeros, x, count, out)
        return
    weights = values.ctypes.data + weights_at * FLOAT_BYTES
    _write_tiles(weights, inputs, zeros.ctypes.data, inputs, rows, x, columns, out)
    write_last_columns(values, weights_at, inputs, outputs, x, count, out)


@kernel
def large_product(
    values: Float32Array,
    weights_at: int,
    inputs: int,
    outputs: int,
    zeros: Float32Array,
    x: Float32Array,
    count: int,
    out: Float32Array,
) -> None:
    """Write ``weights @ x`` as OpenBLAS's large kernel does; parameters as :func:`blas_product`."""
    columns = padded(count)
    weights = values.ctypes.data + weights_at * FLOAT_BYTES
    begin = 0
    part = np.empty_like(out) if inputs > _MOST_INPUTS else out
    while begin < inputs:
        length = inputs - begin
        if length >= 2 * _MOST_INPUTS:
            length = _MOST_INPUTS
        elif length > _MOST_INPUTS:
            length = padded(length // 2)
        to = part if begin > 0 else out
        at = weights + begin * FLOAT_BYTES
        _write_tiles(at, inputs, zeros.ctypes.data, length, outputs, x[begin:], columns, to)
        if begin > 0:
            for row in range(outputs):
                for column in range(columns):
                    out[row, column] += part[row, column]
        begin += length
