"""Linear equations and inverses by Cholesky's method."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.shape.cholesky import factorise, invert_positive, substitute, whole_rows


def positive(size: int) -> NDArray[np.float32]:
    factor = np.random.default_rng(size).normal(size=(size + 5, size))
    return (factor.T @ factor).astype(np.float32)


def twin_factor(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the factor as OpenCV's loops have it, the diagonal inverted."""
    size = len(matrix)
    out = np.zeros_like(matrix)
    for i in range(size):
        for j in range(i):
            total = float(matrix[i, j])
            for k in range(j):
                total -= float(out[i, k] * out[j, k])
            out[i, j] = total * float(out[j, j])
        total = float(matrix[i, i])
        for k in range(i):
            total -= float(out[i, k]) ** 2
        out[i, i] = 1.0 / np.sqrt(total)
    return out


def factorised(matrix: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    size, columns = len(matrix), whole_rows(len(matrix))
    factor = np.zeros((size, columns), dtype=np.float32)
    transposed, sums = np.zeros_like(matrix), np.zeros(columns)
    lower = np.tril(matrix) + np.triu(np.full_like(matrix, np.nan), 1)  # the rest is not read
    assert factorise(lower, factor, transposed, sums)
    return factor, transposed


@pytest.mark.parametrize("size", [1, 2, 7, 8, 16, 33, 40])
def test_the_factor_is_the_twins_to_the_bit(size: int) -> None:
    matrix = positive(size)
    factor, transposed = factorised(matrix)
    expected = twin_factor(matrix)
    np.testing.assert_array_equal(np.tril(transposed), expected)
    np.testing.assert_array_equal(np.tril(factor[:, :size].T), expected)


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_equations_are_solved(size: int) -> None:
    matrix = positive(size)
    truth = np.random.default_rng(1).normal(size=size)
    found = (matrix.astype(np.float64) @ truth).astype(np.float32)
    factor, transposed = factorised(matrix)
    substitute(factor, transposed, np.empty(size), found)
    np.testing.assert_allclose(found, truth, rtol=0, atol=2e-3)


def test_an_inverse_is_one_and_other_matrices_have_none() -> None:
    matrix = positive(49) + 10.0 * np.eye(49, dtype=np.float32)
    found = np.empty_like(matrix)
    assert invert_positive(matrix, found)
    np.testing.assert_allclose(found @ matrix, np.eye(49), atol=1e-4)
    assert not invert_positive(-matrix, found)
