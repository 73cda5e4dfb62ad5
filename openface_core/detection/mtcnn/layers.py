"""Layers of MTCNN's networks. Maps are arrays (channels, rows, columns) throughout.

References
----------
``CNN_utils.cpp`` of OpenFace 2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product import (
    LANE_MULTIPLE,
    LEAST_BLAS_ROWS,
    MOST_SMALL,
    fused_product,
    laned_combination,
    large_product,
    padded,
)

Float32Array = NDArray[np.float32]
MapShape = tuple[int, int, int]

_POSITIONS_AT_ONCE = 64 * LANE_MULTIPLE
"""So many positions of a map are convolved at once: it bounds memory in large frames."""


class Layer(Protocol):
    """One step of a network."""

    def output_shape(self, shape: MapShape) -> MapShape:
        """Return the shape of the maps that it makes of others; ValueError if they do not fit."""

    def run(self, maps: Float32Array) -> Float32Array:
        """Return new maps."""


@kernel
def _unfold(maps: Float32Array, size: int, first: int, count: int, out: Float32Array) -> None:
    """Write what a square kernel sees at so many positions, counted row by row, as columns.

    Map by map, each column by column, and a 1 at the end.
    """
    channels, _, width = maps.shape
    columns = width - size + 1
    row = 0
    for c in range(channels):
        for right in range(size):
            for down in range(size):
                y, x = first // columns, first % columns
                for k in range(count):
                    out[row, k] = maps[c, y + down, x + right]
                    x += 1
                    if x == columns:
                        x = 0
                        y += 1
                row += 1
    out[row, :count] = 1.0


@kernel
def _convolve(
    maps: Float32Array, size: int, values: Float32Array, at_once: int, out: Float32Array
) -> None:
    """Correlate maps with kernels, and add biases; `out` has a row for each kernel."""
    outputs, positions = out.shape
    inputs = maps.shape[0] * size * size + 1
    most = padded(min(at_once, positions))
    seen = np.zeros((inputs, most), dtype=np.float32)
    product = np.empty((outputs, most), dtype=np.float32)
    zeros = np.zeros(outputs, dtype=np.float32)
    is_large = positions * inputs * outputs > MOST_SMALL
    weights = values.reshape(outputs, inputs)
    for first in range(0, positions, at_once):
        count = min(at_once, positions - first)
        _unfold(maps, size, first, count, seen)
        if is_large:
            large_product(values, 0, inputs, outputs, zeros, seen, count, product)
        else:
            fused_product(weights, 0, outputs, zeros, seen, padded(count), product)
        for row in range(outputs):
            for k in range(count):
                out[row, first + k] = product[row, k]


@kernel
def _pool(maps: Float32Array, size: int, stride: int, out: Float32Array) -> None:
    """Write the greatest value of each square, which may reach beyond the map."""
    channels, height, width = maps.shape
    for c in range(channels):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                most = np.float32(-np.inf)
                for y in range(i * stride, min(i * stride + size, height)):
                    for x in range(j * stride, min(j * stride + size, width)):
                        most = max(most, maps[c, y, x])
                out[c, i, j] = most


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution without padding, applied as a correlation.

    Parameters
    ----------
    weights : (k, n, s, s) ndarray of float32
        A square kernel for each output and input map.
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
        shape = self.weights.shape
        if len(shape) != 4 or shape[2] != shape[3] or self.biases.shape != shape[:1]:
            raise ValueError(
                "square kernels (k, n, s, s) and k biases are expected, found "
                f"{shape} and {self.biases.shape}"
            )

    @cached_property
    def _values(self) -> Float32Array:
        """Kernels column by column, each with its bias behind it, as OpenFace sums them."""
        by_columns = self.weights.transpose(0, 1, 3, 2).reshape(len(self.weights), -1)
        return np.concatenate([by_columns, self.biases[:, None]], axis=1).ravel()

    def output_shape(self, shape: MapShape) -> MapShape:
        """Return the shape of its maps."""
        outputs, inputs, size, _ = self.weights.shape
        if shape[0] != inputs or min(shape[1:]) < size:
            raise ValueError(f"kernels {self.weights.shape} do not fit maps {shape}")
        return outputs, shape[1] - size + 1, shape[2] - size + 1

    def run(self, maps: Float32Array) -> Float32Array:
        """Return its maps."""
        outputs, height, width = self.output_shape(maps.shape)
        out = np.empty((outputs, height * width), dtype=np.float32)
        _convolve(maps, self.weights.shape[2], self._values, _POSITIONS_AT_ONCE, out)
        return out.reshape(outputs, height, width)


@dataclass(frozen=True, eq=False)
class ParametricRelu:
    """Negative values times a number of their map.

    Parameters
    ----------
    slopes : (k,) ndarray of float32
        One for each map.
    """

    slopes: Float32Array

    def output_shape(self, shape: MapShape) -> MapShape:
        """Return the shape of its maps."""
        if self.slopes.shape != shape[:1]:
            raise ValueError(f"{self.slopes.size} slopes do not fit maps {shape}")
        return shape

    def run(self, maps: Float32Array) -> Float32Array:
        """Return its maps."""
        return np.where(maps < 0, maps * self.slopes[:, None, None], maps)


@dataclass(frozen=True)
class MaxPooling:
    """The greatest value of each square.

    Parameters
    ----------
    size, stride : int
        Side of the squares, and how far they lie apart. Those at the right and lower edge may reach
        beyond the map.
    """

    size: int
    stride: int

    def output_shape(self, shape: MapShape) -> MapShape:
        """Return the shape of its maps."""
        if min(shape[1:]) < self.size:
            raise ValueError(f"squares of {self.size} do not fit maps {shape}")
        # To the nearest whole number, and up from a half.
        height, width = (
            (2 * (side - self.size) + self.stride) // (2 * self.stride) + 1 for side in shape[1:]
        )
        return shape[0], height, width

    def run(self, maps: Float32Array) -> Float32Array:
        """Return its maps."""
        out = np.empty(self.output_shape(maps.shape), dtype=np.float32)
        _pool(maps, self.size, self.stride, out)
        return out


@dataclass(frozen=True, eq=False)
class Dense:
    """A fully connected layer: at each position over the maps, or over all there is.

    Parameters
    ----------
    weights : (k, n) ndarray of float32
        A row for each output. With as many columns as there are maps it is applied at each
        position; otherwise to all maps, one after another, each column by column.
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
        if self.weights.ndim != 2 or self.biases.shape != self.weights.shape[:1]:
            raise ValueError(
                "weights (k, n) and k biases are expected, found "
                f"{self.weights.shape} and {self.biases.shape}"
            )

    @cached_property
    def _turned(self) -> Float32Array:
        return np.ascontiguousarray(self.weights.T)

    def output_shape(self, shape: MapShape) -> MapShape:
        """Return the shape of its maps."""
        outputs, inputs = self.weights.shape
        if shape[0] == inputs:
            return outputs, *shape[1:]
        if shape[0] * shape[1] * shape[2] == inputs:
            return outputs, 1, 1
        raise ValueError(f"weights {self.weights.shape} do not fit maps {shape}")

    def run(self, maps: Float32Array) -> Float32Array:
        """Return its maps."""
        if maps.shape[0] == self.weights.shape[1] and maps.shape[1:] != (1, 1):
            # OpenCV sums products of few rows in double precision.
            columns = maps.reshape(len(maps), -1).astype(np.float64)
            products = (self.weights.astype(np.float64) @ columns).astype(np.float32)
            return (products + self.biases[:, None]).reshape(-1, *maps.shape[1:])
        seen = np.ascontiguousarray(maps.transpose(0, 2, 1)).ravel()
        if len(self.weights) >= LEAST_BLAS_ROWS:
            product = np.empty(len(self.weights), dtype=np.float32)
            laned_combination(self._turned, seen, product)
            product += self.biases
        else:
            exact = self.weights.astype(np.float64) @ seen.astype(np.float64) + self.biases
            product = exact.astype(np.float32)
        return product.reshape(-1, 1, 1)


@dataclass(frozen=True, eq=False)
class LayeredNetwork:
    """Layers one after another.

    Parameters
    ----------
    layers : sequence of Layer
        The layers.
    """

    layers: Sequence[Layer]

    def output_shape(self, shape: MapShape) -> MapShape:
        """Return the shape of what it makes of maps; ValueError if they do not fit."""
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape

    def run(self, maps: Float32Array) -> Float32Array:
        """Return what it makes of maps (3, height, width), red first."""
        for layer in self.layers:
            maps = layer.run(maps)
        return maps
