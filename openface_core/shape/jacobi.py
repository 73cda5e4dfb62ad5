"""The nearest rotation of a small matrix, rounded as OpenCV's singular values are.

References
----------
``Orthonormalise`` of OpenFace 2.2's PDM.cpp; ``cv::SVD`` of OpenCV 4.6 (one-sided Jacobi
rotations), ``cv::gemm`` and ``cv::determinant``.
"""

import math

import numpy as np

from openface_core.kernel import kernel
from openface_core.shape.pdm import Float32Array

_MOST_SWEEPS = 30
_LEAST = float(np.finfo(np.float32).tiny)
_ORTHOGONAL = 2.0 * float(np.finfo(np.float32).eps)
"""Rows whose cosine is below this are orthogonal."""


@kernel
def _dot(rows: Float32Array, i: int, j: int) -> float:
    total = 0.0
    for k in range(3):
        total += np.float64(rows[i, k]) * np.float64(rows[j, k])
    return total


@kernel
def _rotate_rows(rows: Float32Array, i: int, j: int, c: np.float32, s: np.float32) -> None:
    for k in range(3):
        first = c * rows[i, k] + s * rows[j, k]
        rows[j, k] = -s * rows[i, k] + c * rows[j, k]
        rows[i, k] = first


@kernel
def _sweep(rows: Float32Array, right: Float32Array) -> bool:
    """Turn each pair of rows until it is orthogonal, and another matrix along; False if all are."""
    changed = False
    for i in range(2):
        for j in range(i + 1, 3):
            a, b, p = _dot(rows, i, i), _dot(rows, j, j), _dot(rows, i, j)
            if not abs(p) > _ORTHOGONAL * math.sqrt(a * b):
                continue
            p *= 2.0
            difference = a - b
            length = math.hypot(p, difference)
            if difference < 0.0:
                s = np.float32(math.sqrt((length - difference) * 0.5 / length))
                c = np.float32(p / (length * np.float64(s) * 2.0))
            else:
                c = np.float32(math.sqrt((length + difference) / (length * 2.0)))
                s = np.float32(p / (length * np.float64(c) * 2.0))
            _rotate_rows(rows, i, j, c, s)
            _rotate_rows(right, i, j, c, s)
            changed = True
    return changed


@kernel
def _product(a: Float32Array, b: Float32Array, out: Float32Array) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@kernel
def _determinant(m: Float32Array) -> float:
    """Return the determinant, of float32 numbers in double precision."""
    a, b, c = np.float64(m[0, 0]), np.float64(m[0, 1]), np.float64(m[0, 2])
    d, e, f = np.float64(m[1, 0]), np.float64(m[1, 1]), np.float64(m[1, 2])
    g, h, i = np.float64(m[2, 0]), np.float64(m[2, 1]), np.float64(m[2, 2])
    return float(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


@kernel
def orthonormal_float32(matrix: Float32Array) -> None:
    """Replace a matrix (3, 3) that is nearly a rotation by the one next to it."""
    rows, right = matrix.T.copy(), np.eye(3, dtype=np.float32)
    for _ in range(_MOST_SWEEPS):
        if not _sweep(rows, right):
            break
    lengths = np.empty(3)
    for i in range(3):
        lengths[i] = math.sqrt(_dot(rows, i, i))
    for i in range(2):  # the longest first
        longest = i
        for k in range(i + 1, 3):
            if lengths[longest] < lengths[k]:
                longest = k
        if longest != i:
            lengths[i], lengths[longest] = lengths[longest], lengths[i]
            for k in range(3):
                rows[i, k], rows[longest, k] = rows[longest, k], rows[i, k]
                right[i, k], right[longest, k] = right[longest, k], right[i, k]
    for i in range(3):
        factor = np.float32(1.0 / lengths[i] if lengths[i] > _LEAST else 0.0)
        for k in range(3):
            rows[i, k] *= factor
    left, rotation = rows.T.copy(), np.empty((3, 3), dtype=np.float32)
    _product(left, right, rotation)
    handed = np.eye(3, dtype=np.float32)
    handed[2, 2] = _determinant(rotation)
    _product(left, handed, rotation)
    _product(rotation, right, matrix)
