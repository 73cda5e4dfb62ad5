"""The layers of one expert's network, for many blocks of the picture at once.

What the layers take and give are matrices of one row per unit and one column per block.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product import affine_product
from openface_core.refinement.cen.experts import Activation
from openface_core.refinement.cen.logistic import logistic_in_place

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

_SIGMOID, _RELU = int(Activation.SIGMOID), int(Activation.RELU)


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
        How many; see :func:`~openface_core.matrix_product.padded`.
    first, second : (>= units, >= columns) ndarray of float32
        Working space; one of them is returned.
    """
    seen, out, other = x, first, second
    for k in range(layers.shape[0]):
        layer = layers[k]
        affine_product(values, layer[0], layer[1], layer[2], layer[3], seen, columns, out)
        _activate(layer[4], layer[3], columns, out)
        seen, out, other = out, other, out
    return seen
