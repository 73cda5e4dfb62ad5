"""Head pose and 3D landmarks in camera coordinates, from a fitted shape and its 2D landmarks.

References
----------
``GetPose`` (``LandmarkDetectorFunc.cpp``) and ``GetShape`` (``LandmarkDetectorModel.cpp``) of
OpenFace 2.2.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel, small_kernel
from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.camera import Camera
from openface_core.shape.pdm import Float32Array, PointDistributionModel
from openface_core.shape.projection import posed_shape
from openface_core.shape.rotations import axis_angle_to_matrix, matrix_to_euler

Float64Array = NDArray[np.float64]

_MAX_ITERATIONS = 50
_RELATIVE_STEP = 1e-9
_FIRST_LAMBDA = 1e-3
_MAX_LAMBDA = 1e12

_MOST_WEIGHTS = np.array([1.0, 0.8, 0.8, 0.55, 0.7, 0.7])
"""See :func:`turn_weights`: what lies beyond was hardly learned from."""


@dataclass(frozen=True, eq=False)
class HeadPose:
    """Pose of the head in camera coordinates: x right, y down, z away from the camera.

    Parameters
    ----------
    translation_mm : (3,) ndarray of float64
        Position of the model's origin.
    rotation_radians : (3,) ndarray of float64
        Euler angles with ``R = Rx Ry Rz``.
    """

    translation_mm: Float64Array
    rotation_radians: Float64Array


class _Intrinsics(NamedTuple):
    """A :class:`Camera` as kernels read it."""

    focal_x: float
    focal_y: float
    centre_x: float
    centre_y: float


@kernel
def _reprojection_error(
    shape_mm: Float32Array,
    landmarks: Float32Array,
    rotation: Float64Array,
    translation: Float64Array,
    camera: _Intrinsics,
) -> float:
    """Return the sum of squared distances between landmarks and projected shape, px^2."""
    focal_x, focal_y, centre_x, centre_y = camera
    total = 0.0
    for i in range(shape_mm.shape[0]):
        x, y, z = shape_mm[i, 0], shape_mm[i, 1], shape_mm[i, 2]
        cx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + translation[0]
        cy = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + translation[1]
        cz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + translation[2]
        if cz <= 0.0:
            return np.inf
        dx = landmarks[i, 0] - (focal_x * cx / cz + centre_x)
        dy = landmarks[i, 1] - (focal_y * cy / cz + centre_y)
        total += dx * dx + dy * dy
    return total


@kernel
def _pose_normal_equations(
    shape_mm: Float32Array,
    landmarks: Float32Array,
    rotation: Float64Array,
    translation: Float64Array,
    camera: _Intrinsics,
    matrix: Float64Array,
    gradient: Float64Array,
) -> None:
    """Write ``J^T J`` and ``J^T r`` for a small rotation on the left, then the translation."""
    focal_x, focal_y, centre_x, centre_y = camera
    matrix[:, :] = 0.0
    gradient[:] = 0.0
    row = np.empty((2, 6), dtype=np.float64)
    for i in range(shape_mm.shape[0]):
        x, y, z = shape_mm[i, 0], shape_mm[i, 1], shape_mm[i, 2]
        rx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z
        ry = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z
        rz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z
        cx, cy, cz = rx + translation[0], ry + translation[1], rz + translation[2]
        ux, uy = focal_x / cz, focal_y / cz
        vx, vy = -focal_x * cx / (cz * cz), -focal_y * cy / (cz * cz)
        row[0, 0], row[0, 1], row[0, 2] = vx * ry, ux * rz - vx * rx, -ux * ry
        row[0, 3], row[0, 4], row[0, 5] = ux, 0.0, vx
        row[1, 0], row[1, 1], row[1, 2] = -uy * rz + vy * ry, -vy * rx, uy * rx
        row[1, 3], row[1, 4], row[1, 5] = 0.0, uy, vy
        residual_x = landmarks[i, 0] - (focal_x * cx / cz + centre_x)
        residual_y = landmarks[i, 1] - (focal_y * cy / cz + centre_y)
        for a in range(6):
            gradient[a] += row[0, a] * residual_x + row[1, a] * residual_y
            for b in range(a + 1):
                matrix[a, b] += row[0, a] * row[0, b] + row[1, a] * row[1, b]


@kernel
def _solve_damped(
    matrix: Float64Array, gradient: Float64Array, damping: float, out: Float64Array
) -> bool:
    """Solve ``(matrix + damping * diag(matrix)) x = gradient`` by Cholesky; False if singular."""
    n = gradient.shape[0]
    factor = np.zeros((n, n), dtype=np.float64)
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            if i == j:
                total *= 1.0 + damping
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                factor[i, i] = math.sqrt(total)
            else:
                factor[i, j] = total / factor[j, j]
    for i in range(n):
        total = gradient[i]
        for k in range(i):
            total -= factor[i, k] * out[k]
        out[i] = total / factor[i, i]
    for i in range(n - 1, -1, -1):
        total = out[i]
        for k in range(i + 1, n):
            total -= factor[k, i] * out[k]
        out[i] = total / factor[i, i]
    return True


@kernel
def _refine_pose(
    shape_mm: Float32Array,
    landmarks: Float32Array,
    rotation: Float64Array,
    translation: Float64Array,
    focal_x: float,
    focal_y: float,
    centre_x: float,
    centre_y: float,
) -> bool:
    """Minimise the reprojection error by Levenberg-Marquardt, in place; False if impossible."""
    camera = _Intrinsics(focal_x, focal_y, centre_x, centre_y)
    matrix = np.empty((6, 6), dtype=np.float64)
    gradient = np.empty(6, dtype=np.float64)
    step = np.empty(6, dtype=np.float64)
    small = np.empty((3, 3), dtype=np.float64)
    trial_rotation = np.empty((3, 3), dtype=np.float64)
    trial_translation = np.empty(3, dtype=np.float64)
    damping = _FIRST_LAMBDA
    error = _reprojection_error(shape_mm, landmarks, rotation, translation, camera)
    if not np.isfinite(error):
        return False
    for _ in range(_MAX_ITERATIONS):
        _pose_normal_equations(shape_mm, landmarks, rotation, translation, camera, matrix, gradient)
        improved = False
        while not improved:
            if damping > _MAX_LAMBDA or not _solve_damped(matrix, gradient, damping, step):
                return True  # no direction leads further down
            axis_angle_to_matrix(step[0], step[1], step[2], small)
            for i in range(3):
                trial_translation[i] = translation[i] + step[3 + i]
                for j in range(3):
                    trial_rotation[i, j] = (
                        small[i, 0] * rotation[0, j]
                        + small[i, 1] * rotation[1, j]
                        + small[i, 2] * rotation[2, j]
                    )
            trial_error = _reprojection_error(
                shape_mm, landmarks, trial_rotation, trial_translation, camera
            )
            improved = trial_error <= error
            damping = damping * 0.1 if improved else damping * 10.0
        rotation[:, :] = trial_rotation
        translation[:] = trial_translation
        error = trial_error
        moved = math.sqrt(step[3] ** 2 + step[4] ** 2 + step[5] ** 2)
        turned = math.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2)
        if turned < _RELATIVE_STEP and moved < _RELATIVE_STEP * abs(translation[2]):
            break
    return True


def turn_weights(
    rotation_radians: NDArray[np.floating], fit: ShapeFit, camera: Camera
) -> Float64Array:
    """Return how much the blocks of a shape model's ``head_turns`` count for one head.

    Parameters
    ----------
    rotation_radians : (3,) ndarray
        Its rotation in camera coordinates, with the turn that the shape has within the model.
    fit : ShapeFit
        The shape's fit, pixels of the frame.
    camera : Camera
        What the frame was taken by.

    Returns
    -------
    (6,) ndarray of float64
        1; pitch and yaw, radians; at how large an angle a length of 100 mm is seen, and how far to
        the right and down the head is, as tangents. A shape is fitted in weak perspective: how much
        of the true one it takes for a turn depends on all of these.
    """
    rx, ry = float(rotation_radians[0]), float(rotation_radians[1])
    right = (float(fit.translation_px[0]) - camera.cx_px) / camera.fx_px
    down = (float(fit.translation_px[1]) - camera.cy_px) / camera.fy_px
    weights = (1.0, rx, ry, 100.0 * fit.scale_px_per_mm / camera.fx_px, right, down)
    return np.asarray(np.clip(np.array(weights), -_MOST_WEIGHTS, _MOST_WEIGHTS))


@small_kernel
def _turn_back(
    rotation: Float64Array, turns: Float32Array, weights: Float64Array, parameters: Float32Array
) -> None:
    """Take the turn of a shape's own head out of its rotation (3, 3), in place."""
    rows = 1 + parameters.shape[0]
    turn = np.zeros(3)
    for block in range(weights.shape[0]):
        first = block * rows
        for axis in range(3):
            total = np.float64(turns[first, axis])
            for b in range(parameters.shape[0]):
                total += turns[first + 1 + b, axis] * parameters[b]
            turn[axis] += weights[block] * total
    back = np.empty((3, 3))
    axis_angle_to_matrix(-turn[0], -turn[1], -turn[2], back)
    for row in range(3):
        x, y, z = rotation[row, 0], rotation[row, 1], rotation[row, 2]
        for column in range(3):
            rotation[row, column] = x * back[0, column] + y * back[1, column] + z * back[2, column]


def head_pose(
    pdm: PointDistributionModel, fit: ShapeFit, landmarks: Float32Array, camera: Camera
) -> HeadPose | None:
    """Return the pose of the head that best explains the 2D landmarks in perspective.

    The weak-perspective fit gives the start; the perspective reprojection error of the fitted 3D
    shape is then minimised. The rotation is that of the head, without the turn that the shape has
    within the model (``head_turns``).

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    fit : ShapeFit
        Its fit to the landmarks.
    landmarks : (n, 2) ndarray of float32
        Detected landmarks, pixels.
    camera : Camera
        Intrinsic parameters.

    Returns
    -------
    HeadPose or None
        The pose; None where the landmarks admit none.

    Notes
    -----
    OpenFace starts ``cv::solvePnP`` from the fit's Euler angles *used as if they were an axis-angle
    vector*; so does this, since the start decides between the minima of degenerate faces.
    """
    if not fit.is_finite:
        return None
    depth = camera.fx_px / fit.scale_px_per_mm
    tx, ty = float(fit.translation_px[0]), float(fit.translation_px[1])
    translation = np.array(
        [
            (tx - camera.cx_px) / camera.fx_px * depth,
            (ty - camera.cy_px) / camera.fy_px * depth,
            depth,
        ]
    )
    rotation = np.empty((3, 3))
    rx, ry, rz = (float(angle) for angle in fit.rotation_radians)
    axis_angle_to_matrix(rx, ry, rz, rotation)
    solved = _refine_pose(
        pdm.shape_mm(fit.shape_parameters),
        np.ascontiguousarray(landmarks, dtype=np.float32),
        rotation,
        translation,
        camera.fx_px,
        camera.fy_px,
        camera.cx_px,
        camera.cy_px,
    )
    if not solved:
        return None
    angles = np.empty(3)
    matrix_to_euler(rotation, angles)
    if pdm.head_turns is not None:
        weights = turn_weights(angles, fit, camera)
        _turn_back(rotation, pdm.head_turns, weights, fit.shape_parameters)
        matrix_to_euler(rotation, angles)
    return HeadPose(translation, angles)


@small_kernel
def _unproject(
    turned: Float64Array,
    projected: Float64Array,
    depth: float,
    fx: float,
    fy: float,
    cx: float,
    cy: float,
    out: Float32Array,
) -> None:
    """Write where points (n, 3) of their own depths project to given pixels (n, 2)."""
    for i in range(out.shape[0]):
        z = depth + turned[i, 2]
        out[i, 0] = z * (projected[i, 0] - cx) / fx
        out[i, 1] = z * (projected[i, 1] - cy) / fy
        out[i, 2] = z


def landmarks_in_camera_mm(
    pdm: PointDistributionModel, fit: ShapeFit, camera: Camera
) -> Float32Array:
    """Return the fitted 3D landmarks in camera coordinates.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    fit : ShapeFit
        Its fit to a face.
    camera : Camera
        Intrinsic parameters.

    Returns
    -------
    (n, 3) ndarray of float32
        X right, Y down, Z away from the camera, millimetres: the weak-perspective depth of the
        head plus each point's own, spread so that the points project where the fit puts them.
    """
    turned, projected = posed_shape(pdm, fit)
    out = np.empty(turned.shape, dtype=np.float32)
    _unproject(
        turned, projected, camera.fx_px / fit.scale_px_per_mm, camera.fx_px, camera.fy_px,
        camera.cx_px, camera.cy_px, out,
    )  # fmt: skip
    return out
