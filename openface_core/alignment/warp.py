"""Affine warp in the fixed-point arithmetic of OpenCV 2.4 to 4.x.

OpenCV 5 rounds differently, which moves a final action unit by up to 0.17; with the arithmetic
written out here, results do not depend on the OpenCV that happens to be installed.

References
----------
``cv::warpAffine`` with ``INTER_LINEAR`` and ``BORDER_CONSTANT``, OpenCV 4.6.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment.blending import blend_bgr
from openface_core.fixed_point import FRACTION_BITS, MATRIX_BITS, round_fixed
from openface_core.kernel import kernel
from openface_core.partial_pictures import AnyPicture, pixels_within

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


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
def _inverse(matrix: Float32Array, out: Float64Array) -> bool:
    """Write the inverse (2, 3) of a transform; tell whether all of it is finite."""
    m00, m01, m02 = np.float64(matrix[0, 0]), np.float64(matrix[0, 1]), np.float64(matrix[0, 2])
    m10, m11, m12 = np.float64(matrix[1, 0]), np.float64(matrix[1, 1]), np.float64(matrix[1, 2])
    determinant = m00 * m11 - m01 * m10
    if not np.isfinite(determinant + m02 + m12):
        return False
    inverse_determinant = 1.0 / determinant if determinant != 0.0 else 0.0
    out[0, 0], out[1, 1] = m11 * inverse_determinant, m00 * inverse_determinant
    out[0, 1], out[1, 0] = -m01 * inverse_determinant, -m10 * inverse_determinant
    out[0, 2] = -out[0, 0] * m02 - out[0, 1] * m12
    out[1, 2] = -out[1, 0] * m02 - out[1, 1] * m12
    return True


@kernel
def _warp_row(
    image: UInt8Array,
    positions: NDArray[np.int32],
    mask: UInt8Array,
    out: UInt8Array,
) -> None:
    """Write one row (n, 3) from positions (2, n) in 1/32 pixel, where the mask (n,) is not 0."""
    height, width = image.shape[0], image.shape[1]
    fraction = np.int32((1 << FRACTION_BITS) - 1)
    # A packed load takes eight bytes from a pixel on, which must lie in its row.
    is_packed = image.strides[1] == 3 and image.strides[2] == 1
    last_packed = width - 3 if is_packed else -1
    row_bytes = image.strides[0]
    begin = image.ctypes.data
    for x in range(mask.shape[0]):
        if mask[x] == 0:
            continue
        fixed_x, fixed_y = positions[0, x], positions[1, x]
        left, top = int(fixed_x) >> FRACTION_BITS, int(fixed_y) >> FRACTION_BITS
        a, b = np.int32(fixed_x & fraction), np.int32(fixed_y & fraction)
        if 0 <= left <= last_packed and 0 <= top < height - 1:
            packed = blend_bgr(begin + top * row_bytes + left * 3, row_bytes, a, b)
            out[x, 0] = np.uint8(packed)
            out[x, 1] = np.uint8(packed >> 8)
            out[x, 2] = np.uint8(packed >> 16)
        elif -1 <= left < width and -1 <= top < height:
            w00, w01 = (32 - a) * (32 - b), a * (32 - b)
            w10, w11 = (32 - a) * b, a * b
            _sample_border(image, left, top, w00, w01, w10, w11, out[x])


@kernel
def warp_into(image: UInt8Array, matrix: Float32Array, mask: UInt8Array, out: UInt8Array) -> None:
    """Warp `image` (H, W, 3) into `out` (h, w, 3), which is black where `mask` (h, w) is 0.

    See :func:`warp_affine`.
    """
    out[:, :, :] = 0
    inverse = np.empty((2, 3), dtype=np.float64)
    if not _inverse(matrix, inverse):
        return
    columns = out.shape[1]
    across = np.empty((2, columns), dtype=np.int64)
    positions = np.empty((2, columns), dtype=np.int32)
    half = 1 << (MATRIX_BITS - FRACTION_BITS - 1)
    shift = MATRIX_BITS - FRACTION_BITS
    for k in range(2):
        for x in range(columns):
            across[k, x] = round_fixed(inverse[k, 0] * x)
    for y in range(out.shape[0]):
        for k in range(2):
            down = round_fixed(inverse[k, 1] * y + inverse[k, 2]) + half
            for x in range(columns):
                positions[k, x] = (down + across[k, x]) >> shift
        _warp_row(image, positions, mask[y], out[y])


@kernel
def _write_source(matrix: Float32Array, size_px: int, out: Float64Array) -> None:
    inverse = np.empty((2, 3), dtype=np.float64)
    out[:] = np.nan
    is_finite = _inverse(matrix, inverse)
    if not is_finite or not np.abs(inverse[:, :2]).sum() > 0.0:
        return  # the same pixel for all
    out[:2], out[2:] = np.inf, -np.inf
    for corner in range(4):
        x = size_px if corner & 1 else -1
        y = size_px if corner >> 1 else -1
        for k in range(2):
            place = inverse[k, 0] * x + inverse[k, 1] * y + inverse[k, 2]
            out[k], out[2 + k] = min(out[k], place), max(out[2 + k], place)


def source_box(matrix: Float32Array, size_px: int) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of what a square is warped from, NaN where there is none.

    Parameters
    ----------
    matrix, size_px
        See :func:`warp_affine`; translations that are up to half a pixel off stay within the box.
    """
    out = np.empty(4)
    _write_source(matrix, size_px, out)
    left, top, right, bottom = out.tolist()
    return left - 1.0, top - 1.0, right + 2.0, bottom + 2.0


def warp_affine(image: AnyPicture, matrix: Float32Array, size_px: int) -> UInt8Array:
    """Warp an image into a square by an affine transform.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8, or PartialPicture
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
    pixels = pixels_within(image, *source_box(matrix, size_px))
    warp_into(pixels, matrix, np.ones((size_px, size_px), dtype=np.uint8), out)
    return out
