"""Twins of the landmark network's losses: one heat map, one eigendecomposition at a time."""

import math

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]


def centres(count: int) -> Float64Array:
    """Return the centres of cells that span -1 to 1."""
    return np.array([-1.0 + (2.0 * i + 1.0) / count for i in range(count)])


def moments(density: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return the mean (x, y) and the 2 x 2 covariance of a heat map (h, w)."""
    mean, second = np.zeros(2), np.zeros((2, 2))
    for i, y in enumerate(centres(density.shape[0])):
        for j, x in enumerate(centres(density.shape[1])):
            place = np.array([x, y])
            mean += density[i, j] * place
            second += density[i, j] * np.outer(place, place)
    return mean, second - np.outer(mean, mean)


def star_loss(
    density: Float64Array, target: Float64Array, bend: float, restriction: float
) -> float:
    """Return the loss of one point by a library's eigendecomposition."""
    mean, covariance = moments(density)
    variances, vectors = np.linalg.eigh(covariance)
    loss = restriction * variances.mean()
    for variance, vector in zip(variances, vectors.T, strict=True):
        error = abs(float(vector @ (target - mean)))
        distance = error**2 / (2.0 * bend) if error < bend else error - bend / 2.0
        loss += distance / math.sqrt(variance)
    return float(loss)


def map_loss(density: Float64Array, target: Float64Array, sigma_cells: float) -> float:
    """Return the Kullback-Leibler divergence of a heat map from a Gaussian around a point."""
    height, width = density.shape
    wanted = np.empty_like(density)
    for i, y in enumerate(centres(height)):
        for j, x in enumerate(centres(width)):
            dx, dy = (x - target[0]) * width / 2.0, (y - target[1]) * height / 2.0
            wanted[i, j] = math.exp(-(dx * dx + dy * dy) / (2.0 * sigma_cells**2))
    wanted /= wanted.sum()
    return float((wanted * np.log(wanted / density)).sum())
