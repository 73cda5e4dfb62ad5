"""From a frame to a network's input tensor: channel planes, mean subtraction, shrinking."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel


@kernel
def image_to_tensor(
    image: NDArray[np.uint8], mean: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Split an image into float planes and subtract a mean from each.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    mean : ndarray of float32, shape (3,)
        One value per channel, in the image's channel order.
    out : ndarray of float32, shape (3, H, W)
        Filled in place.
    """
    height, width, _ = image.shape
    for y in range(height):
        for c in range(3):
            for x in range(width):
                out[c, y, x] = np.float32(image[y, x, c]) - mean[c]


@kernel
def box_weights(
    n_source: int, n_target: int, first: NDArray[np.int64], weights: NDArray[np.float32]
) -> None:
    """Compute which source pixels a shrunken pixel averages along one axis, and how much of each.

    Target pixel i covers the stretch [i, i+1) * n_source / n_target of the axis measured from the
    edge of the first pixel, so the centres of both grids fit together.

    Parameters
    ----------
    n_source, n_target : int
        Pixels along the axis, ``n_target <= n_source``.
    first : ndarray of int64, shape (n_target,)
        Filled with the first source pixel of each target pixel.
    weights : ndarray of float32, shape (n_target, K)
        Filled with the weights of the K source pixels from there, which add up to 1; pixels beyond
        the last that is covered weigh 0. K must be at least ``n_source // n_target + 2``.
    """
    step = n_source / n_target
    for i in range(n_target):
        begin = i * step
        end = begin + step
        start = min(int(begin), n_source - 1)
        first[i] = start
        for k in range(weights.shape[1]):
            covered = min(end, start + k + 1.0) - max(begin, float(start + k))
            inside = start + k < n_source
            weights[i, k] = np.float32(covered / step) if inside and covered > 0.0 else 0.0


@kernel
def shrink_to_tensor(
    image: NDArray[np.uint8],
    mean: NDArray[np.float32],
    first_row: NDArray[np.int64],
    row_weights: NDArray[np.float32],
    first_column: NDArray[np.int64],
    column_weights: NDArray[np.float32],
    row_sum: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Shrink an image by averaging areas, split it into planes and subtract a mean from each.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    mean : ndarray of float32, shape (3,)
    first_row, row_weights, first_column, column_weights : ndarray
        What :func:`box_weights` gave for the two axes.
    row_sum : ndarray of float32, shape (W * 3,)
        Scratch space.
    out : ndarray of float32, shape (3, h, w)
        Filled in place, ``h <= H`` and ``w <= W``.
    """
    height, width, _ = image.shape
    for i in range(out.shape[1]):
        row_sum[:] = 0.0
        for k in range(row_weights.shape[1]):
            weight = row_weights[i, k]
            if weight > 0.0:
                row = image[min(first_row[i] + k, height - 1)].reshape(width * 3)
                for x in range(width * 3):
                    row_sum[x] += weight * np.float32(row[x])
        for j in range(out.shape[2]):
            blue = np.float32(0.0)
            green = np.float32(0.0)
            red = np.float32(0.0)
            for k in range(column_weights.shape[1]):
                weight = column_weights[j, k]
                if weight > 0.0:
                    x = 3 * (first_column[j] + k)
                    blue += weight * row_sum[x]
                    green += weight * row_sum[x + 1]
                    red += weight * row_sum[x + 2]
            out[0, i, j] = blue - mean[0]
            out[1, i, j] = green - mean[1]
            out[2, i, j] = red - mean[2]


def shrunken_tensor(
    image: NDArray[np.uint8], mean: NDArray[np.float32], height: int, width: int
) -> NDArray[np.float32]:
    """Turn an image into a (1, 3, height, width) float32 tensor no larger than the image.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        C-contiguous.
    mean : ndarray of float32, shape (3,)
        Subtracted from each channel.
    height, width : int
        The size wanted, ``1 <= height <= H`` and ``1 <= width <= W``.

    Returns
    -------
    ndarray of float32, shape (1, 3, height, width)
    """
    out = np.empty((1, 3, height, width), dtype=np.float32)
    if image.shape[:2] == (height, width):
        image_to_tensor(image, mean, out[0])
        return out
    axes = []
    for n_source, n_target in zip(image.shape[:2], (height, width), strict=True):
        first = np.empty(n_target, dtype=np.int64)
        weights = np.empty((n_target, n_source // n_target + 2), dtype=np.float32)
        box_weights(n_source, n_target, first, weights)
        axes += [first, weights]
    row_sum = np.empty(image.shape[1] * 3, dtype=np.float32)
    shrink_to_tensor(image, mean, axes[0], axes[1], axes[2], axes[3], row_sum, out[0])
    return out
