"""Scene cuts: frames that have little in common with the frame before."""

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]

_CUT_DIFFERENCE = 30.0
"""Mean difference of hue, saturation and value, of 255: 55 to 73 at cuts, at most 15 elsewhere."""

_THUMBNAIL_PX = 64, 36
_SAMPLES_PER_PX = 4
"""Rows and columns that are looked at for each of a thumbnail's; more change nothing but cost."""


class SceneCuts:
    """Compares every frame with the one before; has a state."""

    def __init__(self) -> None:
        self._last: UInt8Array | None = None

    def is_cut(self, image_bgr: UInt8Array) -> bool:
        """Return whether the next frame begins another scene; never for the first one.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8
            The upright frame.
        """
        thumbnail = _thumbnail(image_bgr)
        last, self._last = self._last, thumbnail
        if last is None:
            return False
        difference = np.abs(thumbnail.astype(np.int16) - last)
        hue = difference[..., 0]
        difference[..., 0] = np.minimum(hue, 256 - hue)  # hue goes round in a circle
        return float(difference.mean()) > _CUT_DIFFERENCE


def _thumbnail(image_bgr: UInt8Array) -> UInt8Array:
    height, width = image_bgr.shape[:2]
    columns, rows = (_SAMPLES_PER_PX * side for side in _THUMBNAIL_PX)
    sampled = image_bgr[:: max(1, height // rows), :: max(1, width // columns)]
    small = cv2.resize(np.ascontiguousarray(sampled), _THUMBNAIL_PX, interpolation=cv2.INTER_AREA)
    hsv: UInt8Array = cv2.cvtColor(small, cv2.COLOR_BGR2HSV_FULL)
    return hsv
