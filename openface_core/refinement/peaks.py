"""What response maps say of each landmark by itself: where it would be, and whether it is seen.

The first are the peaks of the maps, held by no shape. The modes of a shape model move both sides of
a face together, so that an action of one side is spread over both, and its prior holds rare shapes
back. Peaks know nothing of that. They are less steady than the fitted landmarks, and some are
wrong.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.refinement.density import mean_shift
from openface_core.refinement.landmark_fit import (
    FitWeights,
    PlacedMaps,
    ShapeArrays,
    offsets_in_maps,
)
from openface_core.shape.pdm import Float32Array
from openface_core.shape.posed_model import project

_MOST_STEPS = 20

_LEAST_DENSITY = 1e-8

_AT_REST_PX = np.float32(0.01)
"""A step this short ends the climb, pixels of the map."""


@kernel
def find_log_densities(
    model: ShapeArrays,
    weights: FitWeights,
    maps: PlacedMaps,
    parameters: Float32Array,
    local: Float32Array,
    out: Float32Array,
) -> None:
    """Write the log density (n,) of each landmark's map where the fit has it; NaN if hidden.

    It is low where something lies before the face, as a hand. Parameters are those of
    :func:`find_peaks`.
    """
    points = np.empty((out.shape[0], 2), dtype=np.float32)
    offsets = np.empty_like(points)
    shape = np.empty(model.mean.shape[0], dtype=np.float32)
    project(model.mean, model.modes, parameters, local, shape, points)
    offsets_in_maps(points, maps, offsets)
    window = maps.table.shape[2]
    factor = -0.5 / (maps.sigma_px * maps.sigma_px)
    across, down = np.empty(window), np.empty(window)
    for i in range(out.shape[0]):
        out[i] = np.nan
        if not weights.visible[i]:
            continue
        for k in range(window):
            across[k] = math.exp(factor * (offsets[i, 0] - k) ** 2)
            down[k] = math.exp(factor * (offsets[i, 1] - k) ** 2)
        density = 0.0
        for row in range(window):
            in_row = 0.0
            for column in range(window):
                in_row += maps.responses[i, row * window + column] * across[column]
            density += in_row * down[row]
        out[i] = math.log(density + _LEAST_DENSITY)


@kernel
def find_peaks(
    model: ShapeArrays,
    weights: FitWeights,
    maps: PlacedMaps,
    parameters: Float32Array,
    local: Float32Array,
    wanted: NDArray[np.bool_],
    out: Float32Array,
) -> None:
    """Write the peak of the density that each fitted landmark lies on the slope of, by mean shift.

    Parameters
    ----------
    model : ShapeArrays
        The shape model, n points and m modes.
    weights : FitWeights
        Which landmarks show; the others stay where the fit has them.
    maps : PlacedMaps
        The response maps.
    parameters, local : (6,), (m,) ndarray of float32
        The fit: pose and shape parameters.
    wanted : (n,) ndarray of bool
        Whose peaks are sought; the others stay, too.
    out : (n, 2) ndarray of float32
        Receives the peaks, pixels of the picture.
    """
    responses, table, to_image = maps.responses, maps.table, maps.to_image
    offsets = np.empty_like(out)
    shape = np.empty(model.mean.shape[0], dtype=np.float32)
    shift = np.empty(2, dtype=np.float32)
    project(model.mean, model.modes, parameters, local, shape, out)
    offsets_in_maps(out, maps, offsets)
    for i in range(out.shape[0]):
        if not (weights.visible[i] and wanted[i]):
            continue
        x, y = offsets[i, 0], offsets[i, 1]
        for _ in range(_MOST_STEPS):
            mean_shift(responses[i], table, x, y, shift)
            x += shift[0]
            y += shift[1]
            if max(abs(shift[0]), abs(shift[1])) < _AT_REST_PX:
                break
        moved_x, moved_y = x - offsets[i, 0], y - offsets[i, 1]
        out[i, 0] += moved_x * to_image[0, 0] + moved_y * to_image[0, 1]
        out[i, 1] += moved_x * to_image[1, 0] + moved_y * to_image[1, 1]
