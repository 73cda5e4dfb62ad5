"""What a fitted shape leaves of the landmarks that it was fitted to."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.pdm import PointDistributionModel, deform
from openface_core.shape.rotations import euler_to_matrix

Float32Array = NDArray[np.float32]

_LEAST_FACING = 0.1
"""Cosine of the angle to the camera below which a face is seen too much from aside."""


def shape_residual_mm(
    pdm: PointDistributionModel, fit: ShapeFit, landmarks: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the displacement from a fitted shape to landmarks, in the face's own frame.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    fit : ShapeFit
        Pose and shape parameters.
    landmarks : (n, 2) ndarray of float32
        Landmarks, pixels.

    Returns
    -------
    (2 n,) ndarray of float64
        All X, then all Y (down), in millimetres and parallel to the face: what lies in depth is not
        seen. Zeros for a face that is turned away.
    """
    out = np.zeros(2 * pdm.landmark_count)
    rotation = fit.rotation_radians
    _residual(
        pdm.mean_mm, pdm.modes_mm, fit.shape_parameters, np.float64(fit.scale_px_per_mm),
        rotation, fit.translation_px, landmarks, out,
    )  # fmt: skip
    return out


@kernel
def _residual(
    mean: Float32Array,
    modes: Float32Array,
    local: Float32Array,
    scale: float,
    angles: Float32Array,
    translation: Float32Array,
    landmarks: Float32Array,
    out: NDArray[np.float64],
) -> None:
    """Write the residual; leave `out` as it is for a face that is turned away."""
    rotation = np.empty((3, 3))
    euler_to_matrix(np.float64(angles[0]), np.float64(angles[1]), np.float64(angles[2]), rotation)
    if rotation[2, 2] < _LEAST_FACING or scale <= 0.0:
        return
    n = landmarks.shape[0]
    shape = np.empty(mean.shape[0], dtype=np.float32)
    deform(mean, modes, local, shape)
    a, b, c, d = rotation[0, 0], rotation[0, 1], rotation[1, 0], rotation[1, 1]
    area = a * d - b * c
    for i in range(n):
        x, y, z = np.float64(shape[i]), np.float64(shape[n + i]), np.float64(shape[2 * n + i])
        seen_x = a * x + b * y + rotation[0, 2] * z
        seen_y = c * x + d * y + rotation[1, 2] * z
        dx = (np.float64(landmarks[i, 0]) - np.float64(translation[0])) / scale - seen_x
        dy = (np.float64(landmarks[i, 1]) - np.float64(translation[1])) / scale - seen_y
        out[i] = (d * dx - b * dy) / area
        out[n + i] = (a * dy - c * dx) / area
