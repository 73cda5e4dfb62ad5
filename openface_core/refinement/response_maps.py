"""Response maps: how likely each expert holds every position of the window around its landmark.

References
----------
``CCNF_patch_expert::ResponseOpenBlas``, ``SVR_patch_expert::Response`` and
``Patch_experts::Response`` of OpenFace 2.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.refinement.patch_areas import GreyPicture, sample_area

Float32Array = NDArray[np.float32]

MIN_ALPHA = 1e-4
"""CCNF neurons weaker than this are left out, as in OpenFace."""


@kernel
def _cut_strips(area: Float32Array, window: int, strips: Float32Array) -> None:
    """Copy the area (a, a) once per column of a template, cut to `window` columns from there on.

    What a template's pixel (yy, xx) sees at all positions is then one run of memory,
    ``strips[xx, yy * window :]``, so that loops over positions are contiguous.
    """
    for xx in range(strips.shape[0]):
        for i in range(area.shape[0]):
            for j in range(window):
                strips[xx, i * window + j] = area[i, j + xx]


@kernel
def _local_means(strips: Float32Array, window: int, out: Float32Array) -> None:
    """Write the mean of what a template sees at every position, (w * w,)."""
    support, length = strips.shape
    rows = np.zeros(length, dtype=np.float32)
    for xx in range(support):
        for p in range(length):
            rows[p] += strips[xx, p]
    out[:] = 0.0
    for yy in range(support):
        for p in range(out.shape[0]):
            out[p] += rows[yy * window + p]
    count = np.float32(support * support)
    for p in range(out.shape[0]):
        out[p] /= count


@kernel
def _correlate(
    area: Float32Array, weights: Float32Array, strips: Float32Array, out: Float32Array
) -> None:
    """Write the normalised correlations of templates with the picture at every position.

    At each position the picture under the template is brought to mean 0 and length 1 (to 0 if it
    has no contrast). The templates are applied as they are.

    Parameters
    ----------
    area : (w + s - 1, w + s - 1) ndarray of float32
        The picture around the landmark.
    weights : (k, s * s) ndarray of float32
        The templates.
    strips : (s, (w + s - 1) * w) ndarray of float32
        Working space.
    out : (k, w * w) ndarray of float32
        Receives the correlations.
    """
    templates, positions = out.shape
    support = strips.shape[0]
    window = area.shape[0] - support + 1
    means = np.empty(positions, dtype=np.float32)
    squares = np.zeros(positions, dtype=np.float32)
    centred = np.empty(positions, dtype=np.float32)
    _cut_strips(area, window, strips)
    _local_means(strips, window, means)
    out[:, :] = 0.0
    for k in range(support * support):
        seen = strips[k % support, k // support * window :]
        for p in range(positions):
            value = seen[p] - means[p]
            centred[p] = value
            squares[p] += value * value
        for q in range(templates):
            weight = weights[q, k]
            row = out[q]
            for p in range(positions):
                row[p] += weight * centred[p]
    one = np.float32(1.0)
    for p in range(positions):
        length = np.sqrt(squares[p])
        squares[p] = one / length if length > 0.0 else one
    for q in range(templates):
        row = out[q]
        for p in range(positions):
            row[p] *= squares[p]


@kernel
def ccnf_map(
    area: Float32Array,
    weights: Float32Array,
    biases: Float32Array,
    alphas: Float32Array,
    smoothing: Float32Array,
    strips: Float32Array,
    correlations: Float32Array,
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
    strips : (s, (w + s - 1) * w) ndarray of float32
        Working space.
    correlations : (>= k, w * w) ndarray of float32
        Working space.
    out : (w * w,) ndarray of float32
        Receives the map, row by row, smallest value not below 0.
    """
    neurons, positions = weights.shape[0], out.shape[0]
    found = correlations[:neurons]
    _correlate(area, weights, strips, found)
    response = np.zeros(positions, dtype=np.float32)
    one, two = np.float32(1.0), np.float32(2.0)
    for q in range(neurons):
        if alphas[q] > MIN_ALPHA:
            for p in range(positions):
                logit = found[q, p] + biases[q]
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
    strips: Float32Array,
    correlations: Float32Array,
    out: Float32Array,
) -> None:
    """Write the response map of one SVR expert; arrays as for :func:`ccnf_map`.

    `weights` must have mean 0 and length 1, so that the products are normalised correlations.
    """
    positions = out.shape[0]
    seen = np.empty_like(area)
    out[:] = 1.0
    one = np.float32(1.0)
    for q in range(weights.shape[0]):
        if uses_gradient[q]:
            _squared_gradient(area, seen)
        else:
            seen[:, :] = area
        found = correlations[:1]
        _correlate(seen, weights[q : q + 1], strips, found)
        for p in range(positions):
            logit = scalings[q] * found[0, p] + biases[q]
            out[p] *= one / (one + np.exp(-logit))


class CcnfView(NamedTuple):
    """The CCNF experts of one view, as kernels read them.

    Parameters
    ----------
    visible : (n,) ndarray of bool
        Landmarks that show.
    begins, counts : (n,) ndarray of int64
        Where an expert's neurons begin, and how many there are.
    weights, biases, alphas : (k, s * s), (k,), (k,) ndarray of float32
        The neurons of all experts.
    smoothing : (q, w * w, w * w) or (q, 1, 1) ndarray of float32
        Smoothing matrices, or the factors that stand in their place.
    smoothing_index : (n,) ndarray of int64
        Which of them smooths a landmark's map.
    """

    visible: NDArray[np.bool_]
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]
    weights: Float32Array
    biases: Float32Array
    alphas: Float32Array
    smoothing: Float32Array
    smoothing_index: NDArray[np.int64]


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
    side = window + support - 1
    area = np.empty((side, side), dtype=np.float32)
    strips = np.empty((support, side * window), dtype=np.float32)
    # Numba imports SciPy's linear algebra for an array's max().
    most = 1
    for i in range(view.counts.shape[0]):
        most = max(most, view.counts[i])
    correlations = np.empty((most, window * window), dtype=np.float32)
    for i in range(landmarks.shape[0]):
        if not view.visible[i]:
            out[i] = 0.0
            continue
        sample_area(grey, landmarks[i, 0], landmarks[i, 1], to_image, area)
        begin, end = view.begins[i], view.begins[i] + view.counts[i]
        ccnf_map(
            area, view.weights[begin:end], view.biases[begin:end], view.alphas[begin:end],
            view.smoothing[view.smoothing_index[i]], strips, correlations, out[i],
        )  # fmt: skip


class SvrView(NamedTuple):
    """The SVR experts of one view, as kernels read them.

    Parameters
    ----------
    visible : (n,) ndarray of bool
        Landmarks that show.
    begins, counts : (n,) ndarray of int64
        Where an expert's detectors begin, and how many there are.
    weights : (k, s * s) ndarray of float32
        Templates of all detectors, of mean 0 and length 1.
    uses_gradient : (k,) ndarray of bool
        Whether a detector sees the squared gradient in place of the picture.
    scalings, biases : (k,) ndarray of float32
        What turns correlations into logits.
    """

    visible: NDArray[np.bool_]
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]
    weights: Float32Array
    uses_gradient: NDArray[np.bool_]
    scalings: Float32Array
    biases: Float32Array


@kernel
def svr_maps(
    grey: GreyPicture,
    landmarks: Float32Array,
    to_image: Float32Array,
    view: SvrView,
    window: int,
    support: int,
    out: Float32Array,
) -> None:
    """Write the response maps of one view's SVR experts; parameters as for :func:`ccnf_maps`."""
    side = window + support - 1
    area = np.empty((side, side), dtype=np.float32)
    strips = np.empty((support, side * window), dtype=np.float32)
    correlations = np.empty((1, window * window), dtype=np.float32)
    for i in range(landmarks.shape[0]):
        if not view.visible[i]:
            out[i] = 0.0
            continue
        sample_area(grey, landmarks[i, 0], landmarks[i, 1], to_image, area)
        begin, end = view.begins[i], view.begins[i] + view.counts[i]
        svr_map(
            area, view.weights[begin:end], view.uses_gradient[begin:end],
            view.scalings[begin:end], view.biases[begin:end], strips, correlations, out[i],
        )  # fmt: skip
