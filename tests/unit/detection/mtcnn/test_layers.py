import numpy as np
import pytest

from openface_core.detection.mtcnn.layers import (
    Convolution,
    Dense,
    Layer,
    LayeredNetwork,
    MaxPooling,
    ParametricRelu,
)

CHANCE = np.random.default_rng(3)


def some(*shape: int) -> np.ndarray:
    return CHANCE.normal(size=shape).astype(np.float32)


def correlation(maps: np.ndarray, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """NumPy twin of a convolution layer."""
    size = weights.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))
    return np.einsum("nyxij,knij->kyx", windows, weights) + biases[:, None, None]


@pytest.mark.parametrize("shape", [(3, 12, 12), (2, 5, 300), (4, 90, 70)])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_convolution_is_a_correlation(shape: tuple[int, int, int], size: int) -> None:
    maps, weights, biases = some(*shape), some(7, shape[0], size, size), some(7)
    layer = Convolution(weights, biases)
    found = layer.run(maps)
    assert found.shape == layer.output_shape(shape)
    np.testing.assert_allclose(found, correlation(maps, weights, biases), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2)])
@pytest.mark.parametrize("side", [6, 7, 10, 11])
def test_pooling_takes_the_greatest_and_may_reach_beyond(size: int, stride: int, side: int) -> None:
    maps = some(2, side, side + 1)
    layer = MaxPooling(size, stride)
    found = layer.run(maps)
    for i in range(found.shape[1]):
        for j in range(found.shape[2]):
            square = maps[:, i * stride : i * stride + size, j * stride : j * stride + size]
            np.testing.assert_array_equal(found[:, i, j], square.max(axis=(1, 2)))
    covered = [(n - 1) * stride + size for n in found.shape[1:]]
    assert all(c >= n > c - stride for c, n in zip(covered, maps.shape[1:], strict=True))


def test_slopes_count_for_negative_values_only() -> None:
    maps = np.array([[[-2.0, 3.0]], [[-4.0, 0.0]]], dtype=np.float32)
    found = ParametricRelu(np.array([0.5, 0.25], dtype=np.float32)).run(maps)
    assert found.ravel().tolist() == [-1.0, 3.0, -1.0, 0.0]


def test_a_dense_layer_is_applied_at_each_position_or_to_all_there_is() -> None:
    maps, biases = some(3, 4, 5), some(6)
    at_each, of_all = some(6, 3), some(6, 60)
    found = Dense(at_each, biases).run(maps)
    expected = np.einsum("kn,nyx->kyx", at_each, maps) + biases[:, None, None]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    column_by_column = np.concatenate([plane.T.ravel() for plane in maps])
    found = Dense(of_all, biases).run(maps)
    assert found.shape == (6, 1, 1)
    expected = of_all @ column_by_column + biases
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        Convolution(np.zeros((2, 4, 3, 3), np.float32), np.zeros(2, np.float32)),
        Convolution(np.zeros((2, 3, 9, 9), np.float32), np.zeros(2, np.float32)),
        MaxPooling(9, 2),
        ParametricRelu(np.zeros(2, np.float32)),
        Dense(np.zeros((2, 7), np.float32), np.zeros(2, np.float32)),
    ],
)
def test_what_does_not_fit_is_told(layer: Layer) -> None:
    with pytest.raises(ValueError, match="not fit"):
        LayeredNetwork([layer]).output_shape((3, 8, 8))


def test_sizes_of_weights_and_biases_must_agree() -> None:
    with pytest.raises(ValueError, match="square kernels"):
        Convolution(np.zeros((2, 3, 3, 2), np.float32), np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="k biases"):
        Dense(np.zeros((2, 3), np.float32), np.zeros(3, np.float32))
