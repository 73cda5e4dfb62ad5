"""Component 7: the geometry descriptor, 238 numbers that describe the fitted shape.

The similarity transform that shares this component's place in OpenFace is
:mod:`openface_core.alignment.similarity`.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.shape.pdm import PointDistributionModel

Float64Array = NDArray[np.float64]


@kernel
def _deform(modes: NDArray[np.float32], parameters: NDArray[np.float32], out: Float64Array) -> None:
    """Write the deformation V p (first part) and p itself (rest) in double precision."""
    rows = modes.shape[1]
    out[:rows] = 0.0
    for b in range(modes.shape[0]):
        weight = np.float64(parameters[b])
        for i in range(rows):
            out[i] += weight * np.float64(modes[b, i])
        out[rows + b] = weight


def geometry_descriptor(
    pdm: PointDistributionModel, shape_parameters: NDArray[np.float32]
) -> Float64Array:
    """Return the geometry descriptor of a fitted face.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points and m modes.
    shape_parameters : (m,) ndarray of float32
        Fitted shape parameters.

    Returns
    -------
    (3 * n + m,) ndarray of float64
        Displacement of each point from the mean shape in the model's own frame (all X, all Y, all
        Z, millimetres; no mean, rotation or scale), then the shape parameters.

    Notes
    -----
    Source: ``FaceAnalyser::AddNextFrame`` of OpenFace 2.2.
    """
    out = np.empty(3 * pdm.landmark_count + pdm.mode_count, dtype=np.float64)
    _deform(pdm.modes_mm, shape_parameters, out)
    return out
