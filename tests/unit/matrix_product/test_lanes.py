"""Sums in the order of OpenBLAS's kernels for AVX-512, against a twin that takes every step."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.matrix_product import (
    blas_product,
    block_product,
    fused_product,
    laned_columns,
    laned_combination,
    padded,
)

Float32Array = NDArray[np.float32]


def fused(a: Float32Array, b: Float32Array, c: Float32Array) -> Float32Array:
    """Return ``a * b + c``, rounded once but for ties, which are not met here."""
    return (a.astype(np.float64) * b + c).astype(np.float32)


def straight(row: Float32Array, x: Float32Array) -> Float32Array:
    total = np.zeros(x.shape[1], dtype=np.float32)
    for k in range(len(row)):
        total = fused(row[k : k + 1], x[k], total)
    return total


def in_lanes(row: Float32Array, x: Float32Array, *, by_halves: bool = False) -> Float32Array:
    lanes = [np.zeros(x.shape[1], dtype=np.float32) for _ in range(16)]
    for k in range(len(row)):
        lanes[k % 16] = fused(row[k : k + 1], x[k], lanes[k % 16])
    while len(lanes) > 1:
        half = len(lanes) // 2
        first, second = (lanes[:half], lanes[half:]) if by_halves else (lanes[::2], lanes[1::2])
        lanes = [one + other for one, other in zip(first, second, strict=True)]
    return lanes[0]


def made(inputs: int, outputs: int, count: int) -> tuple[Float32Array, Float32Array]:
    random = np.random.default_rng(inputs + 7 * outputs + 31 * count)
    weights = random.normal(size=(outputs, inputs)).astype(np.float32)
    x = np.zeros((inputs, padded(count)), dtype=np.float32)
    x[:, :count] = random.normal(size=(inputs, count))
    return weights, x


def product(weights: Float32Array, x: Float32Array, count: int) -> Float32Array:
    outputs, inputs = weights.shape
    out = np.full((outputs, x.shape[1]), np.nan, dtype=np.float32)
    blas_product(np.r_[np.float32(3), weights.ravel()], 1, inputs, outputs, outputs, x, count, out)
    return out[:, :count]


@pytest.mark.parametrize(("count", "laned"), [(1, 1), (8, 8), (9, 0), (16, 0), (40, 8), (49, 1)])
@pytest.mark.parametrize("inputs", [12, 31, 32, 34, 48, 122])
def test_a_small_product_is_summed_in_lanes_at_its_end(count: int, laned: int, inputs: int) -> None:
    assert laned_columns(count) == laned
    weights, x = made(inputs, 5, count)
    found = product(weights, x, count)
    rest = count % 4
    for number, (row, values) in enumerate(zip(weights, found, strict=True)):
        expected = straight(row, x)[:count]
        if inputs >= 32 and laned:
            expected[-laned:] = in_lanes(row, x)[count - laned : count]
            if rest and number >= 4:  # what is left of both rows and columns
                expected[-rest:] = in_lanes(row, x, by_halves=True)[count - rest : count]
        np.testing.assert_array_equal(values, expected)


def test_a_large_product_is_made_of_parts_and_has_no_lanes() -> None:
    weights, x = made(500, 120, 24)
    found = product(weights, x, 24)
    for row in (0, 119):
        first, second = straight(weights[row, :256], x[:256]), straight(weights[row, 256:], x[256:])
        np.testing.assert_array_equal(found[row], (first + second)[:24])


@pytest.mark.parametrize("terms", [1, 10, 31, 32, 34, 40])
def test_a_combination_of_rows_is_summed_in_lanes(terms: int) -> None:
    weights, rows = made(terms, 1, 204)
    for length in (208, 206, 81):
        seen = np.ascontiguousarray(rows[:, :length])
        found = np.empty(length, dtype=np.float32)
        laned_combination(seen, weights[0], found)
        expected = (in_lanes if terms >= 32 else straight)(weights[0], seen)
        if terms >= 32 and length % 4:
            last = in_lanes(weights[0], seen, by_halves=True)
            expected[-(length % 4) :] = last[-(length % 4) :]
        np.testing.assert_array_equal(found, expected)


def test_rows_of_a_fused_product_can_be_taken_from_among_others() -> None:
    weights, x = made(121, 20, 32)
    out = np.empty((9, 32), dtype=np.float32)
    fused_product(weights, 11, 9, np.zeros(9, np.float32), x, 32, out)
    for k in range(9):
        np.testing.assert_array_equal(out[k], straight(weights[11 + k], x))


@pytest.mark.parametrize("inputs", [32, 34, 47, 48])
def test_what_lies_beyond_a_row_and_a_matrix_is_not_looked_at(inputs: int) -> None:
    weights, x = made(inputs, 5, 40)
    expected = product(weights, x, 40)
    seen, values = (
        np.full((inputs + 20, x.shape[1]), np.nan, dtype=np.float32),
        np.r_[np.float32(3), weights.ravel(), np.full(40, np.nan, dtype=np.float32)],
    )
    seen[:inputs] = x
    out = np.empty((5, x.shape[1]), dtype=np.float32)
    for _ in range(20):  # memory that was used before
        used = np.full(4 * inputs, np.nan, dtype=np.float32)
        del used
        blas_product(values, 1, inputs, 5, 5, seen, 40, out)
        np.testing.assert_array_equal(out[:, :40], expected)


def test_a_block_can_be_taken_from_among_other_weights() -> None:
    weights, x = made(121, 20, 32)
    out = np.empty((9, 32), dtype=np.float32)
    block_product(weights, 11, 3, (9, 15), np.zeros(9, np.float32), x[2:], 32, out)
    for k in range(9):
        np.testing.assert_array_equal(out[k], straight(weights[11 + k, 3:18], x[2:17]))
