"""Grey pictures as OpenCV's ``COLOR_BGR2GRAY`` makes them, whichever OpenCV is installed.

References
----------
``cv::cvtColor`` for 8-bit pictures, OpenCV 4.6: weights in 15-bit fixed point. OpenCV 4.10 and 5.0
give the same for every colour.
"""

import numpy as np

from openface_core.kernel import kernel
from openface_core.partial_pictures import (
    AnyPicture,
    PartialPicture,
    Strips,
    UInt8Array,
    contiguous,
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
def _grey_strips(colours: UInt8Array, strips: Strips, out: UInt8Array) -> None:
    for left, top, right, bottom in strips:
        for y in range(top, bottom):
            _grey(colours[y, left:right].reshape(-1), out[y, left:right])


class PartialGrey(PartialPicture):
    """The grey picture of a colour picture, made where somebody looks.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The picture, blue first.
    """

    def __init__(self, image_bgr: AnyPicture) -> None:
        super().__init__(image_bgr.shape[:2])
        self._image_bgr = contiguous(image_bgr)

    def _make(self, strips: Strips, out: UInt8Array) -> None:
        left, top = strips[:, :2].min(axis=0).tolist()
        right, bottom = strips[:, 2:].max(axis=0).tolist()
        _grey_strips(pixels_within(self._image_bgr, left, top, right, bottom), strips, out)
