"""Linear equations by Cholesky's method, rounded as OpenCV rounds it.

Factors and products are float32, sums float64, in the order of the columns.

References
----------
``cv::solve`` and ``cv::invert`` (``DECOMP_CHOLESKY``) of OpenCV 4.6, for fewer than a hundred
unknowns; it leaves larger ones to LAPACK, see :mod:`~openface_core.shape.large_cholesky`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.shape.cholesky_column import ROWS, column_update
from openface_core.shape.pdm import Float32Array

_MOST_VECTORS = 5
"""At once: the forty unknowns of a face."""

_one, _two, _three, _four, _five = (column_update(v) for v in range(1, _MOST_VECTORS + 1))

_LEAST_PIVOT = float(np.finfo(np.float32).eps)


@kernel
def whole_rows(unknowns: int) -> int:
    """Return the number of unknowns, brought to a multiple that :func:`factorise` needs."""
    return -(-unknowns // ROWS) * ROWS


@kernel
def factorise(
    matrix: Float32Array,
    factor: Float32Array,
    transposed: Float32Array,
    sums: NDArray[np.float64],
) -> bool:
    """Write the Cholesky factor of a matrix (u, >= u); False where it has none.

    Parameters
    ----------
    matrix : (u, >= u) ndarray of float32
        Its lower triangle counts.
    factor : (u, c) ndarray of float32
        Receives the factor's columns as rows; c is u, brought to a multiple of 8 (see
        :func:`whole_rows`). The diagonal is inverted.
    transposed : (u, u) ndarray of float32
        Receives the factor itself.
    sums : (c,) ndarray of float64
        Working space.
    """
    size, stride = factor.shape
    for j in range(size):
        for i in range(j, size):
            sums[i] = matrix[i, j]
        diagonal = sums[j]
        # In whole vectors: what comes above the diagonal so, or beyond the end, is not looked at.
        first = j - j % ROWS
        left = (size - first + ROWS - 1) // ROWS
        seen, to, rest = factor.ctypes.data, sums.ctypes.data, diagonal
        while left > 0:
            vectors = min(left, _MOST_VECTORS)
            if vectors == 5:
                rest = _five(seen, stride, j, j, first, to, diagonal)
            elif vectors == 4:
                rest = _four(seen, stride, j, j, first, to, diagonal)
            elif vectors == 3:
                rest = _three(seen, stride, j, j, first, to, diagonal)
            elif vectors == 2:
                rest = _two(seen, stride, j, j, first, to, diagonal)
            else:
                rest = _one(seen, stride, j, j, first, to, diagonal)
            first += vectors * ROWS
            left -= vectors
        diagonal = rest
        if not diagonal >= _LEAST_PIVOT:
            return False
        inverse = np.float32(1.0 / math.sqrt(diagonal))
        factor[j, j] = inverse
        transposed[j, j] = inverse
        for i in range(j + 1, size):
            factor[j, i] = sums[i] * np.float64(inverse)
            transposed[i, j] = factor[j, i]
    return True


@kernel
def substitute(
    factor: Float32Array, transposed: Float32Array, sums: NDArray[np.float64], x: Float32Array
) -> None:
    """Replace a right-hand side (u,) by the solution, given what :func:`factorise` wrote."""
    size = x.shape[0]
    for i in range(size):
        sums[i] = x[i]
    for k in range(size):
        x[k] = sums[k] * np.float64(factor[k, k])
        value, row, left = x[k], factor[k, k + 1 : size], sums[k + 1 : size]
        for i in range(left.shape[0]):
            left[i] -= np.float64(row[i] * value)
    for i in range(size):
        sums[i] = x[i]
    for k in range(size - 1, -1, -1):
        x[k] = sums[k] * np.float64(factor[k, k])
        value, row = x[k], transposed[k]
        for i in range(k):
            sums[i] -= np.float64(row[i] * value)


@kernel
def invert_positive(matrix: Float32Array, out: Float32Array) -> bool:
    """Write the inverse (u, u) of a positive definite matrix; False where it has none."""
    size = matrix.shape[0]
    columns = whole_rows(size)
    factor, transposed = np.zeros((size, columns), dtype=np.float32), np.empty_like(matrix)
    if not factorise(matrix, factor, transposed, np.zeros(columns, dtype=np.float64)):
        return False
    # As `substitute` does, all columns of the unit matrix at once. Before its one, each is zero.
    sums = np.eye(size)
    out[:] = 0.0
    for k in range(size):
        row, pivot = out[k, : k + 1], np.float64(factor[k, k])
        for j in range(k + 1):
            row[j] = sums[k, j] * pivot
        for i in range(k + 1, size):
            left, entry = sums[i], factor[k, i]
            for j in range(k + 1):
                left[j] -= np.float64(entry * row[j])
    for i in range(size):
        for j in range(size):
            sums[i, j] = out[i, j]
    for k in range(size - 1, -1, -1):
        row, pivot = out[k], np.float64(factor[k, k])
        for j in range(size):
            row[j] = sums[k, j] * pivot
        for i in range(k):
            left, entry = sums[i], transposed[k, i]
            for j in range(size):
                left[j] -= np.float64(entry * row[j])
    return True
