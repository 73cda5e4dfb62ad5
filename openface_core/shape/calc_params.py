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
from openface_core.kernel import kernel, small_kernel
from openface_core.shape.newton_step import (
    GLOBAL_COUNT,
    solve_step,
    step_space,
    write_derivatives,
)
from openface_core.shape.pdm import Float32Array, PointDistributionModel
from openface_core.shape.posed_model import (
    deformed_by_opencv,
    deformed_shape,
    place_shape,
    rounded_rotation,
    turn_by,
)

_MAX_ITERATIONS = 1000
_STEP_DAMPING = np.float32(0.75)
_SUFFICIENT_DECREASE = 0.999
_MAX_POOR_STEPS = 3
_MIN_VISIBLE = 3
"""Fewer points determine no pose at all; OpenFace would go through its 1000 steps."""


@small_kernel
def _are_finite(
    rotation_radians: Float32Array, translation_px: Float32Array, shape_parameters: Float32Array
) -> bool:
    return (
        all_finite(rotation_radians) and all_finite(translation_px) and all_finite(shape_parameters)
    )


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
            0.0 < self.scale_px_per_mm < math.inf
            and _are_finite(self.rotation_radians, self.translation_px, self.shape_parameters)
        )


class _Visible(NamedTuple):
    """What a fit needs of the landmarks that show, n of them, and of the model there.

    Parameters
    ----------
    points : (2, n) ndarray of float32
        The landmarks, x and y, pixels.
    mean : (3 * n,) ndarray of float32
        The model's mean shape.
    components, modes : (3 * n, m), (m, 3 * n) ndarray of float32
        Its modes of deformation, and the same transposed.
    """

    points: Float32Array
    mean: Float32Array
    components: Float32Array
    modes: Float32Array


@kernel
def _visible(points: Float32Array, mean: Float32Array, components: Float32Array) -> _Visible:
    """Return what shows of landmarks (n, 2) and of a model of so many points."""
    n, m = points.shape[0], components.shape[1]
    # OpenFace's mark of a missing landmark is an x of exactly zero, whatever y is.
    places = np.empty(n, dtype=np.int64)
    count = 0
    for i in range(n):
        if points[i, 0] != 0.0:
            places[count] = i
            count += 1
    seen = np.empty((2, count), dtype=np.float32)
    rows = np.empty(3 * count, dtype=np.float32)
    deformations = np.empty((3 * count, m), dtype=np.float32)
    for k in range(count):
        i = places[k]
        seen[0, k], seen[1, k] = points[i, 0], points[i, 1]
        for axis in range(3):
            rows[axis * count + k] = mean[axis * n + i]
            deformations[axis * count + k, :] = components[axis * n + i]
    return _Visible(seen, rows, deformations, deformations.T.copy())


@kernel
def _start(points: Float32Array, mean: Float32Array, parameters: Float32Array) -> None:
    """Write the pose (6,) that places the mean shape (3 n,) in the box of landmarks (2, n)."""
    n = points.shape[1]
    x, y = points[0], points[1]
    two = np.float32(2.0)
    width, height = x.max() - x.min(), y.max() - y.min()
    across, down = mean[:n], mean[n : 2 * n]
    parameters[:] = 0.0
    parameters[0] = (
        width / (across.max() - across.min()) + height / (down.max() - down.min())
    ) / two
    parameters[4] = (np.float64(x.min()) + np.float64(x.max())) / 2.0
    parameters[5] = (np.float64(y.min()) + np.float64(y.max())) / 2.0


@kernel
def _write_residuals(
    points: Float32Array,
    shape: Float32Array,
    rotation: Float32Array,
    parameters: Float32Array,
    out: Float32Array,
) -> np.float32:
    """Write landmarks minus model, (2, n), and return their Euclidean norm.

    Rounded as OpenFace's product of matrices, other than :func:`place_shape`.
    """
    n = points.shape[1]
    scale = np.float64(parameters[0])
    total = 0.0
    for axis in range(2):
        r0, r1, r2 = (
            np.float64(rotation[axis, 0]),
            np.float64(rotation[axis, 1]),
            np.float64(rotation[axis, 2]),
        )
        shift = parameters[4 + axis]
        for i in range(n):
            place = r0 * shape[i] + r1 * shape[n + i] + r2 * shape[2 * n + i]
            out[axis, i] = points[axis, i] - (np.float32(place * scale) + shift)
            total += np.float64(out[axis, i]) * np.float64(out[axis, i])
    return np.float32(math.sqrt(total))


@kernel
def _first_error(points: Float32Array, mean: Float32Array, parameters: Float32Array) -> np.float32:
    """Return the Euclidean norm of landmarks (2, n) minus the mean shape in its first pose."""
    n = points.shape[1]
    rotation, placed = np.eye(3, dtype=np.float32), np.empty((n, 2), dtype=np.float32)
    place_shape(mean, rotation, parameters, placed)
    total = 0.0
    for i in range(n):
        for axis in range(2):
            difference = np.float64(placed[i, axis] - points[axis, i])
            total += difference * difference
    return np.float32(math.sqrt(total))


@kernel
def _fit(
    points: Float32Array,
    mean: Float32Array,
    components: Float32Array,
    eigenvalues: Float32Array,
    is_started: bool,
    parameters: Float32Array,
    local: Float32Array,
) -> int:
    """Fit the model to `points` (n, 2) and return the number of steps; see :func:`calc_params`.

    `parameters` and `local` hold the start where there is one, and receive the fit.
    """
    m = eigenvalues.shape[0]
    seen = _visible(points, mean, components)
    n = seen.points.shape[1]
    if n < _MIN_VISIBLE:
        parameters[:] = np.nan
        local[:] = np.nan
        return 0
    if not is_started:
        local[:] = 0.0
        _start(seen.points, seen.mean, parameters)
    rotation = np.empty((3, 3), dtype=np.float32)
    rounded_rotation(parameters[1], parameters[2], parameters[3], rotation)
    shape, rounded = np.empty(3 * n, dtype=np.float32), np.empty(3 * n, dtype=np.float32)
    residuals, weights = np.empty((2, n), dtype=np.float32), np.ones(n, dtype=np.float32)
    penalties = np.zeros(GLOBAL_COUNT + m, dtype=np.float32)
    for b in range(m):
        penalties[GLOBAL_COUNT + b] = np.float32(1.0) / eigenvalues[b]
    space = step_space(n, GLOBAL_COUNT + m)
    step = space.step
    previous = np.float32(np.inf)
    if not is_started:
        previous = _first_error(seen.points, seen.mean, parameters)
    poor_steps = iterations = 0
    while iterations < _MAX_ITERATIONS:
        iterations += 1
        deformed_shape(seen.mean, seen.modes, local, shape)
        deformed_by_opencv(seen.mean, seen.modes, local, rounded)
        _write_residuals(seen.points, rounded, rotation, parameters, residuals)
        write_derivatives(
            shape, seen.components, seen.modes, rotation, parameters[0], weights, space
        )
        solve_step(residuals, weights, penalties, local, space)
        for k in range(GLOBAL_COUNT + m):
            step[k] *= _STEP_DAMPING
        parameters[0] += step[0]
        turn_by(parameters[1:4], step[1:4])
        parameters[4] += step[4]
        parameters[5] += step[5]
        for b in range(m):
            local[b] += step[GLOBAL_COUNT + b]
        rounded_rotation(parameters[1], parameters[2], parameters[3], rotation)
        # The shape of before this step's update enters the error: that is OpenFace's stop test.
        error = _write_residuals(seen.points, rounded, rotation, parameters, residuals)
        if not error <= _SUFFICIENT_DECREASE * np.float64(previous):  # true for NaN as well
            poor_steps += 1
            if poor_steps == _MAX_POOR_STEPS:
                break
        previous = error
    return iterations


def calc_params(
    pdm: PointDistributionModel, landmarks: Float32Array, start: ShapeFit | None = None
) -> ShapeFit:
    """Find the pose and shape parameters of detected landmarks.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points and m modes.
    landmarks : (n, 2) ndarray of float32
        Detected points, x and y, pixels. A point whose x is exactly 0 counts as missing.
    start : ShapeFit or None
        A fit to points nearby, from which a third of the steps lead to the optimum; None starts
        from the mean shape, as OpenFace does.

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
    if start is not None:
        global_parameters[0] = start.scale_px_per_mm
        global_parameters[1:4] = start.rotation_radians
        global_parameters[4:] = start.translation_px
        shape_parameters[:] = start.shape_parameters
    iterations = _fit(
        np.ascontiguousarray(landmarks, dtype=np.float32),
        pdm.mean_mm,
        pdm.components_mm,
        pdm.eigenvalues,
        start is not None,
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
