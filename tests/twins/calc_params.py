"""Twin of :func:`openface_core.shape.calc_params`: the whole Jacobian, one matrix at a time."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from openface_core.shape import PointDistributionModel
from tests.twins.rotations import euler_to_matrix, matrix_to_euler, skew

FloatArray = NDArray[Any]


class TwinFit(NamedTuple):
    """Scale, Euler angles, translation, shape parameters and the number of steps."""

    scale: float
    euler: FloatArray
    translation: FloatArray
    local: FloatArray
    iterations: int


def nearest_rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation closest to a matrix, by its singular value decomposition."""
    u, _, vt = np.linalg.svd(matrix)
    return np.asarray(u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt)


def jacobian(
    shape: FloatArray, rotation: FloatArray, scale: float, components: FloatArray
) -> FloatArray:
    """Return the derivatives of all x, then all y, by all parameters, (2 n, 6 + m).

    Parameters
    ----------
    shape : (3, n) ndarray
        Current 3D shape.
    rotation : (3, 3) ndarray
        Current rotation.
    scale : float
        Current scale.
    components : (3, n, m) ndarray
        Modes.
    """
    n, m = components.shape[1:]
    x, y, z = shape
    out = np.zeros((2, n, 6 + m), dtype=shape.dtype)
    for k in range(2):
        r1, r2, r3 = rotation[k]
        out[k, :, 0] = r1 * x + r2 * y + r3 * z
        out[k, :, 1] = scale * (y * r3 - z * r2)
        out[k, :, 2] = -scale * (x * r3 - z * r1)
        out[k, :, 3] = scale * (x * r2 - y * r1)
        out[k, :, 4 + k] = 1.0
        out[k, :, 6:] = scale * np.tensordot(rotation[k], components, axes=1)
    return out.reshape(2 * n, 6 + m)


def fit(
    pdm: PointDistributionModel,
    landmarks: FloatArray,
    dtype: DTypeLike = np.float64,
) -> TwinFit:
    """Fit the model to landmarks (n, 2), all arithmetic in `dtype`."""
    mean = pdm.mean_mm.astype(dtype).reshape(3, -1)
    components = pdm.components_mm.astype(dtype).reshape(3, -1, pdm.mode_count)
    regularisation = np.zeros(6 + pdm.mode_count, dtype=dtype)
    regularisation[6:] = 1.0 / pdm.eigenvalues.astype(dtype)
    visible = landmarks[:, 0] != 0.0
    observed = landmarks[visible].T.astype(dtype)
    mean, components = mean[:, visible], components[:, visible]
    box = mean[:2].max(axis=1) - mean[:2].min(axis=1)
    low, high = observed.min(axis=1), observed.max(axis=1)

    scale = ((high - low) / box).mean()
    translation = (low + high) / 2.0
    rotation = np.eye(3, dtype=dtype)
    euler = np.zeros(3)
    local = np.zeros(pdm.mode_count, dtype=dtype)

    def residuals(shape: FloatArray) -> FloatArray:
        return np.asarray(observed - (scale * (rotation[:2] @ shape) + translation[:, None]))

    previous = np.linalg.norm(residuals(mean))
    poor_steps, iterations = 0, 0
    while poor_steps < 3 and iterations < 1000:
        iterations += 1
        shape = mean + components @ local
        derivatives = jacobian(shape, rotation, scale, components)
        gradient = derivatives.T @ residuals(shape).reshape(-1)
        gradient[6:] -= regularisation[6:] * local
        normal = derivatives.T @ derivatives + np.diag(regularisation)
        step = 0.75 * np.linalg.solve(normal, gradient)
        scale = scale + step[0]
        turn = nearest_rotation(np.eye(3) + skew(step[1:4].astype(np.float64)))
        euler = matrix_to_euler(rotation.astype(np.float64) @ turn)
        rotation = euler_to_matrix(*euler).astype(dtype)
        translation = translation + step[4:6]
        local = local + step[6:]
        error = np.linalg.norm(residuals(shape))  # the shape of before this step
        poor_steps += int(error > 0.999 * previous)
        previous = error
    return TwinFit(float(scale), euler, translation, local, iterations)
