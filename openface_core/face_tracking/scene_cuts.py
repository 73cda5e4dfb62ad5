"""Scene cuts: frames that have little in common with the frame before, however the camera moved."""

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.partial_pictures import AnyPicture, PartialPicture

UInt8Array = NDArray[np.uint8]
Places = NDArray[np.int64]

_CUT_DIFFERENCE = 15.0
"""Mean difference of hue, saturation and value, of 255, where the pictures fit best: 16 to 140 at
cuts, at most 14 elsewhere, 7 where a camera moves by a quarter of the picture in half a second."""

_ROWS, _COLUMNS = 36, 64
_SHIFTS = 12, 4
"""A moving camera shifts the picture by at most so many columns and rows of a thumbnail a frame."""

_SAMPLES = 2
"""So many rows and columns are looked at for each of a thumbnail's; more only cost more."""


@kernel
def _means(
    picture: UInt8Array, row_places: Places, column_places: Places, means: UInt8Array
) -> None:
    """Write the means of neighbouring samples; the samples are where rows and columns cross."""
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            blue, green, red = np.uint32(0), np.uint32(0), np.uint32(0)
            for k in range(i * _SAMPLES, (i + 1) * _SAMPLES):
                for m in range(j * _SAMPLES, (j + 1) * _SAMPLES):
                    # Unsigned: places are not asked whether they count from the end.
                    y, x = np.uint64(row_places[k]), np.uint64(column_places[m])
                    blue += picture[y, x, 0]
                    green += picture[y, x, 1]
                    red += picture[y, x, 2]
            count = np.uint32(_SAMPLES * _SAMPLES)
            means[i, j, 0], means[i, j, 1] = blue // count, green // count
            means[i, j, 2] = red // count


@kernel
def _difference(first: UInt8Array, second: UInt8Array, down: int, right: int) -> float:
    """Return the mean difference in HSV, whose hue goes round in a circle, of what both show.

    The second picture is moved down and right by so many rows and columns. The channels are in
    planes, (3, 36, 64).
    """
    total = 0
    channels, rows, columns = first.shape
    top, left = max(0, down), max(0, right)
    bottom, end = min(rows, rows + down), min(columns, columns + right)
    for i in range(top, bottom):
        # Of one row and channel: numba vectorises sums of small integers.
        in_row = np.int32(0)
        for j in range(left, end):
            apart = abs(np.int32(first[0, i, j]) - np.int32(second[0, i - down, j - right]))
            in_row += min(apart, np.int32(256) - apart)
        for c in range(1, channels):
            for j in range(left, end):
                in_row += abs(np.int32(first[c, i, j]) - np.int32(second[c, i - down, j - right]))
        total += int(in_row)
    return float(total / (channels * (bottom - top) * (end - left)))


@kernel
def _is_other_scene(first: UInt8Array, second: UInt8Array, bound: float) -> bool:
    """Return whether two pictures differ by more than a bound, wherever one is moved."""
    # Most frames are like the one before where nothing is moved.
    if _difference(first, second, 0, 0) <= bound:
        return False
    for down in range(-_SHIFTS[1], _SHIFTS[1] + 1):
        for right in range(-_SHIFTS[0], _SHIFTS[0] + 1):
            if _difference(first, second, down, right) <= bound:
                return False
    return True


class SceneCuts:
    """Compares every frame with the one before; has a state."""

    def __init__(self) -> None:
        self._last: UInt8Array | None = None
        self._last_size: tuple[int, int] | None = None

    def is_cut(self, image_bgr: AnyPicture) -> bool:
        """Return whether the next frame begins another scene; never for the first one.

        A frame of another size begins one, whatever it shows: what was followed lies elsewhere.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        """
        thumbnail = _thumbnail(image_bgr)
        last, self._last = self._last, thumbnail
        size = image_bgr.shape[0], image_bgr.shape[1]
        last_size, self._last_size = self._last_size, size
        if last is None:
            return False
        if last_size != size:
            return True
        return bool(_is_other_scene(last, thumbnail, _CUT_DIFFERENCE))


def _thumbnail(image_bgr: AnyPicture) -> UInt8Array:
    """Return the means of samples in HSV, a plane for each channel, (3, 36, 64)."""
    height, width = image_bgr.shape[:2]
    rows, columns = _spread(_ROWS, height), _spread(_COLUMNS, width)
    means = np.empty((_ROWS, _COLUMNS, 3), dtype=np.uint8)
    if isinstance(image_bgr, PartialPicture):
        image_bgr = image_bgr.sampled(rows, columns)
        rows, columns = _spread(_ROWS, len(rows)), _spread(_COLUMNS, len(columns))
    _means(image_bgr, rows, columns, means)
    hsv = cv2.cvtColor(means, cv2.COLOR_BGR2HSV_FULL)
    planes: UInt8Array = np.ascontiguousarray(hsv.transpose(2, 0, 1))
    return planes


def _spread(count: int, length: int) -> Places:
    """Return the places of evenly spread samples of so many means."""
    samples = count * _SAMPLES
    return np.arange(samples) * length // samples
