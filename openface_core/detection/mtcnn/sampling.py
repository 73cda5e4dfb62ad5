"""Pictures that MTCNN's networks look at: parts of a frame, shrunk or enlarged."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

_MIDDLE = np.float32(127.5)
_GAIN = np.float32(0.0078125)


@kernel
def _places(size: int, count: int, first: NDArray[np.int64], shares: NDArray[np.float32]) -> None:
    """Write, for each sample along an axis, the pixel before it and the share of the next one."""
    step = size / count
    for k in range(count):
        place = np.float32((k + 0.5) * step - 0.5)
        before = int(np.floor(place))
        share = place - np.float32(before)
        if before < 0:
            before, share = 0, np.float32(0.0)
        elif before >= size - 1:
            before, share = size - 1, np.float32(0.0)
        first[k], shares[k] = before, share


@kernel
def sample_part(
    image: NDArray[np.uint8], left: int, top: int, width: int, height: int, out: NDArray[np.float32]
) -> None:
    """Sample a part of a frame bilinearly into planes of red, green and blue around 0.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        The frame, blue first.
    left, top, width, height : int
        The part, pixels. Where it reaches beyond the frame it is black.
    out : (3, h, w) ndarray of float32
        Filled in place.
    """
    rows, columns = out.shape[1:]
    ys, y_shares = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.float32)
    xs, x_shares = np.empty(columns, dtype=np.int64), np.empty(columns, dtype=np.float32)
    _places(height, rows, ys, y_shares)
    _places(width, columns, xs, x_shares)
    one = np.float32(1.0)
    for i in range(rows):
        for j in range(columns):
            for c in range(3):
                total = np.float32(0.0)
                for down in range(2):
                    y = top + min(ys[i] + down, height - 1)
                    y_share = y_shares[i] if down else one - y_shares[i]
                    line = np.float32(0.0)
                    for right in range(2):
                        x = left + min(xs[j] + right, width - 1)
                        x_share = x_shares[j] if right else one - x_shares[j]
                        if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                            line += np.float32(image[y, x, 2 - c]) * x_share
                    total += line * y_share
                out[c, i, j] = (total - _MIDDLE) * _GAIN
