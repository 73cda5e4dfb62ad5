"""The squares of the grey picture that patch experts look at, turned and scaled to their training.

References
----------
``Patch_experts::Response`` of OpenFace 2.2; ``cv::warpAffine`` on float pictures, OpenCV 4.6.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.fixed_point import FRACTION_BITS, MATRIX_BITS, round_fixed
from openface_core.kernel import kernel

Float32Array = NDArray[np.float32]
GreyPicture = NDArray[np.uint8] | NDArray[np.float32]


@kernel
def _sample(
    grey: GreyPicture,
    left: int,
    top: int,
    w00: np.float32,
    w01: np.float32,
    w10: np.float32,
    w11: np.float32,
) -> np.float32:
    """Return the value between four pixels of which some may lie outside and count as 0."""
    height, width = grey.shape
    total = np.float32(0.0)
    if 0 <= top < height:
        if 0 <= left < width:
            total += np.float32(grey[top, left]) * w00
        if 0 <= left + 1 < width:
            total += np.float32(grey[top, left + 1]) * w01
    if 0 <= top + 1 < height:
        if 0 <= left < width:
            total += np.float32(grey[top + 1, left]) * w10
        if 0 <= left + 1 < width:
            total += np.float32(grey[top + 1, left + 1]) * w11
    return total


@kernel
def sample_area(
    grey: GreyPicture, x: np.float32, y: np.float32, to_image: Float32Array, out: Float32Array
) -> None:
    """Write the square of the picture around a landmark, bilinear in steps of 1/32 pixel.

    Parameters
    ----------
    grey : (H, W) ndarray of uint8 or float32
        The picture; 0 is taken outside of it.
    x, y : float32
        The landmark, at the centre of the square.
    to_image : (2, 2) ndarray of float32
        Rotation and scale from the experts' pixels to those of the picture.
    out : (side, side) ndarray of float32
        Receives the square.
    """
    side = out.shape[0]
    height, width = grey.shape
    a, b = to_image[0, 0], -to_image[0, 1]
    reach = np.float32(side - 1)
    two = np.float32(2.0)
    # float32 in this order, as in OpenFace; the picture's positions follow in float64.
    shift_x = x - a * reach / two + b * reach / two
    shift_y = y - a * reach / two - b * reach / two
    half = 1 << (MATRIX_BITS - FRACTION_BITS - 1)
    shift = MATRIX_BITS - FRACTION_BITS
    mask = (1 << FRACTION_BITS) - 1
    step = np.float32(1.0) / np.float32(1 << FRACTION_BITS)
    one = np.float32(1.0)
    a64, b64 = np.float64(a), np.float64(b)
    column_x = np.empty(side, dtype=np.int64)
    column_y = np.empty(side, dtype=np.int64)
    for j in range(side):
        column_x[j] = round_fixed(a64 * j)
        column_y[j] = round_fixed(b64 * j)
    for i in range(side):
        row_x = round_fixed(-b64 * i + np.float64(shift_x)) + half
        row_y = round_fixed(a64 * i + np.float64(shift_y)) + half
        for j in range(side):
            fixed_x = (row_x + column_x[j]) >> shift
            fixed_y = (row_y + column_y[j]) >> shift
            left, top = fixed_x >> FRACTION_BITS, fixed_y >> FRACTION_BITS
            u = np.float32(fixed_x & mask) * step
            v = np.float32(fixed_y & mask) * step
            w00, w01 = (one - u) * (one - v), u * (one - v)
            w10, w11 = (one - u) * v, u * v
            if 0 <= left < width - 1 and 0 <= top < height - 1:
                out[i, j] = (
                    np.float32(grey[top, left]) * w00
                    + np.float32(grey[top, left + 1]) * w01
                    + np.float32(grey[top + 1, left]) * w10
                    + np.float32(grey[top + 1, left + 1]) * w11
                )
            else:
                out[i, j] = _sample(grey, left, top, w00, w01, w10, w11)
