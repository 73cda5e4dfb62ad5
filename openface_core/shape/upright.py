"""Landmarks in the face's own frame, set upright by eyes and nose.

A fitted shape is not upright where one side of the face acts: its modes move both sides together,
and what they cannot follow is taken for a turn of the head in part.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.shape.calc_params import ShapeFit
from openface_core.shape.pdm import Float32Array, PointDistributionModel, deform
from openface_core.shape.residual import shape_residual_mm

STILL_POINTS = np.array([30, 36, 39, 42, 45], dtype=np.int64)
"""Tip of the nose and corners of the eyes, of 68 landmarks: hardly an action moves them. Nor the
bridge of the nose, but nothing there says where its points are, and the peaks of patch experts lie
4 to 6 pixels aside."""

_PARTNERS = MIRRORED_ORDER[STILL_POINTS].astype(np.int64)


def upright_residual_mm(
    pdm: PointDistributionModel, fit: ShapeFit, landmarks: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the displacement from a fitted shape to landmarks that are set upright.

    Parameters
    ----------
    pdm : PointDistributionModel
        The 68-point shape model.
    fit : ShapeFit
        Pose and shape parameters.
    landmarks : (68, 2) ndarray of float32
        Landmarks, pixels.

    Returns
    -------
    (136,) ndarray of float64
        As :func:`openface_core.shape.residual.shape_residual_mm`, of landmarks that are turned and
        moved to the side so that X = 0 is the line about which the corners of the eyes and the
        tip of the nose are most nearly mirror images. Zeros for a face that is turned away.
    """
    residual = shape_residual_mm(pdm, fit, landmarks)
    if residual.any():  # not turned away
        _set_upright(
            pdm.mean_mm, pdm.modes_mm, fit.shape_parameters, STILL_POINTS, _PARTNERS, residual
        )
    return residual


@kernel
def _set_upright(
    mean: Float32Array,
    modes: Float32Array,
    local: Float32Array,
    still: NDArray[np.int64],
    partners: NDArray[np.int64],
    residual: NDArray[np.float64],
) -> None:
    """Turn and move the displaced shape; `residual` (2 n,) is changed.

    The turn is that of the reflection which maps the still points onto their partners best.
    """
    n = residual.shape[0] // 2
    shape = np.empty(mean.shape[0], dtype=np.float32)
    deform(mean, modes, local, shape)
    x = shape[:n] + residual[:n]
    y = shape[n : 2 * n] + residual[n:]
    centre_x = centre_y = 0.0
    for i in still:
        centre_x += x[i] / still.shape[0]
        centre_y += y[i] / still.shape[0]
    across = along = 0.0
    for k in range(still.shape[0]):
        own_x, own_y = x[still[k]] - centre_x, y[still[k]] - centre_y
        other_x, other_y = x[partners[k]] - centre_x, y[partners[k]] - centre_y
        across += own_y * other_x + own_x * other_y
        along += own_x * other_x - own_y * other_y
    # Twice the angle of the mirror's line, which is near 90 degrees.
    turn = (math.atan2(across, along) / 2.0) % math.pi - math.pi / 2.0
    cosine, sine = math.cos(turn), math.sin(turn)
    for i in range(n):
        dx, dy = x[i] - centre_x, y[i] - centre_y
        residual[i] = dx * cosine + dy * sine - shape[i]
        residual[n + i] = dy * cosine - dx * sine + centre_y - shape[n + i]
