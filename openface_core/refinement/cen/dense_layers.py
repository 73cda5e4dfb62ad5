"""The layers of one expert's network, for many blocks of the picture at once.

What the layers take and give are matrices of one row per unit and one column per block.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.logistic import logistic_in_place
from openface_core.matrix_product import blas_product, padded
from openface_core.refinement.cen.experts import Activation

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_SIGMOID, _RELU = int(Activation.SIGMOID), int(Activation.RELU)


@kernel
def _activate(activation: int, biases: Float32Array, columns: int, z: Float32Array) -> None:
    """Add biases and apply an activation, in place."""
    zero = np.float32(0.0)
    for i in range(biases.shape[0]):
        bias, row = biases[i], z[i]
        for j in range(columns):
            row[j] += bias
        if activation == _RELU:
            for j in range(columns):
                row[j] = max(row[j], zero)
        elif activation == _SIGMOID:
            logistic_in_place(row[:columns])


@kernel
def network_outputs(
    values: Float32Array,
    layers: Int64Array,
    x: Float32Array,
    count: int,
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
    x : (>= inputs, c) ndarray of float32
        The blocks, one column each; c is padded, see :func:`~openface_core.matrix_product.padded`.
    count : int
        How many there are.
    first, second : (>= units, c) ndarray of float32
        Working space; one of them is returned.
    """
    columns = padded(count)
    seen, out, other = x, first, second
    for k in range(layers.shape[0]):
        weights_at, biases_at, inputs, outputs, activation = layers[k]
        blas_product(values, weights_at, inputs, outputs, outputs, seen, count, out)
        _activate(activation, values[biases_at : biases_at + outputs], columns, out)
        seen, out, other = out, other, out
    return seen
