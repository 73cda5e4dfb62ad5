"""Which pixels of the aligned face belong to the face: a union of triangles between landmarks.

It is not a convex hull, and it is applied before FHOG, so that its edge makes gradients of its own.

References
----------
``AlignFaceMask`` (``Face_utils.cpp``) and the constructor of ``PAW`` (``PAW.cpp``), OpenFace 2.2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment.similarity import SCALE_PX_PER_MM
from openface_core.finite import all_finite
from openface_core.kernel import kernel

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]

RAISED_POINTS = np.array([0, 16, *range(17, 27)], dtype=np.int64)
"""Upper ends of the jaw line and the brows, moved up so that the mask takes in the forehead."""

RAISED_BY_PX = np.float32(30.0 / 0.7 * SCALE_PX_PER_MM)


@kernel
def _transform_points(
    landmarks: Float32Array,
    matrix: Float32Array,
    raised: NDArray[np.int64],
    raised_by_px: np.float32,
    out: Float32Array,
) -> None:
    """Write the landmarks in the aligned face, (n, 2), with the forehead's points moved up."""
    for i in range(landmarks.shape[0]):
        for k in range(2):
            # Products and their sum are rounded once to float32, as OpenCV's small products are.
            product = np.float64(landmarks[i, 0]) * matrix[k, 0]
            product += np.float64(landmarks[i, 1]) * matrix[k, 1]
            out[i, k] = np.float32(product) + matrix[k, 2]
    for k in range(raised.shape[0]):
        out[raised[k], 1] -= raised_by_px


@kernel
def _rasterise(points: Float32Array, triangles: Int32Array, out: UInt8Array) -> None:
    """Set `out` (H, W) to 1 in the triangles, edges included, and to 0 elsewhere."""
    height, width = out.shape
    out[:, :] = 0
    for t in range(triangles.shape[0]):
        ax, ay = points[triangles[t, 0], 0], points[triangles[t, 0], 1]
        bx, by = points[triangles[t, 1], 0], points[triangles[t, 1], 1]
        cx, cy = points[triangles[t, 2], 0], points[triangles[t, 2], 1]
        first_x = max(math.ceil(min(ax, bx, cx)), 0)
        last_x = min(math.floor(max(ax, bx, cx)), width - 1)
        first_y = max(math.ceil(min(ay, by, cy)), 0)
        last_y = min(math.floor(max(ay, by, cy)), height - 1)
        # Side of each edge on which the triangle's third corner lies.
        side_a = (cx - bx) * (ay - by) - (ax - bx) * (cy - by)
        side_b = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay)
        side_c = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        for y in range(first_y, last_y + 1):
            py = np.float32(y)
            a_y, b_y, c_y = (cx - bx) * (py - by), (cx - ax) * (py - ay), (bx - ax) * (py - ay)
            for x in range(first_x, last_x + 1):
                px = np.float32(x)
                a = a_y - (px - bx) * (cy - by)
                b = b_y - (px - ax) * (cy - ay)
                c = c_y - (px - ax) * (by - ay)
                inside = (a * side_a >= 0.0) & (b * side_b >= 0.0) & (c * side_c >= 0.0)
                out[y, x] |= np.uint8(inside)


@kernel
def mask_into(
    landmarks: Float32Array,
    matrix: Float32Array,
    triangles: Int32Array,
    raised_by_px: np.float32,
    out: UInt8Array,
) -> None:
    """Write the mask of the aligned face; see :func:`mask_of_aligned_face`."""
    points = np.empty(landmarks.shape, dtype=np.float32)
    _transform_points(landmarks, matrix, RAISED_POINTS, raised_by_px, points)
    if all_finite(points):
        _rasterise(points, triangles, out)
    else:
        out[:, :] = 0


def mask_of_aligned_face(
    landmarks: Float32Array,
    matrix: Float32Array,
    triangles: Int32Array,
    size_px: int,
    raised_by_px: float | np.float32 = RAISED_BY_PX,
) -> UInt8Array:
    """Return the mask of the aligned face.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32
        Detected landmarks, pixels of the frame.
    matrix : (2, 3) ndarray of float32
        Forward transform from frame to aligned face.
    triangles : (t, 3) ndarray of int32
        Landmark indices of each triangle.
    size_px : int
        Side of the aligned face.
    raised_by_px : float
        By how much the upper ends of jaw line and brows are moved up; it goes with the scale.

    Returns
    -------
    (size_px, size_px) ndarray of uint8
        1 where a pixel's centre lies in or on a triangle, 0 elsewhere.
    """
    out = np.empty((size_px, size_px), dtype=np.uint8)
    mask_into(landmarks, matrix, triangles, np.float32(raised_by_px), out)
    return out


@kernel
def apply_mask(image: UInt8Array, mask: UInt8Array, out: UInt8Array) -> None:
    """Write the image with all that is not face blackened.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        Aligned face.
    mask : (H, W) ndarray of uint8
        1 where a pixel is kept.
    out : (H, W, 3) ndarray of uint8
        Receives the masked image; may be `image` itself.
    """
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            for c in range(3):
                out[y, x, c] = image[y, x, c] * mask[y, x]
