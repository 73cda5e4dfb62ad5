"""The matrices by which CCNF experts relate the positions of a response map to each other.

References
----------
``CCNF_patch_expert::ComputeSigmas`` of OpenFace 2.2; T. Baltrusaitis, P. Robinson and L.-P.
Morency, "Continuous Conditional Neural Fields for Structured Regression", ECCV 2014.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.patch_experts import CcnfExperts, Float32Array

_MAX_BYTES = 128 * 2**20
"""OpenFace's experts need 5 MiB for windows of 9 pixels."""


def smoothing_matrices(
    experts: CcnfExperts, window_px: int
) -> tuple[Float32Array, NDArray[np.int64]]:
    """Return the smoothing matrices of all experts for one window size, equal ones only once.

    An expert's matrix is the inverse of twice its summed alphas on the diagonal plus twice the
    components weighted by its betas.

    Parameters
    ----------
    experts : CcnfExperts
        The experts of one scale.
    window_px : int
        Side w of the response maps.

    Returns
    -------
    matrices : (k, w * w, w * w) ndarray of float32
        The different matrices; (k, 1, 1), factors in their place, for a window size that the
        experts have no components for.
    index : (v, n) ndarray of int64
        Which of them is an expert's.

    Raises
    ------
    ValueError
        If a matrix has no inverse, or all of them together are larger than any model's.
    """
    sums = experts.alpha_sums()
    components = experts.smoothing_components.get(window_px)
    if components is None or components.shape[0] == 0:
        factors, index = np.unique(sums, return_inverse=True)
        if not (factors > 0.0).all():
            raise ValueError("the alphas of an expert should have a positive sum")
        return (0.5 / factors).astype(np.float32).reshape(-1, 1, 1), index.reshape(sums.shape)
    keys = np.concatenate([sums[:, :, None], experts.betas], axis=2)
    different, index = np.unique(keys.reshape(-1, keys.shape[2]), axis=0, return_inverse=True)
    positions = window_px * window_px
    if len(different) * positions**2 * 4 > _MAX_BYTES:
        raise ValueError(f"{len(different)} smoothing matrices are more than a model can have")
    matrices = np.empty((len(different), positions, positions), dtype=np.float32)
    for matrix, key in zip(matrices, different, strict=True):
        inverse = 2.0 * (key[0] * np.eye(positions) + np.tensordot(key[1:], components, axes=1))
        try:
            np.linalg.cholesky(inverse)
        except np.linalg.LinAlgError:
            raise ValueError("the smoothing of an expert is not positive definite") from None
        matrix[:] = np.linalg.inv(inverse)
    return matrices, index.reshape(sums.shape)
