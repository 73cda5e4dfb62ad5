"""Where the points of a fitted shape lie in the picture."""

import numpy as np
from numpy.typing import NDArray

from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.pdm import PointDistributionModel
from openface_core.shape.rotations import euler_to_matrix


def project_shape(pdm: PointDistributionModel, fit: ShapeFit) -> NDArray[np.float32]:
    """Return the image points of a shape model with given pose and shape parameters.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    fit : ShapeFit
        Pose and shape parameters.

    Returns
    -------
    (n, 2) ndarray of float32
        Points x, y in pixels of the picture that the fit is for.
    """
    rotation = np.empty((3, 3))
    rx, ry, rz = (float(angle) for angle in fit.rotation_radians)
    euler_to_matrix(rx, ry, rz, rotation)
    turned = pdm.shape_mm(fit.shape_parameters) @ rotation[:2].T
    points = fit.scale_px_per_mm * turned + fit.translation_px
    return np.ascontiguousarray(points, dtype=np.float32)
