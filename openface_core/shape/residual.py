"""What a fitted shape leaves of the landmarks that it was fitted to."""

import numpy as np
from numpy.typing import NDArray

from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.pdm import PointDistributionModel
from openface_core.shape.projection import project_shape
from openface_core.shape.rotations import euler_to_matrix

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
    rotation = np.empty((3, 3))
    rx, ry, rz = (float(angle) for angle in fit.rotation_radians)
    euler_to_matrix(rx, ry, rz, rotation)
    if rotation[2, 2] < _LEAST_FACING or fit.scale_px_per_mm <= 0.0:
        return np.zeros(2 * pdm.landmark_count)
    seen_mm = (landmarks.astype(np.float64) - project_shape(pdm, fit)) / fit.scale_px_per_mm
    (a, b), (c, d) = rotation[:2, :2]
    x, y = seen_mm.T
    own = np.stack([d * x - b * y, a * y - c * x]) / (a * d - b * c)
    return np.asarray(own.ravel(), dtype=np.float64)
