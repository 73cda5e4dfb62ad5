"""Where the points of a fitted shape lie in the head's pose and in the picture."""

import numpy as np
from numpy.typing import NDArray

from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.pdm import PointDistributionModel
from openface_core.shape.rotations import euler_to_matrix

Float64Array = NDArray[np.float64]


def posed_shape(pdm: PointDistributionModel, fit: ShapeFit) -> tuple[Float64Array, Float64Array]:
    """Return the points of a shape model with given pose and shape parameters.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    fit : ShapeFit
        Pose and shape parameters.

    Returns
    -------
    (n, 3) ndarray of float64
        The turned shape in millimetres about the model's origin; axes as in the picture, z away
        from the camera.
    (n, 2) ndarray of float64
        Its points x, y in pixels of the picture that the fit is for.
    """
    rotation = np.empty((3, 3))
    rx, ry, rz = (float(angle) for angle in fit.rotation_radians)
    euler_to_matrix(rx, ry, rz, rotation)
    turned = pdm.shape_mm(fit.shape_parameters).astype(np.float64) @ rotation.T
    return turned, fit.scale_px_per_mm * turned[:, :2] + fit.translation_px


def project_shape(pdm: PointDistributionModel, fit: ShapeFit) -> NDArray[np.float32]:
    """Return the image points of :func:`posed_shape` as landmarks, (n, 2) ndarray of float32."""
    _, points = posed_shape(pdm, fit)
    return np.ascontiguousarray(points, dtype=np.float32)
