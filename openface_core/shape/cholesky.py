"""Linear equations by Cholesky's method, rounded as OpenCV rounds it.

Factors and products are float32, sums float64, in the order of the columns.

References
----------
``cv::solve`` and ``cv::invert`` (``DECOMP_CHOLESKY``) of OpenCV 4.6, for fewer than a hundred
unknowns; it leaves larger ones to LAPACK.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.shape.pdm import Float32Array

_GROUP = 8
"""Loops begin at multiples of this."""

_LEAST_PIVOT = float(np.finfo(np.float32).eps)


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
    factor, transposed : (u, u) ndarray of float32
        Receive the factor's columns as rows, and the factor itself; diagonals are inverted.
    sums : (u,) ndarray of float64
        Working space.
    """
    size = factor.shape[0]
    for j in range(size):
        # What that leaves above the diagonal is not looked at. Slices, because of places that do
        # not begin at 0 numba looks whether they count from the end.
        begin = j - j % _GROUP
        left = sums[begin:size]
        length = left.shape[0]
        for i in range(length):
            left[i] = matrix[begin + i, j]
        diagonal = sums[j]
        whole = j - j % 4
        for k in range(0, whole, 4):  # a sum is loaded and stored a quarter as often
            r0, r1 = factor[k, begin:size], factor[k + 1, begin:size]
            r2, r3 = factor[k + 2, begin:size], factor[k + 3, begin:size]
            at = j - begin
            a, b, c, d = r0[at], r1[at], r2[at], r3[at]
            for i in range(length):
                value = left[i] - np.float64(r0[i] * a)
                value -= np.float64(r1[i] * b)
                value -= np.float64(r2[i] * c)
                left[i] = value - np.float64(r3[i] * d)
        for k in range(whole, j):
            row = factor[k, begin:size]
            other = row[j - begin]
            for i in range(length):
                left[i] -= np.float64(row[i] * other)
        for k in range(j):  # of the diagonal, products are exact
            exact = np.float64(transposed[j, k])
            diagonal -= exact * exact
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
        value, row, left = x[k], factor[k, k + 1 :], sums[k + 1 :]
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
    factor, transposed = np.empty_like(matrix), np.empty_like(matrix)
    sums, column = np.empty(size, dtype=np.float64), np.empty(size, dtype=np.float32)
    if not factorise(matrix, factor, transposed, sums):
        return False
    for k in range(size):
        column[:] = 0.0
        column[k] = 1.0
        substitute(factor, transposed, sums, column)
        out[:, k] = column
    return True
