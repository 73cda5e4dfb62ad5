"""The squares of the grey picture that patch experts look at, turned and scaled to their training.

References
----------
``Patch_experts::Response`` of OpenFace 2.2; ``cv::warpAffine`` on float pictures, OpenCV 4.6.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.fixed_point import FRACTION_BITS, MATRIX_BITS, round_fixed
from openface_core.kernel import kernel
from openface_core.matrix_product import LANE_MULTIPLE, padded
from openface_core.matrix_product.tiles import FLOAT_BYTES
from openface_core.partial_pictures import PartialPicture
from openface_core.refinement.samples import sample_bytes, sample_floats

Float32Array = NDArray[np.float32]
GreyPicture = NDArray[np.uint8] | NDArray[np.float32]
AnyGrey = GreyPicture | PartialPicture

_SHIFT = MATRIX_BITS - FRACTION_BITS
_MOST_PIXELS = 1 << 20
"""Of a picture's side whose positions fit into 32 bits."""
_MOST_PLACES = 1 << 31
"""From its first pixel to its last, which are counted in 32 bits."""


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


_ROW_X, _ROW_Y, _COLUMN_X, _COLUMN_Y = range(4)
"""Rows of the array of positions."""


@kernel
def new_places(side: int) -> NDArray[np.int64]:
    """Return working space for the samples of squares of a side, (4, side).

    Where they lie, by row (x, y) and by column (x, y), which are added: in 1/1024 pixel. Half of
    the 1/32 pixel that they are rounded to is added to those of rows.
    """
    return np.empty((4, side), dtype=np.int64)


@kernel
def new_steps(side: int) -> NDArray[np.int32]:
    """Return further working space, (2, c): positions along a line, x and y, in whole vectors."""
    return np.empty((2, padded(side)), dtype=np.int32)


@kernel
def square_with_room(side: int) -> Float32Array:
    """Return zeros for a square, and as many more as are read or written with its last number."""
    return np.zeros(side * side + LANE_MULTIPLE, dtype=np.float32)


@kernel
def _find_places(
    x: np.float32, y: np.float32, to_image: Float32Array, places: NDArray[np.int64]
) -> None:
    """Write the positions of the samples of a square."""
    side = places.shape[1]
    a, b = to_image[0, 0], -to_image[0, 1]
    reach = np.float32(side - 1)
    two = np.float32(2.0)
    # float32 in this order, as in OpenFace; the picture's positions follow in float64.
    shift_x = x - a * reach / two + b * reach / two
    shift_y = y - a * reach / two - b * reach / two
    half = 1 << (_SHIFT - 1)
    a64, b64 = np.float64(a), np.float64(b)
    for k in range(side):
        places[_ROW_X, k] = round_fixed(-b64 * k + np.float64(shift_x)) + half
        places[_ROW_Y, k] = round_fixed(a64 * k + np.float64(shift_y)) + half
        places[_COLUMN_X, k] = round_fixed(a64 * k)
        places[_COLUMN_Y, k] = round_fixed(b64 * k)


@kernel
def _are_inside(places: NDArray[np.int64], grey: GreyPicture) -> bool:
    """Return whether all samples of a square lie well in the picture.

    Positions of rows and columns grow or fall throughout, so its corners tell.
    """
    height, width = grey.shape
    if max(height, width) > _MOST_PIXELS or grey.strides[1] != grey.itemsize:
        return False
    if height * abs(grey.strides[0]) >= _MOST_PLACES * grey.itemsize:
        return False
    bits, last = _SHIFT + FRACTION_BITS, places.shape[1] - 1
    for corner in range(4):
        i, j = last * (corner & 1), last * (corner >> 1)
        left = (places[_ROW_X, i] + places[_COLUMN_X, j]) >> bits
        top = (places[_ROW_Y, i] + places[_COLUMN_Y, j]) >> bits
        if left < 0 or left >= width - 1 or top < 0 or top >= height - 1:
            return False
    return True


@kernel
def _sample_inside(
    grey: GreyPicture,
    places: NDArray[np.int64],
    steps: NDArray[np.int32],
    by_columns: bool,
    out: Float32Array,
) -> None:
    """Write the samples of a square that lies well in the picture.

    Line by line, each over what the one before wrote beyond its end.
    """
    side = places.shape[1]
    line, along = (_COLUMN_X, _ROW_X) if by_columns else (_ROW_X, _COLUMN_X)
    for k in range(steps.shape[1]):
        at = k if k < side else 0  # what fills a line's last vector must lie in the picture, too
        steps[0, k], steps[1, k] = places[along, at], places[along + 1, at]
    width = grey.strides[0] // grey.itemsize  # of a part of a picture, the whole picture's
    for i in range(side):
        to = out.ctypes.data + i * side * FLOAT_BYTES
        begin_x, begin_y = places[line, i], places[line + 1, i]
        if grey.itemsize == 1:
            sample_bytes(grey.ctypes.data, width, begin_x, begin_y, steps.ctypes.data, side, to)
        else:
            sample_floats(grey.ctypes.data, width, begin_x, begin_y, steps.ctypes.data, side, to)


@kernel
def _sample_square(
    grey: GreyPicture,
    x: np.float32,
    y: np.float32,
    to_image: Float32Array,
    places: NDArray[np.int64],
    steps: NDArray[np.int32],
    by_columns: bool,
    out: Float32Array,
) -> None:
    _find_places(x, y, to_image, places)
    if _are_inside(places, grey):
        _sample_inside(grey, places, steps, by_columns, out)
        return
    side = places.shape[1]
    mask, step = (1 << FRACTION_BITS) - 1, np.float32(1.0) / np.float32(1 << FRACTION_BITS)
    one = np.float32(1.0)
    for i in range(side):
        for j in range(side):
            fixed_x = (places[_ROW_X, i] + places[_COLUMN_X, j]) >> _SHIFT
            fixed_y = (places[_ROW_Y, i] + places[_COLUMN_Y, j]) >> _SHIFT
            left, top = fixed_x >> FRACTION_BITS, fixed_y >> FRACTION_BITS
            u = np.float32(fixed_x & mask) * step
            v = np.float32(fixed_y & mask) * step
            w00, w01 = (one - u) * (one - v), u * (one - v)
            w10, w11 = (one - u) * v, u * v
            value = _sample(grey, left, top, w00, w01, w10, w11)
            if by_columns:
                out[j * side + i] = value
            else:
                out[i * side + j] = value


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
    found = square_with_room(side)
    _sample_square(grey, x, y, to_image, new_places(side), new_steps(side), False, found)
    for i in range(side):
        for j in range(side):
            out[i, j] = found[i * side + j]


@kernel
def sample_columns(
    grey: GreyPicture,
    x: np.float32,
    y: np.float32,
    to_image: Float32Array,
    places: NDArray[np.int64],
    steps: NDArray[np.int32],
    out: Float32Array,
) -> None:
    """Write the columns of the same square one after the other.

    Parameters are those of :func:`sample_area`, but `places` and `steps` are working space for its
    side, and `out` is made by :func:`square_with_room`.
    """
    _sample_square(grey, x, y, to_image, places, steps, True, out)
