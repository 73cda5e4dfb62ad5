"""Sums in the order in which OpenBLAS takes them on processors with AVX-512.

The C++ program multiplies matrices by OpenBLAS. Where its fit of landmarks comes to lie between
two of the rounded places of a density, the last digit of such a sum decides which one counts, and
that is seen in the landmarks. Sums over many columns at once go straight through the inputs, as
:mod:`~openface_core.matrix_product.tiles` does. A product of few columns and many inputs is summed
in sixteen lanes: the k-th term goes to lane k modulo 16, and neighbouring lanes are added up, two
by two.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel

Float32Array = NDArray[np.float32]

LEAST_BLAS_ROWS = 100
"""OpenCV gives products of so many rows to OpenBLAS; smaller ones it sums in double precision."""

SUM_LANES = 16

_LEAST_LANED = 32
"""Sums of fewer terms go straight through them in any case."""


@kernel
def laned_columns(columns: int) -> int:
    """Return how many of the last columns of a product OpenBLAS sums in lanes."""
    rest = columns % SUM_LANES
    return rest if rest <= SUM_LANES // 2 else 0


@kernel
def laned_dot(a: Float32Array, b: Float32Array) -> np.float32:
    """Return the product of two vectors, summed in lanes."""
    count = a.shape[0]
    if count < _LEAST_LANED:
        total = np.float32(0.0)
        for k in range(count):
            total = fused(a[k], b[k], total)
        return total
    sums = np.zeros(SUM_LANES, dtype=np.float32)
    whole = count - count % SUM_LANES
    for begin in range(0, whole, SUM_LANES):
        for lane in range(SUM_LANES):
            sums[lane] = fused(a[begin + lane], b[begin + lane], sums[lane])
    for lane in range(count - whole):
        sums[lane] = fused(a[whole + lane], b[whole + lane], sums[lane])
    left = SUM_LANES // 2
    while left > 0:
        for lane in range(left):
            sums[lane] = sums[2 * lane] + sums[2 * lane + 1]
        left //= 2
    return sums[0]


@kernel
def laned_combination(rows: Float32Array, weights: Float32Array, out: Float32Array) -> None:
    """Write the sum of rows (m, n) times weights (m,), each of the n sums in lanes."""
    count, length = rows.shape
    if count < _LEAST_LANED:
        out[:] = 0.0
        for k in range(count):
            weight, row = weights[k], rows[k]
            for i in range(length):
                out[i] = fused(weight, row[i], out[i])
        return
    lanes = np.zeros((SUM_LANES, length), dtype=np.float32)
    for k in range(count):
        weight, row, sums = weights[k], rows[k], lanes[k % SUM_LANES]
        for i in range(length):
            sums[i] = fused(weight, row[i], sums[i])
    left = SUM_LANES // 2
    while left > 0:
        for lane in range(left):
            first, second, sums = lanes[2 * lane], lanes[2 * lane + 1], lanes[lane]
            for i in range(length):
                sums[i] = first[i] + second[i]
        left //= 2
    out[:] = lanes[0]
