import numpy as np
import pytest

from openface_core.matrix_product import LANE_MULTIPLE, affine_product, linear_product, padded


@pytest.mark.parametrize("outputs", [1, 2, 7, 8, 9, 50])
@pytest.mark.parametrize("columns", [LANE_MULTIPLE * k for k in (1, 2, 3, 4, 5, 7)])
def test_a_product_of_any_size_is_that_of_numpy(outputs: int, columns: int) -> None:
    random = np.random.default_rng(outputs + columns)
    inputs = 13
    weights = random.normal(size=(outputs, inputs)).astype(np.float32)
    biases = random.normal(size=outputs).astype(np.float32)
    x = random.normal(size=(inputs + 2, columns + LANE_MULTIPLE)).astype(np.float32)
    values = np.concatenate([np.zeros(3, np.float32), biases, weights.ravel()])
    out = np.full((outputs + 1, columns + LANE_MULTIPLE), np.nan, dtype=np.float32)
    affine_product(values, 3 + outputs, 3, inputs, outputs, x, columns, out)
    expected = weights.astype(np.float64) @ x[:inputs, :columns] + biases[:, None]
    np.testing.assert_allclose(out[:outputs, :columns], expected, rtol=1e-5, atol=1e-5)
    assert np.isnan(out[outputs]).all()
    assert np.isnan(out[:, columns:]).all()


def test_rows_can_be_taken_from_among_others() -> None:
    random = np.random.default_rng(2)
    weights = random.normal(size=(40, 121)).astype(np.float32)
    x = random.normal(size=(121, 2 * LANE_MULTIPLE)).astype(np.float32)
    out = np.empty((9, 2 * LANE_MULTIPLE), dtype=np.float32)
    linear_product(weights, 30, 9, np.zeros(9, np.float32), x, 2 * LANE_MULTIPLE, out)
    np.testing.assert_allclose(out, weights[30:39].astype(np.float64) @ x, rtol=1e-5, atol=1e-4)


def test_an_element_does_not_depend_on_what_is_computed_beside_it() -> None:
    random = np.random.default_rng(1)
    weights = random.normal(size=(50, 300)).astype(np.float32)
    values = np.concatenate([weights.ravel(), random.normal(size=50).astype(np.float32)])
    x = random.normal(size=(300, 80)).astype(np.float32)
    whole = np.empty((50, 80), dtype=np.float32)
    affine_product(values, 0, 15000, 300, 50, x, 80, whole)
    for row, column in ((0, 0), (49, 64), (8, 32)):
        one = np.empty((1, LANE_MULTIPLE), dtype=np.float32)
        beside = np.ascontiguousarray(x[:, column : column + LANE_MULTIPLE])
        affine_product(values, row * 300, 15000 + row, 300, 1, beside, LANE_MULTIPLE, one)
        assert one[0, 0] == whole[row, column]


def test_columns_are_padded_to_whole_vectors() -> None:
    assert [padded(n) for n in (1, LANE_MULTIPLE, LANE_MULTIPLE + 1)] == [
        LANE_MULTIPLE,
        LANE_MULTIPLE,
        2 * LANE_MULTIPLE,
    ]
