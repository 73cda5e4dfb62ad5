"""The similarity transform from the frame to the aligned face.

References
----------
``AlignFaceMask`` and ``extract_rigid_points`` (``Face_utils.cpp``), ``AlignShapesWithScale``
(``RotationHelpers.h``) of OpenFace 2.2; W. Kabsch, Acta Crystallographica A 32, 1976.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.shape.similarity import align_with_scale

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
def _warp_matrix(
    landmarks: Float32Array,
    translation: Float32Array,
    mean: Float32Array,
    scale: np.float32,
    centre: np.float32,
    rigid: NDArray[np.int64],
    out: Float32Array,
) -> None:
    """Write the (2, 3) transform; see :func:`warp_matrix`."""
    n = mean.shape[0] // 3
    count = rigid.shape[0]
    source = np.empty((count, 2), dtype=np.float32)
    target = np.empty((count, 2), dtype=np.float32)
    for k in range(count):
        for axis in range(2):
            source[k, axis] = landmarks[rigid[k], axis]
            target[k, axis] = mean[axis * n + rigid[k]] * scale
    linear = np.empty((2, 2), dtype=np.float32)
    align_with_scale(source, target, linear)
    for axis in range(2):
        out[axis, 0], out[axis, 1] = linear[axis, 0], linear[axis, 1]
        moved = fused(linear[axis, 1], translation[1], linear[axis, 0] * translation[0])
        out[axis, 2] = centre - moved


def warp_matrix(
    landmarks: Float32Array,
    translation_px: NDArray[np.floating],
    mean_mm: Float32Array,
    size_px: int = ALIGNED_SIZE_PX,
    scale_px_per_mm: float = SCALE_PX_PER_MM,
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
    size_px : int
        Side of the aligned face.
    scale_px_per_mm : float
        Scale of the mean shape in it.

    Returns
    -------
    (2, 3) ndarray of float32
        Forward transform: frame pixels to pixels of the aligned face. Not finite if the rigid
        landmarks coincide.

    Notes
    -----
    Equal to OpenFace's in every bit: roundings are where its compiled program has them.
    """
    out = np.empty((2, 3), dtype=np.float32)
    _warp_matrix(
        np.ascontiguousarray(landmarks, dtype=np.float32),
        np.asarray(translation_px, dtype=np.float32),
        mean_mm,
        np.float32(scale_px_per_mm),
        np.float32(size_px // 2),
        RIGID_POINTS,
        out,
    )
    return out
