"""Where the points of a fitted shape lie in the head's pose and in the picture."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import small_kernel
from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.pdm import PointDistributionModel
from openface_core.shape.rotations import euler_to_matrix

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


@small_kernel
def _pose(
    points: Float32Array,
    scale: float,
    euler: Float32Array,
    translation: Float32Array,
    turned: Float64Array,
    projected: Float64Array,
) -> None:
    """Write the points (n, 3) after rotation, and their projections (n, 2)."""
    rotation = np.empty((3, 3))
    euler_to_matrix(float(euler[0]), float(euler[1]), float(euler[2]), rotation)
    for i in range(points.shape[0]):
        for k in range(3):
            turned[i, k] = (
                points[i, 0] * rotation[k, 0]
                + points[i, 1] * rotation[k, 1]
                + points[i, 2] * rotation[k, 2]
            )
        projected[i, 0] = scale * turned[i, 0] + translation[0]
        projected[i, 1] = scale * turned[i, 1] + translation[1]


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
    points = pdm.shape_mm(fit.shape_parameters)
    turned = np.empty(points.shape)
    projected = np.empty((points.shape[0], 2))
    _pose(points, fit.scale_px_per_mm, fit.rotation_radians, fit.translation_px, turned, projected)
    return turned, projected


def project_shape(pdm: PointDistributionModel, fit: ShapeFit) -> NDArray[np.float32]:
    """Return the image points of :func:`posed_shape` as landmarks, (n, 2) ndarray of float32."""
    _, points = posed_shape(pdm, fit)
    return np.ascontiguousarray(points, dtype=np.float32)
