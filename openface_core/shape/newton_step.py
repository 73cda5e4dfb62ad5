"""One step of the fit: derivatives, normal equations and their solution, rounded as in OpenFace.

The unknowns are scale, three small rotations, two translations, and the m shape parameters.

References
----------
``PDM::ComputeRigidJacobian``, ``PDM::ComputeJacobian`` and ``CLNF::NU_RLMS`` of OpenFace 2.2, with
OpenBLAS for the normal matrix and ``cv::solve`` (Cholesky) of OpenCV 4.6.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.matrix_product import fused_product, laned_columns, laned_dot, padded
from openface_core.shape.cholesky import factorise, substitute
from openface_core.shape.pdm import Float32Array

GLOBAL_COUNT = 6
"""Scale, three rotations, two translations."""


class StepSpace(NamedTuple):
    """Working space for steps of u unknowns on n landmarks.

    Parameters
    ----------
    derivatives : (2 * n, c) ndarray of float32
        Of all x, then all y, by the unknowns; c is u, padded for products of matrices.
    weighted : (u, 2 * n) ndarray of float32
        The same, transposed and weighted.
    zeros : (u,) ndarray of float32
        Zeros.
    matrix : (u, c) ndarray of float32
        The normal matrix; its lower triangle counts.
    factor, transposed : (u, u) ndarray of float32
        Its Cholesky factor's columns as rows, and the factor itself; diagonals are inverted.
    sums : (u,) ndarray of float64
        Sums under way.
    step : (u,) ndarray of float32
        Right-hand side, and then the step.
    """

    derivatives: Float32Array
    weighted: Float32Array
    zeros: Float32Array
    matrix: Float32Array
    factor: Float32Array
    transposed: Float32Array
    sums: NDArray[np.float64]
    step: Float32Array


@kernel
def step_space(n: int, unknowns: int) -> StepSpace:
    """Return working space for steps of so many unknowns."""
    columns = padded(unknowns)
    return StepSpace(
        np.zeros((2 * n, columns), dtype=np.float32),
        np.empty((unknowns, 2 * n), dtype=np.float32),
        np.zeros(unknowns, dtype=np.float32),
        np.empty((unknowns, columns), dtype=np.float32),
        np.empty((unknowns, unknowns), dtype=np.float32),
        np.empty((unknowns, unknowns), dtype=np.float32),
        np.empty(unknowns, dtype=np.float64),
        np.empty(unknowns, dtype=np.float32),
    )


@kernel
def _write_pose_derivatives(
    shape: Float32Array, rotation: Float32Array, scale: np.float32, out: Float32Array
) -> None:
    """Write the derivatives (2 n, >= 6) by scale, rotations and translation."""
    n = shape.shape[0] // 3
    for axis in range(2):
        r1, r2, r3 = rotation[axis, 0], rotation[axis, 1], rotation[axis, 2]
        for i in range(n):
            x, y, z = shape[i], shape[n + i], shape[2 * n + i]
            row = out[axis * n + i]
            row[0] = fused(z, r3, fused(x, r1, y * r2))
            row[1] = scale * fused(y, r3, -(z * r2))
            row[2] = -scale * fused(x, r3, -(z * r1))
            row[3] = scale * fused(x, r2, -(y * r1))
            row[4 + axis] = 1.0
            row[5 - axis] = 0.0


@kernel
def _write_mode_derivatives(
    components: Float32Array, rotation: Float32Array, scale: np.float32, out: Float32Array
) -> None:
    """Write the derivatives (2 n, >= 6 + m) by the shape parameters."""
    n, m = components.shape[0] // 3, components.shape[1]
    for axis in range(2):
        r1, r2, r3 = rotation[axis, 0], rotation[axis, 1], rotation[axis, 2]
        for i in range(n):
            x, y, z = components[i], components[n + i], components[2 * n + i]
            row = out[axis * n + i, GLOBAL_COUNT:]
            for b in range(m):
                row[b] = scale * fused(r3, z[b], fused(r1, x[b], r2 * y[b]))


@kernel
def _weigh(space: StepSpace, weights: Float32Array) -> None:
    """Write the weighted, transposed derivatives, and clear those of landmarks of weight 0."""
    derivatives, weighted = space.derivatives, space.weighted
    unknowns, n = weighted.shape[0], weights.shape[0]
    for k in range(2 * n):
        weight = weights[k % n]
        if weight == np.float32(0.0):
            derivatives[k, :] = 0.0
        for a in range(unknowns):
            weighted[a, k] = derivatives[k, a] * weight


@kernel
def _write_gradient(
    derivatives: Float32Array,
    weights: Float32Array,
    residuals: Float32Array,
    sums: NDArray[np.float64],
    out: Float32Array,
) -> None:
    """Write the products of derivatives and residuals (2, n), summed in double precision."""
    n, unknowns = weights.shape[0], out.shape[0]
    sums[:] = 0.0
    for k in range(2 * n):
        residual, weight = np.float64(residuals[k // n, k % n]), weights[k % n]
        row = derivatives[k]
        for a in range(unknowns):
            sums[a] += np.float64(row[a] * weight) * residual
    for a in range(unknowns):
        out[a] = sums[a]


@kernel
def _write_matrix(space: StepSpace, penalties: Float32Array) -> None:
    """Write the normal matrix: penalties (u,) on the diagonal of products of derivatives."""
    weighted, matrix = space.weighted, space.matrix
    unknowns = weighted.shape[0]
    first_laned = unknowns - laned_columns(unknowns)
    if first_laned > 0:
        columns = matrix.shape[1]
        fused_product(weighted, 0, unknowns, space.zeros, space.derivatives, columns, matrix)
    for j in range(first_laned, unknowns):
        derivatives = space.derivatives[:, j].copy()
        for i in range(j, unknowns):
            matrix[i, j] = laned_dot(weighted[i], derivatives)
    for i in range(unknowns):
        matrix[i, i] = penalties[i] + matrix[i, i]


@kernel
def write_derivatives(
    shape: Float32Array,
    components: Float32Array,
    rotation: Float32Array,
    scale: np.float32,
    weights: Float32Array,
    space: StepSpace,
) -> None:
    """Write the derivatives of landmarks by the unknowns.

    Parameters
    ----------
    shape : (3 * n,) ndarray of float32
        The deformed shape.
    components : (3 * n, m) ndarray of float32
        Modes of deformation.
    rotation : (3, 3) ndarray of float32
        Of the pose.
    scale : float32
        Of the pose.
    weights : (n,) ndarray of float32
        Of the landmarks; 0 for those that do not show.
    space : StepSpace
        Of six unknowns for a rigid step, else of 6 + m; receives them.
    """
    _write_pose_derivatives(shape, rotation, scale, space.derivatives)
    if space.step.shape[0] > GLOBAL_COUNT:
        _write_mode_derivatives(components, rotation, scale, space.derivatives)
    _weigh(space, weights)


@kernel
def solve_step(
    residuals: Float32Array,
    weights: Float32Array,
    penalties: Float32Array,
    local: Float32Array,
    space: StepSpace,
) -> None:
    """Write the step towards residuals, given the derivatives; 0 where there is none.

    Parameters
    ----------
    residuals : (2, n) ndarray of float32
        Where landmarks should move to, x and y, pixels.
    weights : (n,) ndarray of float32
        Of the landmarks.
    penalties : (u,) ndarray of float32
        What holds each unknown back; 0 for those of the pose.
    local : (m,) ndarray of float32
        The shape parameters.
    space : StepSpace
        Its step is written.
    """
    step = space.step
    _write_gradient(space.derivatives, weights, residuals, space.sums, step)
    for b in range(step.shape[0] - GLOBAL_COUNT):
        a = GLOBAL_COUNT + b
        step[a] = np.float64(step[a]) - np.float64(penalties[a]) * np.float64(local[b])
    _write_matrix(space, penalties)
    if factorise(space.matrix, space.factor, space.transposed, space.sums):
        substitute(space.factor, space.transposed, space.sums, step)
    else:
        step[:] = 0.0
