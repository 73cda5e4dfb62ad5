"""The similarity that turns and scales one set of points onto another, rounded as OpenFace does it.

Aligned faces and response maps are sampled on grids that this similarity makes, in steps of 1/32
pixel. A difference in the last digit moves samples by a step: it shows in the bytes of an aligned
face, and, by way of the maps' maxima, in the landmarks. The rotation comes from a singular value
decomposition in single precision, of which every rounding counts: a closed form is more exact and
agrees less.

References
----------
``AlignShapesWithScale`` and ``AlignShapesKabsch2D`` of OpenFace 2.2; ``cv::SVD``, OpenCV 4.6, whose
method is one-sided Jacobi rotation.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel

Float32Array = NDArray[np.float32]

_VECTOR = 16
_MOST_SWEEPS = 30
_LEAST = float(np.finfo(np.float32).tiny)
_ORTHOGONAL = 2.0 * float(np.finfo(np.float32).eps)
"""Rows whose cosine is below this are orthogonal."""


@kernel
def _sum_of_squares(numbers: Float32Array) -> float:
    """Return the sum of float32 squares as OpenCV takes it on processors with AVX-512.

    Sixteen at a time it is in double precision. Of the rest, four are added up in single precision
    first.
    """
    count = numbers.shape[0]
    total = 0.0
    whole = count - count % _VECTOR
    for i in range(whole):
        total += np.float64(numbers[i] * numbers[i])
    i = whole
    while i + 4 <= count:
        a, b, c, d = numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]
        total += np.float64(a * a + b * b + c * c + d * d)
        i += 4
    for k in range(i, count):
        total += np.float64(numbers[k] * numbers[k])
    return total


@kernel
def _normalise(points: Float32Array, out: Float32Array) -> np.float32:
    """Write points, brought to centre 0 and size 1, and return their size."""
    n = points.shape[0]
    for k in range(2):
        total = 0.0
        for i in range(n):
            total += points[i, k]
        mean = np.float32(total / n)
        for i in range(n):
            out[i, k] = points[i, k] - mean
    squares = _sum_of_squares(out.reshape(-1))
    size = np.float32(math.sqrt(squares / n))
    factor = np.float32(1.0 / np.float64(size))
    for i in range(n):
        for k in range(2):
            out[i, k] *= factor
    return size


@kernel
def _rotate_rows(rows: Float32Array, c: np.float32, s: np.float32) -> None:
    for k in range(2):
        first = c * rows[0, k] + s * rows[1, k]
        rows[1, k] = -s * rows[0, k] + c * rows[1, k]
        rows[0, k] = first


@kernel
def _dot(rows: Float32Array, i: int, j: int) -> float:
    total: float = np.float64(rows[i, 0]) * rows[j, 0] + np.float64(rows[i, 1]) * rows[j, 1]
    return total


@kernel
def _orthogonalise(rows: Float32Array, right: Float32Array) -> None:
    """Turn two rows until they are orthogonal, and rows of another matrix along with them."""
    for _ in range(_MOST_SWEEPS):
        a, b, p = _dot(rows, 0, 0), _dot(rows, 1, 1), _dot(rows, 0, 1)
        if not abs(p) > _ORTHOGONAL * math.sqrt(a * b):
            return
        p *= 2.0
        difference = a - b
        length = math.hypot(p, difference)
        if difference < 0.0:
            s = np.float32(math.sqrt((length - difference) * 0.5 / length))
            c = np.float32(p / (length * s * 2.0))
        else:
            c = np.float32(math.sqrt((length + difference) / (length * 2.0)))
            s = np.float32(p / (length * c * 2.0))
        _rotate_rows(rows, c, s)
        _rotate_rows(right, c, s)


@kernel
def _best_rotation(product: Float32Array, out: Float32Array) -> None:
    """Write the rotation that follows from the product of two sets of points (Kabsch)."""
    left, right = product.T.copy(), np.eye(2, dtype=np.float32)
    _orthogonalise(left, right)
    first = 1 if _dot(left, 0, 0) < _dot(left, 1, 1) else 0
    for k in range(2):
        length = math.sqrt(_dot(left, k, k))
        factor = np.float32(1.0 / length if length > _LEAST else 0.0)
        left[k, 0] *= factor
        left[k, 1] *= factor
    second = 1 - first
    if left[second, 0] == 0.0 and left[second, 1] == 0.0:  # all points on one line
        left[second, 0], left[second, 1] = -left[first, 1], left[first, 0]
    turns = (left[0, 0] * left[1, 1] - left[0, 1] * left[1, 0]) * (
        right[0, 0] * right[1, 1] - right[0, 1] * right[1, 0]
    )
    sign = 1.0 if turns > 0.0 else -1.0  # never a reflection
    for i in range(2):
        for j in range(2):
            larger = np.float64(right[first, i]) * left[first, j]
            out[i, j] = larger + sign * (np.float64(right[second, i]) * left[second, j])


@kernel
def align_with_scale(source: Float32Array, target: Float32Array, out: Float32Array) -> None:
    """Write the (2, 2) similarity that turns and scales one set of points (n, 2) onto another.

    Each set's size is the root of its mean squared distance from its centre; the rotation is the
    best one for the sets brought to size 1. Not finite where all points of a set coincide.
    """
    n = source.shape[0]
    one, other = np.empty_like(source), np.empty_like(target)
    source_size = _normalise(source, one)
    scale = _normalise(target, other) / source_size
    product = np.empty((2, 2), dtype=np.float32)
    for i in range(2):
        for j in range(2):
            total = 0.0
            for k in range(n):
                total += np.float64(one[k, i]) * other[k, j]
            product[i, j] = total
    _best_rotation(product, out)
    for i in range(2):
        for j in range(2):
            out[i, j] *= scale


@kernel
def invert(matrix: Float32Array, out: Float32Array) -> None:
    """Write the inverse of a (2, 2) matrix; not finite where there is none."""
    a, b, c, d = matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1]
    factor = np.float32(1.0) / fused(a, d, -(b * c))
    out[0, 0] = d * factor
    out[0, 1] = -b * factor
    out[1, 0] = -c * factor
    out[1, 1] = a * factor
