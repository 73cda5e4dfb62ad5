"""Gauss-Newton steps on a point distribution model: derivatives, normal equations, solution.

The model of a landmark is ``scale * R[0:2] @ (mean + V p) + translation``; the unknowns of a step
are the changes of scale, rotation (three small angles applied on the right of ``R``), translation
(two) and the m shape parameters ``p``. Landmarks carry weights, given by their square roots, which
multiply residuals and derivatives alike; a weight of 0 leaves a landmark out.

References
----------
``PDM::ComputeJacobian``, ``PDM::UpdateModelParameters`` of OpenFace 2.2; J. M. Saragih, S. Lucey
and J. F. Cohn, "Deformable Model Fitting by Regularized Landmark Mean-Shift", IJCV 91, 2011.
"""

import math
from typing import NamedTuple

import numpy as np

from openface_core.kernel import kernel
from openface_core.shape.pdm import Float32Array
from openface_core.shape.rotations import (
    Number,
    axis_angle_to_matrix,
    euler_to_matrix,
    matrix_to_euler,
)


class Linearisation(NamedTuple):
    """Residuals of n landmarks, and how they depend on the six global parameters.

    Parameters
    ----------
    derivatives : (6, 2, n) ndarray of float32
        See :func:`global_derivatives`.
    residuals : (2, n) ndarray of float32
        Where landmarks should move to, times the square roots of their weights.
    root_weights : (n,) ndarray of float32
        Square roots of the landmarks' weights.
    """

    derivatives: Float32Array
    residuals: Float32Array
    root_weights: Float32Array


class NormalEquations(NamedTuple):
    """Equations of a step, six global unknowns and m shape parameters, and their working space.

    Parameters
    ----------
    matrix : (6 + m, 6 + m) ndarray of float32
        Normal matrix; the upper triangle counts.
    gradient : (6 + m,) ndarray of float32
        Right-hand side, and after :func:`solve_normal_equations` the step.
    sums : (7, m) ndarray of float32
        Working space of :func:`coupling_block`.
    """

    matrix: Float32Array
    gradient: Float32Array
    sums: Float32Array


@kernel
def working_space(root_weights: Float32Array, m: int) -> tuple[Linearisation, NormalEquations]:
    """Return the arrays of a fit of n weighted landmarks with m shape parameters, not filled."""
    n = root_weights.shape[0]
    linearisation = Linearisation(
        np.empty((6, 2, n), dtype=np.float32), np.empty((2, n), dtype=np.float32), root_weights
    )
    equations = NormalEquations(
        np.empty((6 + m, 6 + m), dtype=np.float32),
        np.empty(6 + m, dtype=np.float32),
        np.empty((7, m), dtype=np.float32),
    )
    return linearisation, equations


@kernel
def weighted_mode_products(components: Float32Array, root_weights: Float32Array) -> Float32Array:
    """Return :attr:`PointDistributionModel.mode_products` with every landmark weighted.

    Parameters
    ----------
    components : (3 * n, m) ndarray of float32
        Modes of deformation.
    root_weights : (n,) ndarray of float32
        Square roots of the landmarks' weights; 0 leaves a landmark out.
    """
    n = root_weights.shape[0]
    m = components.shape[1]
    out = np.zeros((6, m, m), dtype=np.float32)
    for i in range(n):
        weight = root_weights[i] * root_weights[i]
        if weight == 0.0:
            continue
        for a in range(m):
            xa = weight * components[i, a]
            ya = weight * components[n + i, a]
            za = weight * components[2 * n + i, a]
            for b in range(m):
                xb, yb, zb = components[i, b], components[n + i, b], components[2 * n + i, b]
                out[0, a, b] += xa * xb
                out[1, a, b] += ya * yb
                out[2, a, b] += za * zb
                out[3, a, b] += xa * yb + ya * xb
                out[4, a, b] += xa * zb + za * xb
                out[5, a, b] += ya * zb + za * yb
    return out


@kernel
def solve_normal_equations(matrix: Float32Array, gradient: Float32Array) -> None:
    """Solve ``matrix @ x = gradient`` by Cholesky; both are overwritten, the gradient by x.

    Only the upper triangle counts. The factor is kept row by row (``matrix = U^T U``), so that
    inner loops run over neighbouring memory and no sum needs to be reordered to be vectorised. Each
    takes off four rows at once, which lets a row be loaded and stored a quarter as often, and
    begins at a multiple of eight: what that leaves below the diagonal is not looked at.
    """
    n = matrix.shape[0]
    for i in range(n):
        begin = i - i % 8
        grouped = i - i % 4
        for k in range(0, grouped, 4):
            a, b, c, d = matrix[k, i], matrix[k + 1, i], matrix[k + 2, i], matrix[k + 3, i]
            for j in range(begin, n):
                value = matrix[i, j] - a * matrix[k, j]
                value -= b * matrix[k + 1, j]
                value -= c * matrix[k + 2, j]
                matrix[i, j] = value - d * matrix[k + 3, j]
        for k in range(grouped, i):
            factor = matrix[k, i]
            for j in range(begin, n):
                matrix[i, j] -= factor * matrix[k, j]
        inverse_pivot = np.float32(1.0) / np.sqrt(matrix[i, i])
        for j in range(i, n):
            matrix[i, j] *= inverse_pivot
    for k in range(n):  # U^T y = gradient
        gradient[k] /= matrix[k, k]
        value = gradient[k]
        for j in range(k + 1, n):
            gradient[j] -= matrix[k, j] * value
    for k in range(n - 1, -1, -1):  # U x = y
        value = gradient[k]
        for j in range(k + 1, n):
            value -= matrix[k, j] * gradient[j]
        gradient[k] = value / matrix[k, k]


@kernel
def global_derivatives(
    shape: Float32Array,
    rotation: Float32Array,
    scale: Number,
    root_weights: Float32Array,
    out: Float32Array,
) -> None:
    """Write the derivatives of the projected points by the six global parameters, (6, 2, n).

    The rotations are small ones applied on the right of the current rotation. Each landmark's
    derivatives are multiplied by the square root of its weight.
    """
    n = root_weights.shape[0]
    for i in range(n):
        x, y, z = shape[i], shape[n + i], shape[2 * n + i]
        root = root_weights[i]
        for k in range(2):
            r1, r2, r3 = rotation[k, 0], rotation[k, 1], rotation[k, 2]
            out[0, k, i] = root * (r1 * x + r2 * y + r3 * z)
            out[1, k, i] = root * scale * (y * r3 - z * r2)
            out[2, k, i] = -root * scale * (x * r3 - z * r1)
            out[3, k, i] = root * scale * (x * r2 - y * r1)
            out[4 + k, k, i] = root
            out[5 - k, k, i] = 0.0


@kernel
def mode_block(
    rotation: Float32Array,
    scale: Number,
    mode_products: Float32Array,
    regularisation: Float32Array,
    matrix: Float32Array,
) -> None:
    """Write the block of the normal matrix that belongs to the shape parameters.

    The derivative of a projected point by a mode is ``scale * R[0:2]`` times that mode's rows, so
    the products of those derivatives need only the six fixed matrices of `mode_products`.
    """
    m = regularisation.shape[0]
    weights = np.empty(6, dtype=np.float32)
    squared = scale * scale
    for a in range(3):
        weights[a] = squared * (rotation[0, a] * rotation[0, a] + rotation[1, a] * rotation[1, a])
    weights[3] = squared * (rotation[0, 0] * rotation[0, 1] + rotation[1, 0] * rotation[1, 1])
    weights[4] = squared * (rotation[0, 0] * rotation[0, 2] + rotation[1, 0] * rotation[1, 2])
    weights[5] = squared * (rotation[0, 1] * rotation[0, 2] + rotation[1, 1] * rotation[1, 2])
    for a in range(m):
        for b in range(m):
            matrix[6 + a, 6 + b] = (
                weights[0] * mode_products[0, a, b]
                + weights[1] * mode_products[1, a, b]
                + weights[2] * mode_products[2, a, b]
                + weights[3] * mode_products[3, a, b]
                + weights[4] * mode_products[4, a, b]
                + weights[5] * mode_products[5, a, b]
            )
        matrix[6 + a, 6 + a] += regularisation[a]


@kernel
def global_block(
    derivatives: Float32Array, residuals: Float32Array, matrix: Float32Array, gradient: Float32Array
) -> None:
    """Write the block of the normal matrix and the gradient of the six global parameters."""
    n = residuals.shape[1]
    for g in range(6):
        for h in range(g, 6):
            total = np.float32(0.0)
            for i in range(n):
                total += (
                    derivatives[g, 0, i] * derivatives[h, 0, i]
                    + derivatives[g, 1, i] * derivatives[h, 1, i]
                )
            matrix[g, h] = total
        total = np.float32(0.0)
        for i in range(n):
            total += derivatives[g, 0, i] * residuals[0, i] + derivatives[g, 1, i] * residuals[1, i]
        gradient[g] = total


@kernel
def coupling_block(
    linearisation: Linearisation,
    rotation: Float32Array,
    scale: Number,
    components: Float32Array,
    regularisation: Float32Array,
    shape_parameters: Float32Array,
    equations: NormalEquations,
) -> None:
    """Write the products of global and shape derivatives, and the shape parameters' gradient.

    Both are sums over landmarks of rows of the components: one (7, 3n) by (3n, m) product.
    """
    derivatives, residuals, root_weights = linearisation
    matrix, gradient, sums = equations
    n = residuals.shape[1]
    m = shape_parameters.shape[0]
    sums[:, :] = 0.0
    for a in range(3):
        r0, r1 = scale * rotation[0, a], scale * rotation[1, a]
        for i in range(n):
            w0, w1 = root_weights[i] * r0, root_weights[i] * r1
            u0 = derivatives[0, 0, i] * w0 + derivatives[0, 1, i] * w1
            u1 = derivatives[1, 0, i] * w0 + derivatives[1, 1, i] * w1
            u2 = derivatives[2, 0, i] * w0 + derivatives[2, 1, i] * w1
            u3 = derivatives[3, 0, i] * w0 + derivatives[3, 1, i] * w1
            u4 = derivatives[4, 0, i] * w0
            u5 = derivatives[5, 1, i] * w1
            u6 = residuals[0, i] * w0 + residuals[1, i] * w1
            for b in range(m):
                value = components[a * n + i, b]
                sums[0, b] += u0 * value
                sums[1, b] += u1 * value
                sums[2, b] += u2 * value
                sums[3, b] += u3 * value
                sums[4, b] += u4 * value
                sums[5, b] += u5 * value
                sums[6, b] += u6 * value
    for b in range(m):
        for g in range(6):
            matrix[g, 6 + b] = sums[g, b]
        gradient[6 + b] = sums[6, b] - shape_parameters[b] * regularisation[b]


@kernel
def turn(rotation: Float32Array, euler: Float32Array, wx: Number, wy: Number, wz: Number) -> None:
    """Apply a small rotation on the right; matrix and angles are both updated.

    OpenFace orthonormalises ``I + [w]x`` by an SVD. That nearest rotation has a closed form: it
    turns about ``w`` by the arc tangent of its length.
    """
    length = math.sqrt(wx * wx + wy * wy + wz * wz)
    factor = math.atan(length) / length if length > 0.0 else 1.0
    small = np.empty((3, 3), dtype=np.float64)
    axis_angle_to_matrix(wx * factor, wy * factor, wz * factor, small)
    turned = np.empty((3, 3), dtype=np.float64)
    for i in range(3):
        for j in range(3):
            turned[i, j] = (
                rotation[i, 0] * small[0, j]
                + rotation[i, 1] * small[1, j]
                + rotation[i, 2] * small[2, j]
            )
    matrix_to_euler(turned, euler)
    # The next step starts from the angles, as OpenFace's does.
    euler_to_matrix(euler[0], euler[1], euler[2], rotation)
