"""What happens around the response maps of one scale, each side of them in one compiled step.

References
----------
``CLNF::Fit`` of OpenFace 2.2.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel, small_kernel
from openface_core.refinement.density import log_likelihood
from openface_core.refinement.landmark_fit import (
    FitWeights,
    PlacedMaps,
    ShapeArrays,
    mean_shift_steps,
)
from openface_core.shape.pdm import Float32Array
from openface_core.shape.posed_model import project
from openface_core.shape.similarity import align_with_scale, invert


@small_kernel
def place_maps(
    mean: Float32Array,
    modes: Float32Array,
    parameters: Float32Array,
    local: Float32Array,
    scale_px_per_mm: float,
    base: Float32Array,
    to_reference: Float32Array,
    to_image: Float32Array,
) -> bool:
    """Write where the maps lie in the picture.

    Parameters
    ----------
    mean, modes : (3 * n,), (m, 3 * n) ndarray of float32
        The shape model.
    parameters, local : (6,), (m,) ndarray of float32
        Pose and shape parameters.
    scale_px_per_mm : float
        Scale that the experts were trained at.
    base : (n, 2) ndarray of float32
        Receives the centres of the maps: the model's landmarks, pixels.
    to_reference, to_image : (2, 2) ndarray of float32
        Receive the similarity from the picture's pixels to the maps', and its inverse.

    Returns
    -------
    bool
        Whether there is such a similarity.
    """
    shape = np.empty(mean.shape[0], dtype=np.float32)
    reference = np.empty_like(base)
    upright = np.zeros(6, dtype=np.float32)
    upright[0] = scale_px_per_mm
    project(mean, modes, parameters, local, shape, base)
    project(mean, modes, upright, local, shape, reference)
    align_with_scale(base, reference, to_reference)
    invert(to_reference, to_image)
    total = np.float32(0.0)
    for i in range(2):
        for j in range(2):
            total += to_reference[i, j] + to_image[i, j]
    return bool(np.isfinite(total))


@kernel
def fit_to_maps(
    model: ShapeArrays,
    weights: FitWeights,
    maps: PlacedMaps,
    iterations: int,
    parameters: Float32Array,
    local: Float32Array,
    likelihood: NDArray[np.float64],
    log_densities: NDArray[np.float64],
) -> bool:
    """Move the pose to the maps, then pose and shape; parameters as in :func:`mean_shift_steps`.

    Parameters
    ----------
    likelihood : (1,) ndarray of float64
        Receives the log likelihood; NaN where none is wanted.
    log_densities : (n,) or (0,) ndarray of float64
        Receives the log density of each landmark's map before the last step, NaN where it does not
        show; empty where none is wanted.

    Returns
    -------
    bool
        Whether all parameters stayed finite.
    """
    offsets = np.empty_like(maps.base)
    likelihood[0] = np.nan
    for is_rigid in (True, False):
        is_finite = mean_shift_steps(
            model, weights, maps, iterations, is_rigid, parameters, local, offsets
        )
        if not is_finite:
            return False
    if log_densities.shape[0] > 0:
        likelihood[0] = log_likelihood(
            maps.responses, offsets, weights.visible, maps.table.shape[2], maps.sigma_px,
            model.is_rounded_as_openface, log_densities,
        )  # fmt: skip
    return True
