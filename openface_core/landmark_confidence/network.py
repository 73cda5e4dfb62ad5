"""The validator's network: convolutions with ReLU and max pooling, then two dense layers.

References
----------
``DetectionValidator::CheckCNN`` and ``CNN_utils.cpp`` of OpenFace 2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product import LANE_MULTIPLE, affine_product, padded

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]


_PIXELS_AT_ONCE = 3 * LANE_MULTIPLE
"""So many pixels are convolved while what they are made of stays in the fastest cache."""


def _pooled(size: int) -> int:
    """Return the size of a map after pooling by two, rounded up."""
    return (size + 1) // 2


@dataclass(frozen=True, eq=False)
class ConvolutionLayer:
    """A convolution, which is followed by ReLU and 2 x 2 max pooling.

    Parameters
    ----------
    weights : (k, n, h, w) ndarray of float32
        A kernel for each output and input map; applied as a correlation, without padding.
    biases : (k,) ndarray of float32
        Added to each output map.

    Raises
    ------
    ValueError
        If the sizes do not fit together.
    """

    weights: Float32Array
    biases: Float32Array

    def __post_init__(self) -> None:
        if self.weights.ndim != 4 or self.biases.shape != self.weights.shape[:1]:
            raise ValueError(
                "kernels of shape (k, n, h, w) and k biases are expected, found "
                f"{self.weights.shape} and {self.biases.shape}"
            )

    def output_shape(self, maps: int, height: int, width: int) -> tuple[int, int, int]:
        """Return maps, height and width after pooling; ValueError if the input does not fit."""
        outputs, inputs, kernel_height, kernel_width = self.weights.shape
        if inputs != maps or height <= kernel_height or width <= kernel_width:
            raise ValueError(
                f"a convolution of {inputs} maps with {kernel_height} x {kernel_width} kernels "
                f"does not fit {maps} maps of {height} x {width}"
            )
        return outputs, _pooled(height - kernel_height + 1), _pooled(width - kernel_width + 1)


@dataclass(frozen=True, eq=False)
class DenseLayer:
    """A fully connected layer.

    Parameters
    ----------
    weights : (n, k) ndarray of float32
        Weight of each input for each output.
    biases : (k,) ndarray of float32
        Added to each output.

    Raises
    ------
    ValueError
        If the sizes do not fit together.
    """

    weights: Float32Array
    biases: Float32Array

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.biases.shape != self.weights.shape[1:]:
            raise ValueError(
                "weights of shape (n, k) and k biases are expected, found "
                f"{self.weights.shape} and {self.biases.shape}"
            )


@dataclass(frozen=True, eq=False)
class _PackedConvolution:
    """A convolution as the kernel takes it.

    The maps lie one after another in memory, so that a kernel element is one distance from the
    output pixel, the same everywhere. Values are the kernels, one after another, and then the
    biases. Rows and columns are those of an output map before pooling.
    """

    values: Float32Array
    distances: Int64Array
    rows: int
    columns: int


def _pack(layer: ConvolutionLayer, height: int, width: int) -> _PackedConvolution:
    _, inputs, kernel_height, kernel_width = layer.weights.shape
    maps, rows, columns = np.ogrid[:inputs, :kernel_height, :kernel_width]
    distances = ((maps * height + rows) * width + columns).reshape(-1)
    return _PackedConvolution(
        np.concatenate([layer.weights.ravel(), layer.biases]),
        distances.astype(np.int64),
        height - kernel_height + 1,
        width - kernel_width + 1,
    )


@dataclass(frozen=True, eq=False)
class ValidationNetwork:
    """Convolutions, a hidden dense layer with ReLU, and a dense layer with one output per class.

    Parameters
    ----------
    height, width : int
        Size of the input picture.
    convolutions : sequence of ConvolutionLayer
        Applied one after another, to one map at first.
    hidden : DenseLayer
        Takes the last maps, one after another, each column by column.
    output : DenseLayer
        Gives one number per class.

    Raises
    ------
    ValueError
        If a layer does not fit the one before it.
    """

    height: int
    width: int
    convolutions: Sequence[ConvolutionLayer]
    hidden: DenseLayer
    output: DenseLayer

    def __post_init__(self) -> None:
        features = int(np.prod(self._map_shapes[-1]))
        for name, layer, inputs in (
            ("hidden", self.hidden, features),
            ("output", self.output, self.hidden.biases.size),
        ):
            if layer.weights.shape[0] != inputs:
                raise ValueError(
                    f"the {name} layer should have {inputs} inputs, found {layer.weights.shape[0]}"
                )

    @cached_property
    def _map_shapes(self) -> list[tuple[int, int, int]]:
        """Maps, height and width before the first layer and after each."""
        shapes = [(1, self.height, self.width)]
        for layer in self.convolutions:
            shapes.append(layer.output_shape(*shapes[-1]))
        return shapes

    @cached_property
    def _packed(self) -> list[_PackedConvolution]:
        return [
            _pack(layer, height, width)
            for layer, (_, height, width) in zip(self.convolutions, self._map_shapes, strict=False)
        ]

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return self.output.biases.size

    def scores(self, image: Float32Array) -> Float32Array:
        """Return the score of each class.

        Parameters
        ----------
        image : (height, width) ndarray of float32
            Normalised picture.

        Returns
        -------
        (class_count,) ndarray of float32
            Not a probability: only the order of the scores has a meaning.
        """
        maps = image[np.newaxis]
        for packed, shape in zip(self._packed, self._map_shapes[1:], strict=True):
            out = np.empty(shape, dtype=np.float32)
            _convolve_and_pool(
                maps,
                packed.values,
                packed.distances,
                packed.rows,
                packed.columns,
                out,
            )
            maps = out
        scores = np.empty(self.class_count, dtype=np.float32)
        _dense(
            maps.transpose(0, 2, 1).reshape(-1),
            self.hidden.weights,
            self.hidden.biases,
            self.output.weights,
            self.output.biases,
            scores,
        )
        return scores


@kernel
def _convolve_and_pool(
    maps: Float32Array,
    values: Float32Array,
    distances: Int64Array,
    rows: int,
    columns: int,
    out: Float32Array,
) -> None:
    """Write convolution, ReLU and 2 x 2 max pooling of `maps` (n, H, W) into `out` (k, h, w).

    The rows of the convolved maps are as long as those of the maps: their last few elements mix
    two rows and mean nothing.
    """
    kernels, taps, width = out.shape[0], distances.shape[0], maps.shape[2]
    flat = maps.reshape(-1)
    pixels = (rows - 1) * width + columns
    shifted = np.zeros((taps, _PIXELS_AT_ONCE), dtype=np.float32)
    product = np.empty((kernels, _PIXELS_AT_ONCE), dtype=np.float32)
    convolved = np.empty((kernels, pixels), dtype=np.float32)
    for first in range(0, pixels, _PIXELS_AT_ONCE):
        count = min(_PIXELS_AT_ONCE, pixels - first)
        for t in range(taps):
            begin = distances[t] + first
            seen, row = flat[begin : begin + count], shifted[t]
            for i in range(count):
                row[i] = seen[i]
        affine_product(values, 0, kernels * taps, taps, kernels, shifted, padded(count), product)
        for k in range(kernels):
            row = convolved[k, first : first + count]
            for i in range(count):
                row[i] = product[k, i]
    for k in range(kernels):
        buffer = convolved[k]
        for y in range(out.shape[1]):
            # At an odd end the last row or column stands for the one that is missing.
            upper = buffer[2 * y * width :]
            lower = buffer[min(2 * y + 1, rows - 1) * width :]
            for x in range(out.shape[2]):
                left, right = 2 * x, min(2 * x + 1, columns - 1)
                best = max(max(upper[left], upper[right]), max(lower[left], lower[right]))
                out[k, y, x] = max(best, np.float32(0.0))


@kernel
def _dense(
    features: Float32Array,
    hidden_weights: Float32Array,
    hidden_biases: Float32Array,
    output_weights: Float32Array,
    output_biases: Float32Array,
    out: Float32Array,
) -> None:
    """Write the scores of the classes."""
    hidden = hidden_biases.copy()
    for i in range(features.shape[0]):
        feature = features[i]
        for k in range(hidden.shape[0]):
            hidden[k] += feature * hidden_weights[i, k]
    out[:] = output_biases
    for i in range(hidden.shape[0]):
        feature = max(hidden[i], np.float32(0.0))
        for k in range(out.shape[0]):
            out[k] += feature * output_weights[i, k]
