"""Response maps: how likely each expert holds every position of the window around its landmark.

References
----------
``CCNF_patch_expert::ResponseOpenBlas``, ``SVR_patch_expert::Response`` and
``Patch_experts::Response`` of OpenFace 2.2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.refinement.patch_areas import GreyPicture, sample_area

Float32Array = NDArray[np.float32]

MIN_ALPHA = 1e-4
"""CCNF neurons weaker than this are left out, as in OpenFace."""


@kernel
def _centred_columns(
    area: Float32Array, support: int, columns: Float32Array, inverse_lengths: Float32Array
) -> None:
    """Lay out what an expert sees at every position of the window, and normalise its contrast.

    Parameters
    ----------
    area : (w + support - 1, w + support - 1) ndarray of float32
        The picture around the landmark.
    support : int
        Side of the square that the expert sees.
    columns : (support ** 2, w * w) ndarray of float32
        Receives the squares, one column per position, each with mean 0.
    inverse_lengths : (w * w,) ndarray of float32
        Receives the inverse of the columns' lengths; 1 for a column of zeros.
    """
    window = area.shape[0] - support + 1
    positions = window * window
    means = np.zeros(positions, dtype=np.float32)
    for yy in range(support):
        for xx in range(support):
            column = columns[yy * support + xx]
            for i in range(window):
                for j in range(window):
                    column[i * window + j] = area[i + yy, j + xx]
            for p in range(positions):
                means[p] += column[p]
    count = np.float32(support * support)
    for p in range(positions):
        means[p] /= count
        inverse_lengths[p] = 0.0
    for k in range(support * support):
        column = columns[k]
        for p in range(positions):
            value = column[p] - means[p]
            column[p] = value
            inverse_lengths[p] += value * value
    one = np.float32(1.0)
    for p in range(positions):
        length = np.sqrt(inverse_lengths[p])
        inverse_lengths[p] = one / length if length > 0.0 else one


@kernel
def _correlate(weights: Float32Array, columns: Float32Array, out: Float32Array) -> None:
    """Write the products of an expert's neurons (k, s) with all columns (s, p) to (k, p)."""
    neurons, positions = out.shape
    out[:, :] = 0.0
    for k in range(columns.shape[0]):
        column = columns[k]
        for q in range(neurons):
            weight = weights[q, k]
            row = out[q]
            for p in range(positions):
                row[p] += weight * column[p]


@kernel
def ccnf_map(
    area: Float32Array,
    weights: Float32Array,
    biases: Float32Array,
    alphas: Float32Array,
    smoothing: Float32Array,
    columns: Float32Array,
    products: Float32Array,
    out: Float32Array,
) -> None:
    """Write the response map of one CCNF expert.

    Parameters
    ----------
    area : (w + s - 1, w + s - 1) ndarray of float32
        The picture around the landmark.
    weights, biases, alphas : (k, s * s), (k,), (k,) ndarray of float32
        The expert's neurons.
    smoothing : (w * w, w * w) or (1, 1) ndarray of float32
        The smoothing matrix, symmetric, or the factor that stands in its place.
    columns : (s * s, w * w) ndarray of float32
        Working space.
    products : (>= k, w * w) ndarray of float32
        Working space.
    out : (w * w,) ndarray of float32
        Receives the map, row by row, smallest value not below 0.
    """
    neurons, positions = weights.shape[0], out.shape[0]
    support = round(math.sqrt(weights.shape[1]))
    lengths = np.empty(positions, dtype=np.float32)
    _centred_columns(area, support, columns, lengths)
    found = products[:neurons]
    _correlate(weights, columns, found)
    response = np.zeros(positions, dtype=np.float32)
    one, two = np.float32(1.0), np.float32(2.0)
    for q in range(neurons):
        if alphas[q] > MIN_ALPHA:
            for p in range(positions):
                logit = found[q, p] * lengths[p] + biases[q]
                response[p] += two * alphas[q] / (one + np.exp(-logit))
    if smoothing.shape[0] == 1:
        for p in range(positions):
            out[p] = smoothing[0, 0] * response[p]
    else:
        out[:] = 0.0
        for k in range(positions):
            value = response[k]
            row = smoothing[k]
            for p in range(positions):
                out[p] += value * row[p]
    least = out[0]
    for p in range(positions):
        least = min(least, out[p])
    if least < 0.0:
        for p in range(positions):
            out[p] -= least


@kernel
def _squared_gradient(area: Float32Array, out: Float32Array) -> None:
    """Write the squared length of the central differences; 0 at the rim."""
    out[:, :] = 0.0
    for i in range(1, area.shape[0] - 1):
        for j in range(1, area.shape[1] - 1):
            dx = area[i, j + 1] - area[i, j - 1]
            dy = area[i + 1, j] - area[i - 1, j]
            out[i, j] = dx * dx + dy * dy


@kernel
def svr_map(
    area: Float32Array,
    weights: Float32Array,
    uses_gradient: NDArray[np.bool_],
    scalings: Float32Array,
    biases: Float32Array,
    columns: Float32Array,
    products: Float32Array,
    out: Float32Array,
) -> None:
    """Write the response map of one SVR expert; arrays as for :func:`ccnf_map`.

    `weights` must have mean 0 and length 1, so that the products are normalised correlations.
    """
    positions = out.shape[0]
    support = round(math.sqrt(weights.shape[1]))
    lengths = np.empty(positions, dtype=np.float32)
    seen = np.empty_like(area)
    out[:] = 1.0
    one = np.float32(1.0)
    for q in range(weights.shape[0]):
        if uses_gradient[q]:
            _squared_gradient(area, seen)
        else:
            seen[:, :] = area
        _centred_columns(seen, support, columns, lengths)
        found = products[:1]
        _correlate(weights[q : q + 1], columns, found)
        for p in range(positions):
            logit = scalings[q] * (found[0, p] * lengths[p]) + biases[q]
            out[p] *= one / (one + np.exp(-logit))


@kernel
def ccnf_maps(
    grey: GreyPicture,
    landmarks: Float32Array,
    to_image: Float32Array,
    visible: NDArray[np.bool_],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    weights: Float32Array,
    biases: Float32Array,
    alphas: Float32Array,
    smoothing: Float32Array,
    smoothing_index: NDArray[np.int64],
    window: int,
    support: int,
    out: Float32Array,
) -> None:
    """Write the response maps (n, w * w) of one view's CCNF experts around landmarks (n, 2).

    Parameters are those of :class:`~openface_core.refinement.patch_experts.CcnfExperts` for one
    view, and of :func:`ccnf_map`; landmark i is smoothed by ``smoothing[smoothing_index[i]]``.
    """
    side = window + support - 1
    area = np.empty((side, side), dtype=np.float32)
    columns = np.empty((support * support, window * window), dtype=np.float32)
    products = np.empty((max(1, count.max()), window * window), dtype=np.float32)
    for i in range(landmarks.shape[0]):
        if not visible[i]:
            out[i] = 0.0
            continue
        sample_area(grey, landmarks[i, 0], landmarks[i, 1], to_image, area)
        begin, end = first[i], first[i] + count[i]
        ccnf_map(
            area, weights[begin:end], biases[begin:end], alphas[begin:end],
            smoothing[smoothing_index[i]], columns, products, out[i],
        )  # fmt: skip


@kernel
def svr_maps(
    grey: GreyPicture,
    landmarks: Float32Array,
    to_image: Float32Array,
    visible: NDArray[np.bool_],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    weights: Float32Array,
    uses_gradient: NDArray[np.bool_],
    scalings: Float32Array,
    biases: Float32Array,
    window: int,
    support: int,
    out: Float32Array,
) -> None:
    """Write the response maps (n, w * w) of one view's SVR experts around landmarks (n, 2)."""
    side = window + support - 1
    area = np.empty((side, side), dtype=np.float32)
    columns = np.empty((support * support, window * window), dtype=np.float32)
    products = np.empty((1, window * window), dtype=np.float32)
    for i in range(landmarks.shape[0]):
        if not visible[i]:
            out[i] = 0.0
            continue
        sample_area(grey, landmarks[i, 0], landmarks[i, 1], to_image, area)
        begin, end = first[i], first[i] + count[i]
        svr_map(
            area, weights[begin:end], uses_gradient[begin:end], scalings[begin:end],
            biases[begin:end], columns, products, out[i],
        )  # fmt: skip
