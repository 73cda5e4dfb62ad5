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
from openface_core.matrix_product import (
    LANE_MULTIPLE,
    TAKEN_AT_ONCE,
    fused_product,
    laned_columns,
    laned_products,
    padded,
)
from openface_core.shape.cholesky import factorise, substitute, whole_rows
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
    last : (c,) ndarray of float32
        Products of the last columns.
    zeros : (u,) ndarray of float32
        Zeros.
    matrix : (u, c) ndarray of float32
        The normal matrix; its lower triangle counts.
    factor, transposed, sums
        For its Cholesky factor, see :func:`~openface_core.shape.cholesky.factorise`.
    step : (u,) ndarray of float32
        Right-hand side, and then the step.
    """

    derivatives: Float32Array
    weighted: Float32Array
    last: Float32Array
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
        np.empty(columns, dtype=np.float32),
        np.zeros(unknowns, dtype=np.float32),
        np.empty((unknowns, columns), dtype=np.float32),
        np.zeros((unknowns, whole_rows(unknowns)), dtype=np.float32),
        np.empty((unknowns, unknowns), dtype=np.float32),
        np.zeros(whole_rows(unknowns), dtype=np.float64),
        np.empty(unknowns, dtype=np.float32),
    )


@kernel
def _write_pose_derivatives(
    shape: Float32Array, rotation: Float32Array, scale: np.float32, out: Float32Array
) -> None:
    """Write the derivatives (>= 6, 2 n) by scale, rotations and translation."""
    n = shape.shape[0] // 3
    for axis in range(2):
        r1, r2, r3 = rotation[axis, 0], rotation[axis, 1], rotation[axis, 2]
        begin = axis * n
        for i in range(n):
            x, y, z = shape[i], shape[n + i], shape[2 * n + i]
            out[0, begin + i] = fused(z, r3, fused(x, r1, y * r2))
            out[1, begin + i] = scale * fused(y, r3, -(z * r2))
            out[2, begin + i] = -scale * fused(x, r3, -(z * r1))
            out[3, begin + i] = scale * fused(x, r2, -(y * r1))
            out[4 + axis, begin + i] = 1.0
            out[5 - axis, begin + i] = 0.0


@kernel
def _write_mode_derivatives(
    components: Float32Array,
    modes: Float32Array,
    rotation: Float32Array,
    scale: np.float32,
    derivatives: Float32Array,
    weighted: Float32Array,
) -> None:
    """Write the derivatives by the shape parameters, and the same transposed."""
    n, m = components.shape[0] // 3, components.shape[1]
    for axis in range(2):
        r1, r2, r3 = rotation[axis, 0], rotation[axis, 1], rotation[axis, 2]
        for i in range(n):
            x, y, z = components[i], components[n + i], components[2 * n + i]
            row = derivatives[axis * n + i, GLOBAL_COUNT:]
            for b in range(m):
                row[b] = scale * fused(r3, z[b], fused(r1, x[b], r2 * y[b]))
        for b in range(m):
            x, y, z = modes[b, :n], modes[b, n : 2 * n], modes[b, 2 * n :]
            row = weighted[GLOBAL_COUNT + b, axis * n : axis * n + n]
            for i in range(n):
                row[i] = scale * fused(r3, z[i], fused(r1, x[i], r2 * y[i]))


@kernel
def _weigh(derivatives: Float32Array, weighted: Float32Array, weights: Float32Array) -> None:
    """Weigh the transposed derivatives, and clear those of landmarks of weight 0."""
    n, unknowns = weights.shape[0], weighted.shape[0]
    for i in range(n):
        weight = weights[i]
        if weight == np.float32(1.0):
            continue
        for k in (i, n + i):
            for a in range(unknowns):
                weighted[a, k] *= weight
            if weight == np.float32(0.0):
                derivatives[k, :] = 0.0


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
    laned_from = unknowns - laned_columns(unknowns)
    for first in range(0, unknowns, LANE_MULTIPLE):  # below the diagonal, in whole vectors
        rows = min(LANE_MULTIPLE, unknowns - first)
        columns = min(first + LANE_MULTIPLE, padded(laned_from))
        if columns > 0:
            out = matrix[first:]
            fused_product(weighted, first, rows, space.zeros, space.derivatives, columns, out)
    # OpenBLAS sums the last few columns in another order.
    both_left_from = unknowns - unknowns % TAKEN_AT_ONCE
    for i in range(laned_from, unknowns):
        laned_products(weighted[i], space.derivatives, laned_from, False, matrix[i])
        if i >= both_left_from:
            laned_products(weighted[i], space.derivatives, laned_from, True, space.last)
            matrix[i, both_left_from:unknowns] = space.last[both_left_from:unknowns]
    for i in range(unknowns):
        matrix[i, i] = penalties[i] + matrix[i, i]


@kernel
def write_derivatives(
    shape: Float32Array,
    components: Float32Array,
    modes: Float32Array,
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
    components, modes : (3 * n, m), (m, 3 * n) ndarray of float32
        Modes of deformation, and the same transposed.
    rotation : (3, 3) ndarray of float32
        Of the pose.
    scale : float32
        Of the pose.
    weights : (n,) ndarray of float32
        Of the landmarks; 0 for those that do not show.
    space : StepSpace
        Of six unknowns for a rigid step, else of 6 + m; receives them.
    """
    derivatives, weighted = space.derivatives, space.weighted
    _write_pose_derivatives(shape, rotation, scale, weighted)
    for a in range(GLOBAL_COUNT):
        derivatives[:, a] = weighted[a]
    if weighted.shape[0] > GLOBAL_COUNT:
        _write_mode_derivatives(components, modes, rotation, scale, derivatives, weighted)
    _weigh(derivatives, weighted, weights)


@kernel
def solve_step(
    residuals: Float32Array,
    weights: Float32Array,
    penalties: Float32Array,
    local: Float32Array,
    space: StepSpace,
) -> None:
    """Write the step towards residuals, given the derivatives; not finite where there is none.

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
        step[:] = np.nan
