"""Scene cuts: frames that have little in common with the frame before, however the camera moved."""

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.partial_pictures import AnyPicture, sampled

UInt8Array = NDArray[np.uint8]

_CUT_DIFFERENCE = 15.0
"""Mean difference of hue, saturation and value, of 255, where the pictures fit best: 16 to 140 at
cuts, at most 14 elsewhere, 7 where a camera moves by a quarter of the picture in half a second."""

_ROWS, _COLUMNS = 36, 64
_SHIFTS = 12, 4
"""A moving camera shifts the picture by at most so many columns and rows of a thumbnail a frame."""

_SAMPLES = 2
"""So many rows and columns are looked at for each of a thumbnail's; more only cost more."""


@kernel
def _means(samples: UInt8Array, count: int, means: UInt8Array) -> None:
    """Write the means of squares of so many times so many samples."""
    rows, columns, channels = means.shape
    totals = np.empty(columns * channels, dtype=np.int64)
    for i in range(rows):
        totals[:] = 0
        for k in range(count):
            for j in range(columns):
                for m in range(j * count, (j + 1) * count):
                    for c in range(channels):
                        totals[j * channels + c] += samples[i * count + k, m, c]
        for j in range(columns):
            for c in range(channels):
                means[i, j, c] = totals[j * channels + c] // (count * count)


@kernel
def _difference(first: UInt8Array, second: UInt8Array, down: int, right: int) -> float:
    """Return the mean difference in HSV, whose hue goes round in a circle, of what both show.

    The second picture is moved down and right by so many rows and columns.
    """
    total, count = 0.0, 0
    rows, columns, channels = first.shape
    for i in range(max(0, down), min(rows, rows + down)):
        for j in range(max(0, right), min(columns, columns + right)):
            for c in range(channels):
                apart = abs(float(first[i, j, c]) - float(second[i - down, j - right, c]))
                total += min(apart, 256.0 - apart) if c == 0 else apart
                count += 1
    return total / count


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
    """Return the means of samples in HSV, (36, 64, 3)."""
    height, width = image_bgr.shape[:2]
    means = np.empty((_ROWS, _COLUMNS, 3), dtype=np.uint8)
    _means(sampled(image_bgr, _spread(_ROWS, height), _spread(_COLUMNS, width)), _SAMPLES, means)
    hsv: UInt8Array = cv2.cvtColor(means, cv2.COLOR_BGR2HSV_FULL)
    return hsv


def _spread(count: int, length: int) -> NDArray[np.int64]:
    """Return the places of evenly spread samples of so many means."""
    samples = count * _SAMPLES
    return np.arange(samples) * length // samples
