"""Where response maps have each landmark by itself: their peaks, held by no shape.

The modes of a shape model move both sides of a face together, so that an action of one side is
spread over both, and its prior holds rare shapes back. Peaks know nothing of that. They are less
steady than the fitted landmarks, and some are wrong.
"""

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

_AT_REST_PX = np.float32(0.01)
"""A step this short ends the climb, pixels of the map."""


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
