"""Affine warp in the fixed-point arithmetic of OpenCV 2.4 to 4.x.

OpenCV 5 rounds differently, which moves a final action unit by up to 0.17; with the arithmetic
written out here, results do not depend on the OpenCV that happens to be installed.

References
----------
``cv::warpAffine`` with ``INTER_LINEAR`` and ``BORDER_CONSTANT``, OpenCV 4.6.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.fixed_point import FRACTION_BITS, MATRIX_BITS, round_fixed
from openface_core.kernel import kernel

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]


@kernel
def _sample_border(
    image: UInt8Array,
    left: int,
    top: int,
    w00: np.int32,
    w01: np.int32,
    w10: np.int32,
    w11: np.int32,
    out: UInt8Array,
) -> None:
    """Write the pixel between four of which some lie outside of the frame and count as black."""
    height, width = image.shape[0], image.shape[1]
    for c in range(3):
        total = np.int32(512)
        if left >= 0 and top >= 0:
            total += image[top, left, c] * w00
        if left + 1 < width and top >= 0:
            total += image[top, left + 1, c] * w01
        if left >= 0 and top + 1 < height:
            total += image[top + 1, left, c] * w10
        if left + 1 < width and top + 1 < height:
            total += image[top + 1, left + 1, c] * w11
        out[c] = total >> 10


@kernel
def warp_into(image: UInt8Array, matrix: Float32Array, out: UInt8Array) -> None:
    """Warp `image` (H, W, 3) into `out`; see :func:`warp_affine`."""
    height, width = image.shape[0], image.shape[1]
    m00, m01, m02 = np.float64(matrix[0, 0]), np.float64(matrix[0, 1]), np.float64(matrix[0, 2])
    m10, m11, m12 = np.float64(matrix[1, 0]), np.float64(matrix[1, 1]), np.float64(matrix[1, 2])
    determinant = m00 * m11 - m01 * m10
    if not np.isfinite(determinant + m02 + m12):
        out[:, :, :] = 0
        return
    inverse_determinant = 1.0 / determinant if determinant != 0.0 else 0.0
    i00, i11 = m11 * inverse_determinant, m00 * inverse_determinant
    i01, i10 = -m01 * inverse_determinant, -m10 * inverse_determinant
    i02 = -i00 * m02 - i01 * m12
    i12 = -i10 * m02 - i11 * m12

    columns = out.shape[1]
    column_x = np.empty(columns, dtype=np.int64)
    column_y = np.empty(columns, dtype=np.int64)
    for x in range(columns):
        column_x[x] = round_fixed(i00 * x)
        column_y[x] = round_fixed(i10 * x)
    half = 1 << (MATRIX_BITS - FRACTION_BITS - 1)
    shift = MATRIX_BITS - FRACTION_BITS
    mask = (1 << FRACTION_BITS) - 1
    for y in range(out.shape[0]):
        row_x = round_fixed(i01 * y + i02) + half
        row_y = round_fixed(i11 * y + i12) + half
        for x in range(columns):
            fixed_x = (row_x + column_x[x]) >> shift
            fixed_y = (row_y + column_y[x]) >> shift
            left, top = fixed_x >> FRACTION_BITS, fixed_y >> FRACTION_BITS
            a, b = np.int32(fixed_x & mask), np.int32(fixed_y & mask)
            if left >= width or left < -1 or top >= height or top < -1:
                out[y, x, 0] = out[y, x, 1] = out[y, x, 2] = 0
                continue
            w00, w01 = (32 - a) * (32 - b), a * (32 - b)
            w10, w11 = (32 - a) * b, a * b
            if 0 <= left < width - 1 and 0 <= top < height - 1:
                for c in range(3):
                    out[y, x, c] = (
                        np.int32(image[top, left, c]) * w00
                        + np.int32(image[top, left + 1, c]) * w01
                        + np.int32(image[top + 1, left, c]) * w10
                        + np.int32(image[top + 1, left + 1, c]) * w11
                        + 512
                    ) >> 10
                continue
            _sample_border(image, left, top, w00, w01, w10, w11, out[y, x])


def warp_affine(image: UInt8Array, matrix: Float32Array, size_px: int) -> UInt8Array:
    """Warp an image into a square by an affine transform.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        Source image.
    matrix : (2, 3) ndarray of float32
        Forward transform, source to destination pixels.
    size_px : int
        Side of the result.

    Returns
    -------
    (size_px, size_px, 3) ndarray of uint8
        Bilinear interpolation in steps of 1/32 pixel; black where the source has no pixel.

    Notes
    -----
    OpenCV's weights are 32 times those used here and its final shift is 15 bits instead of 10;
    the common factor cancels exactly.
    """
    out = np.empty((size_px, size_px, 3), dtype=np.uint8)
    warp_into(image, matrix, out)
    return out
