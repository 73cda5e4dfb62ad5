"""Inverses of large positive definite matrices, rounded as the C++ program's LAPACK rounds them.

OpenCV leaves a hundred unknowns or more to LAPACK, which is OpenBLAS's: so the matrices of CCNF
experts with a window of eleven pixels. Sums are those of processors with AVX-512, see
:mod:`~openface_core.matrix_product.lanes`. The factor is made a quarter of its columns at a time;
what a block of columns or rows owes to those before it is summed up first, in fused products of
float32, and taken off in one step.

References
----------
``spotrf``, ``sgemv`` and ``strsm`` of OpenBLAS 0.3.21; ``cv::invert`` (``DECOMP_CHOLESKY``) of
OpenCV 4.6.
"""

import math
from typing import NamedTuple

import numpy as np

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.matrix_product import block_product, padded
from openface_core.shape.pdm import Float32Array

_QUARTERS = 4
_COLUMNS_AT_ONCE = 4
_ROWS_AT_ONCE = 16

_PAIRED_TERMS = 4
"""Sums of so many terms are those of two pairs, in the first rows that make no whole sixteen."""


class _Space(NamedTuple):
    """A matrix of u rows on the way to its factor.

    Parameters
    ----------
    columns : (u, c) ndarray of float32
        What is there of the factor, its columns as rows; c is u, padded for products of matrices.
    rows : (u, c) ndarray of float32
        The factor's rows.
    inverses : (u,) ndarray of float32
        Of its diagonal.
    products : (u, c) ndarray of float32
        What is taken off a block.
    zeros : (u,) ndarray of float32
        Zeros.
    """

    columns: Float32Array
    rows: Float32Array
    inverses: Float32Array
    products: Float32Array
    zeros: Float32Array


@kernel
def _take_off(space: _Space, at: int, count: int, first: int, out: Float32Array) -> None:
    """Take the first products off some rows, from a column on."""
    for r in range(count):
        row, products = out[at + r], space.products[r]
        for i in range(first, row.shape[0]):
            row[i] -= products[i]


@kernel
def _eliminate(value: np.float32, pivot: Float32Array, first: int, row: Float32Array) -> None:
    """Take a multiple of a solved row off another, from a column on."""
    for i in range(first, row.shape[0]):
        row[i] = fused(-value, pivot[i], row[i])


@kernel
def _factorise_columns(space: _Space, begin: int, end: int) -> bool:
    """Factorise a small block on the diagonal, column by column; False where it has no factor."""
    factor = space.columns
    for j in range(begin, end):
        odd = (j - begin) % 2
        total = 0.0
        for k in range(begin, j - odd, 2):
            one, other = factor[k, j], factor[k + 1, j]
            total += np.float64(fused(one, one, other * other))
        if odd:
            total += np.float64(factor[j - 1, j] * factor[j - 1, j])
        squared = factor[j, j] - np.float32(total)
        if not squared > 0.0:
            return False
        factor[j, j] = np.float32(math.sqrt(squared))
        space.inverses[j] = np.float32(1.0) / factor[j, j]
        below = end - j - 1
        paired = below % 16 - below % 4 if j - begin == _PAIRED_TERMS else 0
        for i in range(j + 1, end):
            products = np.float32(0.0)
            if i - j <= paired:
                for k in range(begin, begin + 2):
                    one = factor[k, i] * factor[k, j]
                    products += fused(factor[k + 2, i], factor[k + 2, j], one)
            else:
                for k in range(begin, j):
                    products = fused(factor[k, i], factor[k, j], products)
            factor[j, i] = (factor[j, i] - products) * space.inverses[j]
    for i in range(begin, end):
        space.rows[i, begin : i + 1] = factor[begin : i + 1, i]
    return True


@kernel
def _factorise_below(space: _Space, begin: int, end: int, last: int) -> None:
    """Factorise what is below a block on the diagonal, and take it off what comes after that."""
    factor, width = space.columns, space.columns.shape[1]
    j = begin
    while j < end:
        count = _COLUMNS_AT_ONCE
        while count > end - j:
            count //= 2
        if j > begin:
            shape = (count, j - begin)
            block_product(
                space.rows, j, begin, shape, space.zeros, factor[begin:], width, space.products
            )
            _take_off(space, j, count, end, factor)
        for pivot in range(j, j + count):
            row = factor[pivot]
            for i in range(end, last):
                row[i] *= space.inverses[pivot]
            for other in range(pivot + 1, j + count):
                _eliminate(space.rows[other, pivot], row, end, factor[other])
        j += count
    for i in range(end, last):
        space.rows[i, begin:end] = factor[begin:end, i]
    shape = (last - end, end - begin)
    block_product(space.rows, end, begin, shape, space.zeros, factor[begin:], width, space.products)
    _take_off(space, end, last - end, end, factor)


@kernel
def _factorise(space: _Space) -> bool:
    """Factorise the matrix, a quarter of its columns at a time; False where it has no factor."""
    size = space.inverses.shape[0]
    step = size // _QUARTERS
    for begin in range(0, size, step):
        end = min(begin + step, size)
        if not _factorise_columns(space, begin, end):
            return False
        if end < size:
            _factorise_below(space, begin, end, size)
    return True


@kernel
def _solve_row(space: _Space, pivot: int, x: Float32Array) -> None:
    for c in range(x.shape[1]):
        x[pivot, c] *= space.inverses[pivot]


@kernel
def _substitute_forwards(space: _Space, x: Float32Array) -> None:
    """Replace right-hand sides (u, c) by what the factor makes of them."""
    size, width = x.shape
    i = 0
    while i < size:
        count = _ROWS_AT_ONCE
        while count > size - i:
            count //= 2
        if i > 0:
            block_product(space.rows, i, 0, (count, i), space.zeros, x, width, space.products)
            _take_off(space, i, count, 0, x)
        for pivot in range(i, i + count):
            _solve_row(space, pivot, x)
            for other in range(pivot + 1, i + count):
                _eliminate(space.rows[other, pivot], x[pivot], 0, x[other])
        i += count


@kernel
def _substitute_backwards(space: _Space, x: Float32Array) -> None:
    """Replace these by the solutions."""
    size, width = x.shape
    after = size
    while after > 0:
        count = 1  # what makes no whole sixteen comes first: its smallest part is last
        while count < _ROWS_AT_ONCE and not after & count:
            count *= 2
        i = after - count
        if after < size:
            shape = (count, size - after)
            block_product(
                space.columns, i, after, shape, space.zeros, x[after:], width, space.products
            )
            _take_off(space, i, count, 0, x)
        for pivot in range(after - 1, i - 1, -1):
            _solve_row(space, pivot, x)
            for other in range(i, pivot):
                _eliminate(space.columns[other, pivot], x[pivot], 0, x[other])
        after = i


@kernel
def _invert(space: _Space, x: Float32Array) -> None:
    """Write the inverse (u, c) over zeros, which stay where there is none."""
    if _factorise(space):
        for i in range(x.shape[0]):
            x[i, i] = 1.0
        _substitute_forwards(space, x)
        _substitute_backwards(space, x)


def large_inverse(matrix: Float32Array) -> Float32Array:
    """Return the inverse of a positive definite matrix; zeros where it has none, as OpenCV.

    Parameters
    ----------
    matrix : (u, u) ndarray of float32
        Symmetric, of a hundred rows or more. Each digit is LAPACK's up to 130.
    """
    size = len(matrix)
    columns, rows, products, x = np.zeros((4, size, padded(size)), dtype=np.float32)
    columns[:, :size] = matrix
    inverses, zeros = np.zeros((2, size), dtype=np.float32)
    _invert(_Space(columns, rows, inverses, products, zeros), x)
    return x[:, :size]
