"""Component 4, CalcParams: the pose and shape parameters that explain 68 detected landmarks.

The model of a landmark is ``scale * R[0:2] @ (mean + V p) + translation``. Rotation, scale and
translation are free, each shape parameter is held back by the inverse of its eigenvalue, and
damped Gauss-Newton steps lead to the optimum.

References
----------
``PDM::CalcParams`` and ``PDM::UpdateModelParameters`` of OpenFace 2.2; J. M. Saragih, S. Lucey and
J. F. Cohn, "Deformable Model Fitting by Regularized Landmark Mean-Shift", IJCV 91, 2011.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.shape.pdm import Float32Array, PointDistributionModel
from openface_core.shape.rotations import (
    Number,
    axis_angle_to_matrix,
    euler_to_matrix,
    matrix_to_euler,
)

GLOBAL_COUNT = 6
"""Scale, three angles, two translations."""

_MAX_ITERATIONS = 1000
_STEP_DAMPING = np.float32(0.75)
_SUFFICIENT_DECREASE = np.float32(0.999)
_MAX_POOR_STEPS = 3
_MIN_VISIBLE = 3
"""Fewer points determine no pose at all; OpenFace would go through its 1000 steps."""


@dataclass(frozen=True, eq=False)
class ShapeFit:
    """What CalcParams finds.

    Parameters
    ----------
    scale_px_per_mm : float
        Scale of the weak-perspective projection.
    rotation_radians : (3,) ndarray of float32
        Euler angles rx, ry, rz with ``R = Rx Ry Rz``.
    translation_px : (2,) ndarray of float32
        Image position of the model's origin.
    shape_parameters : (m,) ndarray of float32
        Weights of the deformation modes.
    iterations : int
        Gauss-Newton steps taken.
    """

    scale_px_per_mm: float
    rotation_radians: Float32Array
    translation_px: Float32Array
    shape_parameters: Float32Array
    iterations: int

    @property
    def is_finite(self) -> bool:
        """Whether the fit has a meaning; coinciding landmarks, for one, have none."""
        return bool(
            math.isfinite(self.scale_px_per_mm)
            and self.scale_px_per_mm > 0
            and np.isfinite(self.rotation_radians).all()
            and np.isfinite(self.translation_px).all()
            and np.isfinite(self.shape_parameters).all()
        )


@kernel
def _visible_mode_products(components: Float32Array, visible: NDArray[np.bool_]) -> Float32Array:
    """Return :attr:`PointDistributionModel.mode_products` over the visible landmarks alone."""
    n = visible.shape[0]
    m = components.shape[1]
    out = np.zeros((6, m, m), dtype=np.float32)
    for i in range(n):
        if not visible[i]:
            continue
        for a in range(m):
            xa, ya, za = components[i, a], components[n + i, a], components[2 * n + i, a]
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
def _solve_normal_equations(matrix: Float32Array, gradient: Float32Array) -> None:
    """Solve ``matrix @ x = gradient`` by Cholesky; both are overwritten, the gradient by x.

    Only the upper triangle is read. The factor is kept row by row (``matrix = U^T U``), so that the
    inner loop runs over neighbouring memory and needs no sum to be reordered to be vectorised.
    """
    n = matrix.shape[0]
    for k in range(n):
        inverse_pivot = np.float32(1.0) / np.sqrt(matrix[k, k])
        for j in range(k, n):
            matrix[k, j] *= inverse_pivot
        for i in range(k + 1, n):
            factor = matrix[k, i]
            for j in range(i, n):
                matrix[i, j] -= factor * matrix[k, j]
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
def _residuals(
    points: Float32Array,
    shape: Float32Array,
    rotation: Float32Array,
    scale: Number,
    tx: Number,
    ty: Number,
    visible: NDArray[np.bool_],
    out: Float32Array,
) -> float:
    """Write landmarks minus model, (2, n), and return their Euclidean norm."""
    n = visible.shape[0]
    total = 0.0
    for i in range(n):
        if not visible[i]:
            out[0, i] = 0.0
            out[1, i] = 0.0
            continue
        x, y, z = shape[i], shape[n + i], shape[2 * n + i]
        dx = points[i, 0] - (
            scale * (rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z) + tx
        )
        dy = points[i, 1] - (
            scale * (rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z) + ty
        )
        out[0, i] = dx
        out[1, i] = dy
        total += dx * dx + dy * dy
    return math.sqrt(total)


@kernel
def _global_derivatives(
    shape: Float32Array,
    rotation: Float32Array,
    scale: Number,
    visible: NDArray[np.bool_],
    out: Float32Array,
) -> None:
    """Write the derivatives of the projected points by the six global parameters, (6, 2, n).

    The rotations are small ones applied on the right of the current rotation.
    """
    n = visible.shape[0]
    for i in range(n):
        x, y, z = shape[i], shape[n + i], shape[2 * n + i]
        shown = np.float32(1.0) if visible[i] else np.float32(0.0)
        for k in range(2):
            r1, r2, r3 = rotation[k, 0], rotation[k, 1], rotation[k, 2]
            out[0, k, i] = shown * (r1 * x + r2 * y + r3 * z)
            out[1, k, i] = shown * scale * (y * r3 - z * r2)
            out[2, k, i] = -shown * scale * (x * r3 - z * r1)
            out[3, k, i] = shown * scale * (x * r2 - y * r1)
            out[4 + k, k, i] = shown
            out[5 - k, k, i] = 0.0


@kernel
def _mode_block(
    rotation: Float32Array,
    scale: Number,
    mode_products: Float32Array,
    inverse_eigenvalues: Float32Array,
    matrix: Float32Array,
) -> None:
    """Write the block of the normal matrix that belongs to the shape parameters.

    The derivative of a projected point by a mode is ``scale * R[0:2]`` times that mode's rows, so
    the products of those derivatives need only the six fixed matrices of `mode_products`.
    """
    m = inverse_eigenvalues.shape[0]
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
        matrix[6 + a, 6 + a] += inverse_eigenvalues[a]


@kernel
def _global_block(
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
def _coupling_block(
    derivatives: Float32Array,
    residuals: Float32Array,
    rotation: Float32Array,
    scale: Number,
    components: Float32Array,
    inverse_eigenvalues: Float32Array,
    shape_parameters: Float32Array,
    matrix: Float32Array,
    gradient: Float32Array,
    sums: Float32Array,
) -> None:
    """Write the products of global and shape derivatives, and the shape parameters' gradient.

    Both are sums over landmarks of rows of the components: one (7, 3n) by (3n, m) product, for
    which `sums` (7, m) is the working space.
    """
    n = residuals.shape[1]
    m = shape_parameters.shape[0]
    sums[:, :] = 0.0
    for a in range(3):
        r0, r1 = scale * rotation[0, a], scale * rotation[1, a]
        for i in range(n):
            row = components[a * n + i]
            u0 = derivatives[0, 0, i] * r0 + derivatives[0, 1, i] * r1
            u1 = derivatives[1, 0, i] * r0 + derivatives[1, 1, i] * r1
            u2 = derivatives[2, 0, i] * r0 + derivatives[2, 1, i] * r1
            u3 = derivatives[3, 0, i] * r0 + derivatives[3, 1, i] * r1
            u4 = derivatives[4, 0, i] * r0
            u5 = derivatives[5, 1, i] * r1
            u6 = residuals[0, i] * r0 + residuals[1, i] * r1
            for b in range(m):
                value = row[b]
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
        gradient[6 + b] = sums[6, b] - shape_parameters[b] * inverse_eigenvalues[b]


@kernel
def _turn(rotation: Float32Array, euler: Float32Array, wx: Number, wy: Number, wz: Number) -> None:
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


@kernel
def _fit(
    points: Float32Array,
    mean: Float32Array,
    components: Float32Array,
    modes: Float32Array,
    eigenvalues: Float32Array,
    all_mode_products: Float32Array,
    global_out: Float32Array,
    local_out: Float32Array,
) -> int:
    """Fit the model to `points` (n, 2) and return the number of steps; see :func:`calc_params`."""
    n = points.shape[0]
    m = eigenvalues.shape[0]
    visible = np.empty(n, dtype=np.bool_)
    hidden = 0
    min_x = min_y = np.float32(np.inf)
    max_x = max_y = np.float32(-np.inf)
    mean_min_x = mean_min_y = np.float32(np.inf)
    mean_max_x = mean_max_y = np.float32(-np.inf)
    for i in range(n):
        # OpenFace's mark of a missing landmark is an x of exactly zero, whatever y is.
        visible[i] = points[i, 0] != 0.0
        if visible[i]:
            min_x, max_x = min(min_x, points[i, 0]), max(max_x, points[i, 0])
            min_y, max_y = min(min_y, points[i, 1]), max(max_y, points[i, 1])
        else:
            hidden += 1
        mean_min_x, mean_max_x = min(mean_min_x, mean[i]), max(mean_max_x, mean[i])
        mean_min_y, mean_max_y = min(mean_min_y, mean[n + i]), max(mean_max_y, mean[n + i])
    if n - hidden < _MIN_VISIBLE:
        global_out[:] = np.nan
        local_out[:] = np.nan
        return 0
    mode_products = all_mode_products
    if hidden:
        mode_products = _visible_mode_products(components, visible)

    scale = (
        (max_x - min_x) / (mean_max_x - mean_min_x) + (max_y - min_y) / (mean_max_y - mean_min_y)
    ) / np.float32(2.0)
    tx = (min_x + max_x) / np.float32(2.0)
    ty = (min_y + max_y) / np.float32(2.0)
    euler = np.zeros(3, dtype=np.float32)
    rotation = np.eye(3, dtype=np.float32)
    local_out[:] = 0.0
    inverse_eigenvalues = np.float32(1.0) / eigenvalues

    shape = mean.copy()
    residuals = np.empty((2, n), dtype=np.float32)
    derivatives = np.empty((6, 2, n), dtype=np.float32)
    matrix = np.empty((6 + m, 6 + m), dtype=np.float32)
    step = np.empty(6 + m, dtype=np.float32)
    sums = np.empty((7, m), dtype=np.float32)

    previous = np.float32(_residuals(points, shape, rotation, scale, tx, ty, visible, residuals))
    poor_steps = 0
    iterations = 0
    while iterations < _MAX_ITERATIONS:
        iterations += 1
        shape[:] = mean
        for b in range(m):
            weight = local_out[b]
            for i in range(3 * n):
                shape[i] += weight * modes[b, i]
        _residuals(points, shape, rotation, scale, tx, ty, visible, residuals)
        _global_derivatives(shape, rotation, scale, visible, derivatives)
        _mode_block(rotation, scale, mode_products, inverse_eigenvalues, matrix)
        _global_block(derivatives, residuals, matrix, step)
        _coupling_block(
            derivatives, residuals, rotation, scale, components, inverse_eigenvalues, local_out,
            matrix, step, sums,
        )  # fmt: skip
        _solve_normal_equations(matrix, step)
        for k in range(6 + m):
            step[k] *= _STEP_DAMPING
        scale += step[0]
        _turn(rotation, euler, step[1], step[2], step[3])
        tx += step[4]
        ty += step[5]
        for b in range(m):
            local_out[b] += step[6 + b]
        # The shape of before this step's update enters the error: that is OpenFace's stop test.
        error = np.float32(_residuals(points, shape, rotation, scale, tx, ty, visible, residuals))
        if not error <= _SUFFICIENT_DECREASE * previous:  # true for NaN as well
            poor_steps += 1
            if poor_steps == _MAX_POOR_STEPS:
                break
        previous = error

    global_out[0] = scale
    global_out[1:4] = euler
    global_out[4] = tx
    global_out[5] = ty
    return iterations


def calc_params(pdm: PointDistributionModel, landmarks: Float32Array) -> ShapeFit:
    """Find the pose and shape parameters of detected landmarks.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points and m modes.
    landmarks : (n, 2) ndarray of float32
        Detected points, x and y, pixels. A point whose x is exactly 0 counts as missing.

    Returns
    -------
    ShapeFit
        The parameters; see :attr:`ShapeFit.is_finite` for landmarks that admit none.

    Notes
    -----
    As in OpenFace: at most 1000 steps, each 0.75 of the Gauss-Newton step, until the third step
    that lowers the residual by less than a thousandth; shape parameters are not clamped. About a
    dozen steps are usual.
    """
    global_parameters = np.empty(GLOBAL_COUNT, dtype=np.float32)
    shape_parameters = np.empty(pdm.mode_count, dtype=np.float32)
    iterations = _fit(
        np.ascontiguousarray(landmarks, dtype=np.float32),
        pdm.mean_mm,
        pdm.components_mm,
        pdm.modes_mm,
        pdm.eigenvalues,
        pdm.mode_products,
        global_parameters,
        shape_parameters,
    )
    return ShapeFit(
        scale_px_per_mm=float(global_parameters[0]),
        rotation_radians=global_parameters[1:4],
        translation_px=global_parameters[4:6],
        shape_parameters=shape_parameters,
        iterations=iterations,
    )
