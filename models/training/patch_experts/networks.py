"""The networks of all experts of one scale, trained side by side."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

_FIRST_GAIN = 6.0
"""Of the first weights: pixels of a block of length 1 are small."""

_FIRST_LEVEL = -2.0
"""Of the last bias: most positions are no landmark."""

_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8
_LEAST = np.float32(1e-7)

_HEIGHT_WEIGHT, _MOST_HEIGHT = np.float32(0.05), np.float32(2.0)
"""Of the squared difference of logarithms, which counts up to here: a flat map has none."""


class ExpertNetworks:
    """Networks of one architecture, one per expert; rectified sums, and a logistic answer.

    Parameters
    ----------
    count : int
        Number of networks l.
    units : sequence of int
        Inputs, hidden units of each layer, and 1.
    seed : int
        Seed of the first weights.

    Attributes
    ----------
    weights, biases : list of ndarray of float32
        By layer, (l, inputs, outputs) and (l, 1, outputs).
    """

    def __init__(self, count: int, units: Sequence[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.weights: list[Float32Array] = []
        self.biases: list[Float32Array] = []
        for layer, (inputs, outputs) in enumerate(pairwise(units)):
            deviation = (_FIRST_GAIN if layer == 0 else 1.0) * np.sqrt(2.0 / inputs)
            drawn = deviation * rng.standard_normal((count, inputs, outputs))
            self.weights.append(drawn.astype(np.float32))
            self.biases.append(np.zeros((count, 1, outputs), dtype=np.float32))
        self.biases[-1][:] = _FIRST_LEVEL
        parameters = (*self.weights, *self.biases)
        self._means = [np.zeros_like(values) for values in parameters]
        self._squares = [np.zeros_like(values) for values in parameters]
        self._steps = 0

    def _layers(self, blocks: Float32Array) -> list[Float32Array]:
        """Return what every layer takes, and the answers at last."""
        found = [blocks]
        for layer, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            sums = np.matmul(found[-1], weights) + biases
            is_last = layer == len(self.weights) - 1
            found.append(1 / (1 + np.exp(-sums)) if is_last else np.maximum(sums, 0))
        return found

    def answers(self, blocks: Float32Array) -> Float32Array:
        """Return the answers (l, k) to blocks (l, k, inputs)."""
        return self._layers(blocks)[-1][..., 0]

    def learn(self, blocks: Float32Array, wanted: Float32Array, rate: float) -> float:
        """Take a step of Adam towards wanted maps, and return how far from them it began.

        Parameters
        ----------
        blocks : (l, b * k, inputs) ndarray of float32
            What the networks see: b maps of k positions.
        wanted : (l, b, k) ndarray of float32
            The maps, not below 0.
        rate : float
            Length of the step.

        Returns
        -------
        float
            The mean Kullback-Leibler divergence of the networks' maps from the wanted ones before
            the step, each divided by its sum.

        Notes
        -----
        What is learned is that divergence, for mean shift goes by shares of a map; and, with less
        weight, the logarithm of the sum, by which landmarks are found likely or not.
        """
        layers = self._layers(blocks)
        answers = layers[-1][..., 0].reshape(wanted.shape)
        sums, wanted_sums = (
            maps.sum(axis=-1, keepdims=True) + _LEAST for maps in (answers, wanted)
        )
        shares, wanted_shares = answers / sums, wanted / wanted_sums
        height = np.clip(np.log(sums / wanted_sums), -_MOST_HEIGHT, _MOST_HEIGHT)
        slope = (1 - answers) * ((1 + 2 * _HEIGHT_WEIGHT * height) * shares - wanted_shares)
        slope /= np.float32(wanted.shape[1])
        slope = slope.reshape(*blocks.shape[:2], 1)
        gradients: list[Float32Array] = []
        for layer in reversed(range(len(self.weights))):
            seen = layers[layer]
            of_weights = np.matmul(seen.swapaxes(1, 2), slope)
            gradients = [of_weights, *gradients, slope.sum(axis=1, keepdims=True)]
            if layer:
                slope = np.matmul(slope, self.weights[layer].swapaxes(1, 2)) * (seen > 0)
        # Weights come first to last, biases last to first.
        depth = len(self.weights)
        self._step([*gradients[:depth], *reversed(gradients[depth:])], rate)
        return divergence(wanted_shares, shares)

    def _step(self, gradients: Sequence[Float32Array], rate: float) -> None:
        self._steps += 1
        mean_share = np.float32(1 - _MEAN_DECAY**self._steps)
        square_share = np.float32(1 - _SQUARE_DECAY**self._steps)
        parameters = (*self.weights, *self.biases)
        for values, gradient, mean, square in zip(
            parameters, gradients, self._means, self._squares, strict=True
        ):
            mean += np.float32(1 - _MEAN_DECAY) * (gradient - mean)
            square += np.float32(1 - _SQUARE_DECAY) * (gradient * gradient - square)
            root = np.sqrt(square / square_share) + np.float32(_EPSILON)
            values -= np.float32(rate) * (mean / mean_share) / root


def divergence(wanted: Float32Array, shares: Float32Array) -> float:
    """Return the mean Kullback-Leibler divergence of maps (..., k) from wanted ones."""
    return float((wanted * np.log((wanted + _LEAST) / (shares + _LEAST))).sum(axis=-1).mean())
