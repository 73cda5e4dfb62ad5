"""Where the mass of a response map lies around a landmark, and how much there is of it.

References
----------
``CLNF::NonVectorisedMeanShift_precalc_kde`` and ``CLNF::Fit`` (likelihood) of OpenFace 2.2; every
rounding is theirs, see :mod:`~openface_core.shape.posed_model`.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kept_files import kept_array
from openface_core.kernel import kernel
from openface_core.shape.pdm import Float32Array

STEPS_PER_PIXEL = 10
"""The density's centre is rounded to a tenth of a pixel, so that its kernel can be tabulated."""

_LEAST_DENSITY = 1e-8


@kernel
def _fill_table(factor: np.float32, table: Float32Array) -> None:
    centres, window = table.shape[0], table.shape[2]
    step = np.float32(1.0) / np.float32(STEPS_PER_PIXEL)
    squares = np.empty(window, dtype=np.float32)
    for y in range(centres):
        for i in range(window):
            distance = np.float32(y) * step - np.float32(i)
            squares[i] = distance * distance
        for x in range(centres):
            for i in range(window):
                for j in range(window):
                    distance = np.float32(x) * step - np.float32(j)
                    exponent = factor * fused(distance, distance, squares[i])
                    table[x, y, i, j] = math.exp(np.float64(exponent))


@lru_cache(maxsize=8)  # scales and parts have three or four in common
def kernel_table(window_px: int, sigma_px: float) -> Float32Array:
    """Return the Gaussian of the density estimate for every rounded centre.

    Parameters
    ----------
    window_px : int
        Side w of the response maps.
    sigma_px : float
        Standard deviation, pixels of the map.

    Returns
    -------
    (10 * w, 10 * w, w, w) ndarray of float32
        ``[x, y]`` is centred at x / 10, y / 10: rows and columns of a map follow. It is shared by
        all who ask for the same, and nobody writes to it.
    """
    centres = STEPS_PER_PIXEL * window_px
    shape = (centres, centres, window_px, window_px)
    sigma = np.float32(sigma_px)

    def make() -> Float32Array:
        table = np.empty(shape, dtype=np.float32)
        _fill_table(np.float32(-0.5 / np.float64(sigma * sigma)), table)
        return table

    return kept_array("kernels of density 1", (sigma.tobytes(),), shape, make)


@kernel
def mean_shift(
    response: Float32Array, table: Float32Array, x: np.float32, y: np.float32, out: Float32Array
) -> None:
    """Write how far the mass of a map (w * w,) near (x, y) lies from there, in its pixels."""
    window = table.shape[2]
    step = np.float32(1.0) / np.float32(STEPS_PER_PIXEL)
    most = np.float32(window) - step
    x = min(max(x, np.float32(0.0)), most)
    y = min(max(y, np.float32(0.0)), most)
    weights = table[int(np.float64(x / step) + 0.5), int(np.float64(y / step) + 0.5)]
    mass = sum_x = sum_y = np.float32(0.0)
    for i in range(window):
        row = np.float32(i)
        for j in range(window):
            value = response[i * window + j] * weights[i, j]
            mass += value
            sum_x = fused(value, np.float32(j), sum_x)
            sum_y = fused(value, row, sum_y)
    if mass > 0.0:
        out[0] = sum_x / mass - x
        out[1] = sum_y / mass - y
    else:
        out[0] = out[1] = 0.0


@kernel
def _density(
    response: Float32Array, x: np.float32, y: np.float32, window: int, factor: np.float64
) -> np.float32:
    """Return the density of a map (w * w,) at (x, y) as OpenFace does, term by term."""
    density = np.float32(0.0)
    for row in range(window):
        dy = y - np.float32(row)
        for column in range(window):
            dx = x - np.float32(column)
            value = response[row * window + column]
            density += value * np.float32(math.exp(factor * (dx * dx + dy * dy)))
    return density


@kernel
def _separable_density(
    response: Float32Array,
    x: np.float32,
    y: np.float32,
    factor: np.float64,
    kernels: NDArray[np.float64],
) -> float:
    """Return the same but for the last digits: a Gaussian is one of rows and one of columns.

    `kernels` (2, w) is working space.
    """
    window = kernels.shape[1]
    across, down = kernels[0], kernels[1]
    for k in range(window):
        across[k] = math.exp(factor * (x - k) ** 2)
        down[k] = math.exp(factor * (y - k) ** 2)
    density = 0.0
    for row in range(window):
        in_row = 0.0
        for column in range(window):
            in_row += response[row * window + column] * across[column]
        density += in_row * down[row]
    return density


@kernel
def log_likelihood(
    responses: Float32Array,
    offsets: Float32Array,
    visible: NDArray[np.bool_],
    window: int,
    sigma: np.float32,
    is_rounded_as_openface: bool,
    log_densities: NDArray[np.float64],
) -> float:
    """Return the mean over the visible landmarks of the log density at their positions.

    Parameters
    ----------
    responses : (n, w * w) ndarray of float32
        Response maps.
    offsets : (n, 2) ndarray of float32
        Where in the maps the landmarks are.
    visible : (n,) ndarray of bool
        Landmarks that count.
    window : int
        Side w of the maps.
    sigma : float32
        Width of the kernel density estimate.
    is_rounded_as_openface : bool
        Whether every digit is OpenFace's, which takes four times as long.
    log_densities : (n,) ndarray of float64
        Receives the log densities, NaN where a landmark does not show.
    """
    kernels = np.empty((2, window))
    total = 0.0
    count = 0
    factor = np.float64(-0.5 / (sigma * sigma))
    for i in range(visible.shape[0]):
        log_densities[i] = np.nan
        if not visible[i]:
            continue
        x, y = offsets[i, 0], offsets[i, 1]
        if is_rounded_as_openface:
            density = np.float64(_density(responses[i], x, y, window, factor))
        else:
            density = np.float64(_separable_density(responses[i], x, y, factor, kernels))
        log_densities[i] = math.log(density + _LEAST_DENSITY)
        total += log_densities[i]
        count += 1
    return total / count
