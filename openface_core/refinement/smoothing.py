"""The matrices by which CCNF experts relate the positions of a response map to each other.

References
----------
``CCNF_patch_expert::ComputeSigmas`` of OpenFace 2.2; T. Baltrusaitis, P. Robinson and L.-P.
Morency, "Continuous Conditional Neural Fields for Structured Regression", ECCV 2014.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kept_files import kept_array
from openface_core.kernel import kernel
from openface_core.matrix_product import LEAST_BLAS_ROWS
from openface_core.refinement.patch_experts import CcnfExperts, Float32Array
from openface_core.shape.cholesky import invert_positive
from openface_core.shape.large_cholesky import large_inverse


@kernel
def _sum_components(keys: Float32Array, components: NDArray[np.float64], out: Float32Array) -> None:
    """Write the inverses (k, p, p) of matrices, given the sum of alphas and betas of each (k, b).

    Products are rounded once, as fused ones: both numbers are float32.
    """
    for number in range(keys.shape[0]):
        for i in range(out.shape[1]):
            row = out[number, i]
            row[:] = 0.0
            for b in range(components.shape[0]):
                beta, component = np.float64(keys[number, b + 1]), components[b, i]
                for j in range(row.shape[0]):
                    row[j] = beta * component[j] + row[j]
            row[i] += keys[number, 0]
            for j in range(row.shape[0]):
                row[j] *= np.float32(2.0)


@kernel
def _invert(matrices: Float32Array) -> None:
    """Replace matrices (k, p, p) by their inverses, transposed."""
    inverse = np.empty(matrices.shape[1:], dtype=np.float32)
    for number in range(matrices.shape[0]):
        invert_positive(matrices[number], inverse)
        matrices[number] = inverse.T


_MAX_BYTES = 128 * 2**20
"""OpenFace's experts need 10 MiB for windows of 9 pixels."""


class SmoothingMatrices:
    """The smoothing matrices of one scale's experts for one window size.

    An expert's matrix is the inverse of twice its summed alphas on the diagonal plus twice the
    components weighted by its betas. Matrices of a view are made when it is first asked for: a
    video shows few of them.

    Parameters
    ----------
    experts : CcnfExperts
        The experts of one scale.
    window_px : int
        Side w of the response maps.
    rounded_as_openface : bool
        Whether matrices of a hundred rows and more are inverted as by the C++ program's LAPACK, and
        not in double precision.

    Raises
    ------
    ValueError
        If a matrix has no inverse, or all of them together are larger than any model's.
    """

    def __init__(
        self, experts: CcnfExperts, window_px: int, *, rounded_as_openface: bool = True
    ) -> None:
        self._rounded_as_openface = rounded_as_openface
        sums = experts.alpha_sums()
        components = experts.smoothing_components.get(window_px)
        if components is None or components.shape[0] == 0:
            components = np.empty((0, 1, 1))  # matrices of one element: a factor for each map
        keys = np.concatenate([sums[:, :, None], experts.betas[:, :, : len(components)]], axis=2)
        different, index = np.unique(keys.reshape(-1, keys.shape[2]), axis=0, return_inverse=True)
        self._index = index.reshape(sums.shape)
        self._of_view: dict[int, tuple[Float32Array, NDArray[np.int64]]] = {}
        if not (different[:, 0] > 0.0).all():
            raise ValueError("the alphas of an expert should have a positive sum")
        positions = components.shape[1]
        if len(different) * positions**2 * 8 > _MAX_BYTES:
            raise ValueError(f"{len(different)} smoothing matrices are more than a model can have")
        self._different, self._components = different, components
        try:
            np.linalg.cholesky(self._inverses(~_are_surely_definite(different, components)))
        except np.linalg.LinAlgError:
            raise ValueError("the smoothing of an expert is not positive definite") from None

    def _inverses(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the inverses of some of the different matrices, (k, w * w, w * w)."""
        different, components = self._different[which], self._components
        diagonals = different[:, 0, None, None] * np.eye(components.shape[1])
        return 2.0 * (diagonals + np.tensordot(different[:, 1:], components, axes=1))

    def _matrices(self, which: NDArray[np.int64]) -> Float32Array:
        """Return some of the different matrices, transposed, rounded as in OpenFace."""
        keys = self._different[which].astype(np.float32)
        shape = (len(which), *self._components.shape[1:])

        def make() -> Float32Array:
            matrices = np.empty(shape, dtype=np.float32)
            _sum_components(keys, self._components, matrices)
            if matrices.shape[1] < LEAST_BLAS_ROWS:
                _invert(matrices)
            elif not self._rounded_as_openface:
                matrices[:] = np.linalg.inv(matrices.astype(np.float64)).transpose(0, 2, 1)
            else:
                for matrix in matrices:
                    matrix[:] = large_inverse(matrix).T
            return matrices

        variant = repr((self._rounded_as_openface, np.__version__)).encode()
        made_of = (keys.tobytes(), self._components.tobytes(), variant)
        return kept_array("smoothing matrices 1", made_of, shape, make)

    def of_view(self, view: int) -> tuple[Float32Array, NDArray[np.int64]]:
        """Return the matrices of one view's experts, equal ones only once.

        Parameters
        ----------
        view : int
            The view.

        Returns
        -------
        matrices : (k, w * w, w * w) ndarray of float32
            The different matrices, transposed; (k, 1, 1), factors in their place, for a window
            size that the experts have no components for.
        index : (n,) ndarray of int64
            Which of them is an expert's.
        """
        found = self._of_view.get(view)
        if found is None:  # two workers may both get here, and come to the same
            which, index = np.unique(self._index[view], return_inverse=True)
            found = self._of_view[view] = self._matrices(which), index
        return found


def _are_surely_definite(
    keys: NDArray[np.float64], components: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return for which sums of alphas and betas the matrix is positive definite at a glance, (k,).

    Gershgorin's circles bound the eigenvalues of each component. Those of OpenFace, differences of
    neighbours, have none below zero; to try all of their matrices would take a tenth of a start.
    """
    diagonals = np.diagonal(components, axis1=1, axis2=2)
    radii = np.abs(components).sum(axis=2) - np.abs(diagonals)
    least, most = (diagonals - radii).min(axis=1), (diagonals + radii).max(axis=1)
    betas = keys[:, 1:]
    return np.asarray(
        keys[:, 0] + np.minimum(betas * least, betas * most).sum(axis=1) > 0.5 * keys[:, 0]
    )
