"""Grey pictures as OpenCV's ``COLOR_BGR2GRAY`` makes them, whichever OpenCV is installed.

References
----------
``cv::cvtColor`` for 8-bit pictures, OpenCV 4.6: weights in 15-bit fixed point. OpenCV 4.10 and 5.0
give the same for every colour.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.partial_pictures import (
    TILE_PX,
    AnyPicture,
    PartialPicture,
    UInt8Array,
    next_tiles,
    pixels_within,
)

_BLUE, _GREEN, _RED = 3735, 19235, 9798
_SHIFT = 15


@kernel
def _grey(values: UInt8Array, out: UInt8Array) -> None:
    """Write the grey value of each three `values`; one flat loop, so that it is vectorised."""
    half = np.int32(1 << (_SHIFT - 1))
    for i in range(out.shape[0]):
        out[i] = (
            np.int32(values[3 * i]) * np.int32(_BLUE)
            + np.int32(values[3 * i + 1]) * np.int32(_GREEN)
            + np.int32(values[3 * i + 2]) * np.int32(_RED)
            + half
        ) >> np.int32(_SHIFT)


def grey_from_bgr(image_bgr: UInt8Array) -> UInt8Array:
    """Return the grey picture of a colour picture.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The picture, blue first.

    Returns
    -------
    (H, W) ndarray of uint8
        Grey values.

    Raises
    ------
    ValueError
        If the array has another shape or type.
    """
    if image_bgr.ndim != 3 or image_bgr.shape[2] != 3 or image_bgr.dtype != np.uint8:
        raise ValueError(
            f"expected an H x W x 3 uint8 image, found {image_bgr.shape} {image_bgr.dtype}"
        )
    out = np.empty(image_bgr.shape[:2], dtype=np.uint8)
    _grey(np.ascontiguousarray(image_bgr).reshape(-1), out.reshape(-1))
    return out


@kernel
def _grey_tiles(
    colours: UInt8Array,
    left: int,
    top: int,
    right: int,
    bottom: int,
    made: NDArray[np.bool_],
    out: UInt8Array,
) -> None:
    """Write the tiles that a box touches, and that are not made."""
    height, width = out.shape
    end = (right - 1) // TILE_PX + 1
    for row in range(top // TILE_PX, (bottom - 1) // TILE_PX + 1):
        first, last = next_tiles(made, row, left // TILE_PX, end)
        while first < last:
            begin, stop = first * TILE_PX, min(last * TILE_PX, width)
            for y in range(row * TILE_PX, min((row + 1) * TILE_PX, height)):
                _grey(colours[y, begin:stop].reshape(-1), out[y, begin:stop])
            first, last = next_tiles(made, row, last, end)


class PartialGrey(PartialPicture):
    """The grey picture of a colour picture, made where somebody looks.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The picture, blue first.
    """

    def __init__(self, image_bgr: AnyPicture) -> None:
        super().__init__(image_bgr.shape[:2])
        self._image_bgr = image_bgr

    def _make(
        self, box: tuple[int, int, int, int], made: NDArray[np.bool_], out: UInt8Array
    ) -> None:
        left, top, right, bottom = box
        colours = pixels_within(
            self._image_bgr,
            left // TILE_PX * TILE_PX,
            top // TILE_PX * TILE_PX,
            ((right - 1) // TILE_PX + 1) * TILE_PX,
            ((bottom - 1) // TILE_PX + 1) * TILE_PX,
        )
        _grey_tiles(np.ascontiguousarray(colours), left, top, right, bottom, made, out)
