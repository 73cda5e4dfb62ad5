"""The similarity transform from the frame to the aligned face.

References
----------
``AlignFaceMask`` and ``extract_rigid_points`` (``Face_utils.cpp``), ``AlignShapesWithScale``
(``RotationHelpers.h``) of OpenFace 2.2; W. Kabsch, Acta Crystallographica A 32, 1976.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

Float32Array = NDArray[np.float32]

ALIGNED_SIZE_PX = 112
"""Side of the aligned face."""

SCALE_PX_PER_MM = 0.7
"""Scale of the mean shape in the aligned face."""

RIGID_POINTS = np.array(
    [1, 2, 3, 4, 12, 13, 14, 15, 27, 28, 29, 31, 32, 33, 34, 35, 36, 39, 40, 41, 42, 45, 46, 47],
    dtype=np.int64,
)
"""The landmarks, of 68, that move little with expression: jaw sides, nose and most of the eyes."""


@kernel
def _kabsch_with_scale(
    landmarks: Float32Array, mean: Float32Array, rigid: NDArray[np.int64], out: Float32Array
) -> None:
    """Write the (2, 2) matrix that brings the rigid landmarks closest to the scaled mean shape.

    In two dimensions the optimal rotation follows from two sums in closed form.
    """
    n = mean.shape[0] // 3
    count = rigid.shape[0]
    source_x = source_y = target_x = target_y = 0.0
    for k in range(count):
        i = rigid[k]
        source_x += landmarks[i, 0]
        source_y += landmarks[i, 1]
        target_x += mean[i] * SCALE_PX_PER_MM
        target_y += mean[n + i] * SCALE_PX_PER_MM
    source_x /= count
    source_y /= count
    target_x /= count
    target_y /= count
    source_square = target_square = cosine = sine = 0.0
    for k in range(count):
        i = rigid[k]
        sx, sy = landmarks[i, 0] - source_x, landmarks[i, 1] - source_y
        tx, ty = mean[i] * SCALE_PX_PER_MM - target_x, mean[n + i] * SCALE_PX_PER_MM - target_y
        source_square += sx * sx + sy * sy
        target_square += tx * tx + ty * ty
        cosine += sx * tx + sy * ty
        sine += sx * ty - sy * tx
    length = math.sqrt(cosine * cosine + sine * sine)
    factor = math.sqrt(target_square / source_square) / length
    out[0, 0] = out[1, 1] = factor * cosine
    out[1, 0] = factor * sine
    out[0, 1] = -factor * sine


@kernel
def _warp_matrix(
    landmarks: Float32Array,
    tx: float | np.floating,
    ty: float | np.floating,
    mean: Float32Array,
    rigid: NDArray[np.int64],
    out: Float32Array,
) -> None:
    """Write the (2, 3) transform; see :func:`warp_matrix`."""
    _kabsch_with_scale(landmarks, mean, rigid, out)
    centre = np.float32(ALIGNED_SIZE_PX // 2)
    out[0, 2] = centre - (out[0, 0] * tx + out[0, 1] * ty)
    out[1, 2] = centre - (out[1, 0] * tx + out[1, 1] * ty)


def warp_matrix(
    landmarks: Float32Array, translation_px: Float32Array, mean_mm: Float32Array
) -> Float32Array:
    """Return the similarity transform from frame to aligned face.

    Scale and rotation bring the rigid *detected* landmarks onto the mean shape. The translation
    does not follow from them: the fitted model's origin goes to the centre of the aligned face.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32
        Detected landmarks, pixels of the frame.
    translation_px : (2,) ndarray of float32
        Image position of the fitted model's origin (see :class:`openface_core.shape.ShapeFit`).
    mean_mm : (204,) ndarray of float32
        Mean shape of the PDM.

    Returns
    -------
    (2, 3) ndarray of float32
        Forward transform: frame pixels to pixels of the aligned face. Not finite if the rigid
        landmarks coincide.
    """
    out = np.empty((2, 3), dtype=np.float32)
    _warp_matrix(
        np.ascontiguousarray(landmarks, dtype=np.float32),
        np.float32(translation_px[0]),
        np.float32(translation_px[1]),
        mean_mm,
        RIGID_POINTS,
        out,
    )
    return out
