"""Response maps of CCNF experts, rounded as in the C++ program.

References
----------
``CCNF_patch_expert::ResponseOpenBlas`` and ``Patch_experts::Response`` of OpenFace 2.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.logistic import exp_float64
from openface_core.matrix_product import (
    TILE_ROWS,
    blas_product,
    laned_combination,
    padded,
)
from openface_core.refinement.blocks import (
    cut_strips,
    new_strips,
    pixel_offsets,
    write_blocks,
)
from openface_core.refinement.patch_areas import (
    GreyPicture,
    new_places,
    new_steps,
    sample_columns,
    square_with_room,
)

Float32Array = NDArray[np.float32]

MIN_ALPHA = 1e-4
"""CCNF neurons weaker than this are left out, as in OpenFace."""
OPT_ACT = 4


class CcnfView(NamedTuple):
    """The CCNF experts of one view, as kernels read them.

    Parameters
    ----------
    visible : (n,) ndarray of bool
        Landmarks that show.
    begins, counts : (n,) ndarray of int64
        Where an expert's neurons begin, and how many there are.
    weights : (k, 1 + s * s) ndarray of float32
        Bias and weights of each neuron, these column by column of what it sees.
    alphas : (k,) ndarray of float64
        Strengths of the neurons.
    smoothing : (q, w * w, w * w) or (q, 1, 1) ndarray of float32
        Smoothing matrices, transposed, or the factors that stand in their place.
    smoothing_index : (n,) ndarray of int64
        Which of them smooths a landmark's map.
    """

    visible: NDArray[np.bool_]
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]
    weights: Float32Array
    alphas: NDArray[np.float64]
    smoothing: Float32Array
    smoothing_index: NDArray[np.int64]


class _Space(NamedTuple):
    """Working space for maps of side w, kept from landmark to landmark.

    Parameters
    ----------
    area : (a * a + 16,) ndarray of float32
        The picture around the landmark, column by column; a is w + s - 1, where s is the side of
        what an expert sees.
    places, steps : (4, a), (2, c) ndarray of int64, int32
        Working space for its samples.
    strips : (s, 1, l) ndarray of float32
        The same, once per row of what an expert sees.
    offsets : (2, s * s) ndarray of int64
        Where in the strips it begins.
    blocks : (1 + s * s, c) ndarray of float32
        What an expert sees at every position; c is w * w, padded for products of matrices.
    found : (r, c) ndarray of float32
        Products of neurons with it.
    response, by_rows, smoothed : (w * w,) ndarray of float32
        Sums over neurons, column by column; the same row by row; the same, smoothed.
    """

    area: Float32Array
    places: NDArray[np.int64]
    steps: NDArray[np.int32]
    strips: Float32Array
    offsets: NDArray[np.int64]
    blocks: Float32Array
    found: Float32Array
    response: Float32Array
    by_rows: Float32Array
    smoothed: Float32Array


@kernel
def _working_space(window: int, support: int, neurons: int) -> _Space:
    """Return working space for experts of at most so many neurons."""
    side, positions = window + support - 1, window * window
    columns = padded(positions)
    rows = neurons + TILE_ROWS - 1
    strips = new_strips(window, support, 1)
    return _Space(
        square_with_room(side),
        new_places(side),
        new_steps(side),
        strips,
        pixel_offsets(strips, window),
        np.zeros((1 + support * support, columns), dtype=np.float32),
        np.empty((rows, columns), dtype=np.float32),
        np.empty(positions, dtype=np.float32),
        np.empty(positions, dtype=np.float32),
        np.empty(positions, dtype=np.float32),
    )


@kernel
def _add_neuron(found: Float32Array, alpha: float, response: Float32Array) -> None:
    """Add a logistic neuron's responses (c,), given its products with the picture."""
    strength = 2.0 * alpha
    for p in range(response.shape[0]):
        odds = exp_float64(-np.float64(found[p]))
        response[p] = np.float64(response[p]) + strength / (1.0 + odds)


@kernel
def _smooth(matrix: Float32Array, response: Float32Array, out: Float32Array) -> None:
    """Write the product of a smoothing matrix, given transposed, and a map (w * w,)."""
    if matrix.shape[0] == 1:
        for p in range(response.shape[0]):
            out[p] = matrix[0, 0] * response[p]
    else:
        laned_combination(matrix, response, out)


@kernel
def _write_map(
    space: _Space, window: int, view: CcnfView, landmark: int, out: Float32Array
) -> None:
    """Write the response map (w * w,) of one expert, row by row, smallest value not below 0."""
    count, inputs = out.shape[0], view.weights.shape[1]
    begin, neurons = view.begins[landmark], view.counts[landmark]
    cut_strips(space.area, window, False, space.strips)
    write_blocks(space.strips, space.offsets, 0, count, space.blocks)
    weights, at = view.weights.reshape(-1), begin * inputs
    # Whole tiles are faster: the rows that follow are another expert's, and not looked at.
    rows = min((neurons + TILE_ROWS - 1) // TILE_ROWS * TILE_ROWS, view.weights.shape[0] - begin)
    blas_product(weights, at, inputs, neurons, rows, space.blocks, count, space.found)
    space.response[:] = 0.0
    for q in range(neurons):
        alpha = view.alphas[begin + q]
        if alpha > MIN_ALPHA:
            _add_neuron(space.found[q], alpha, space.response)
    for x in range(window):
        for y in range(window):
            space.by_rows[y * window + x] = space.response[x * window + y]
    matrix = view.smoothing[view.smoothing_index[landmark]]
    _smooth(matrix, space.by_rows, space.smoothed)
    least = np.float32(0.0)
    for p in range(count):
        least = min(least, space.smoothed[p])
    for p in range(count):
        out[p] = space.smoothed[p] - least


@kernel
def _most(counts: NDArray[np.int64]) -> int:
    """Return the largest; of an array's max(), numba imports SciPy's linear algebra."""
    most = 1
    for i in range(counts.shape[0]):
        most = max(most, counts[i])
    return most


@kernel
def ccnf_maps(
    grey: GreyPicture,
    landmarks: Float32Array,
    to_image: Float32Array,
    view: CcnfView,
    window: int,
    support: int,
    out: Float32Array,
) -> None:
    """Write the response maps (n, w * w) of one view's CCNF experts around landmarks (n, 2).

    Parameters
    ----------
    grey : (H, W) ndarray of uint8 or float32
        The grey picture.
    landmarks : (n, 2) ndarray of float32
        Centres of the maps, pixels.
    to_image : (2, 2) ndarray of float32
        Rotation and scale from the experts' pixels to those of the picture.
    view : CcnfView
        The experts.
    window, support : int
        Side w of the maps, and side s of what an expert sees.
    out : (n, w * w) ndarray of float32
        Receives the maps; 0 for landmarks that do not show.
    """
    space = _working_space(window, support, _most(view.counts))
    # Fetched once: of what a tuple holds, numba counts every use.
    area, places, steps, visible = space.area, space.places, space.steps, view.visible
    for i in range(landmarks.shape[0]):
        if visible[i]:
            x, y = landmarks[i, 0], landmarks[i, 1]
            sample_columns(grey, x, y, to_image, places, steps, area)
            _write_map(space, window, view, i, out[i])
        else:
            out[i] = 0.0
