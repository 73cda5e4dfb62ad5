"""Grey pictures as OpenCV's ``COLOR_BGR2GRAY`` makes them, whichever OpenCV is installed.

References
----------
``cv::cvtColor`` for 8-bit pictures, OpenCV 4.6: weights in 15-bit fixed point. OpenCV 4.10 and 5.0
give the same for every colour.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

UInt8Array = NDArray[np.uint8]

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
    image_bgr : (H, W, 3) ndarray of uint8
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
