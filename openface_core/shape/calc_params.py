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
from typing import NamedTuple

import numpy as np

from openface_core.finite import all_finite
from openface_core.kernel import kernel
from openface_core.shape.normal_equations import (
    coupling_block,
    global_block,
    global_derivatives,
    mode_block,
    solve_normal_equations,
    turn,
    weighted_mode_products,
    working_space,
)
from openface_core.shape.pdm import Float32Array, PointDistributionModel, deform
from openface_core.shape.rotations import Number

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
            and all_finite(self.rotation_radians)
            and all_finite(self.translation_px)
            and all_finite(self.shape_parameters)
        )


class _Start(NamedTuple):
    """Where a fit begins: landmarks that do not show, scale, and translation in pixels."""

    hidden: int
    scale: np.float32
    tx: np.float32
    ty: np.float32


@kernel
def _residuals(
    points: Float32Array,
    shape: Float32Array,
    rotation: Float32Array,
    scale: Number,
    tx: Number,
    ty: Number,
    root_weights: Float32Array,
    out: Float32Array,
) -> float:
    """Write landmarks minus model, (2, n), and return their Euclidean norm."""
    n = root_weights.shape[0]
    total = 0.0
    for i in range(n):
        if root_weights[i] == 0.0:
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
def _start(points: Float32Array, mean: Float32Array, root_weights: Float32Array) -> _Start:
    """Weigh landmarks (n, 2), write the roots (n,), and place the mean shape in their box."""
    n = points.shape[0]
    hidden = 0
    min_x = min_y = np.float32(np.inf)
    max_x = max_y = np.float32(-np.inf)
    mean_min_x = mean_min_y = np.float32(np.inf)
    mean_max_x = mean_max_y = np.float32(-np.inf)
    for i in range(n):
        # OpenFace's mark of a missing landmark is an x of exactly zero, whatever y is.
        visible = points[i, 0] != 0.0
        root_weights[i] = np.float32(1.0) if visible else np.float32(0.0)
        if visible:
            min_x, max_x = min(min_x, points[i, 0]), max(max_x, points[i, 0])
            min_y, max_y = min(min_y, points[i, 1]), max(max_y, points[i, 1])
        else:
            hidden += 1
        mean_min_x, mean_max_x = min(mean_min_x, mean[i]), max(mean_max_x, mean[i])
        mean_min_y, mean_max_y = min(mean_min_y, mean[n + i]), max(mean_max_y, mean[n + i])
    scale = (
        (max_x - min_x) / (mean_max_x - mean_min_x) + (max_y - min_y) / (mean_max_y - mean_min_y)
    ) / np.float32(2.0)
    tx = (min_x + max_x) / np.float32(2.0)
    ty = (min_y + max_y) / np.float32(2.0)
    return _Start(hidden, scale, tx, ty)


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
    root_weights = np.empty(n, dtype=np.float32)
    hidden, scale, tx, ty = _start(points, mean, root_weights)
    if n - hidden < _MIN_VISIBLE:
        global_out[:] = np.nan
        local_out[:] = np.nan
        return 0
    mode_products = (
        weighted_mode_products(components, root_weights) if hidden else all_mode_products
    )

    euler = np.zeros(3, dtype=np.float32)
    rotation = np.eye(3, dtype=np.float32)
    local_out[:] = 0.0
    inverse_eigenvalues = np.float32(1.0) / eigenvalues

    shape = mean.copy()
    linearisation, equations = working_space(root_weights, m)
    derivatives, residuals, _ = linearisation
    matrix, step, _ = equations

    previous = np.float32(
        _residuals(points, shape, rotation, scale, tx, ty, root_weights, residuals)
    )
    poor_steps = iterations = 0
    while iterations < _MAX_ITERATIONS:
        iterations += 1
        deform(mean, modes, local_out, shape)
        _residuals(points, shape, rotation, scale, tx, ty, root_weights, residuals)
        global_derivatives(shape, rotation, scale, root_weights, derivatives)
        mode_block(rotation, scale, mode_products, inverse_eigenvalues, matrix)
        global_block(derivatives, residuals, matrix, step)
        coupling_block(
            linearisation, rotation, scale, components, inverse_eigenvalues, local_out, equations
        )
        solve_normal_equations(matrix, step)
        for k in range(6 + m):
            step[k] *= _STEP_DAMPING
        scale += step[0]
        turn(rotation, euler, step[1], step[2], step[3])
        tx += step[4]
        ty += step[5]
        for b in range(m):
            local_out[b] += step[6 + b]
        # The shape of before this step's update enters the error: that is OpenFace's stop test.
        error = np.float32(
            _residuals(points, shape, rotation, scale, tx, ty, root_weights, residuals)
        )
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
