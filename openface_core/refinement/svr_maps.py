"""Response maps of SVR experts.

References
----------
``SVR_patch_expert::Response`` and ``Patch_experts::Response`` of OpenFace 2.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product import linear_product, padded
from openface_core.refinement.patch_areas import GreyPicture, sample_area

Float32Array = NDArray[np.float32]


class _Space(NamedTuple):
    """Working space for maps of side w and templates of side s, kept from landmark to landmark.

    Parameters
    ----------
    area : (w + s - 1, w + s - 1) ndarray of float32
        The picture around the landmark.
    strips : (s * l,) ndarray of float32
        See :func:`_cut_strips`; l is the length of a strip.
    totals : (l,) ndarray of float32
        Sums over rows of strips.
    means, scales : (c,) ndarray of float32
        Of every position; c is w * w, brought to a multiple that the product of matrices likes.
    centred : (s * s, c) ndarray of float32
        What a template sees, with the mean taken off, one column per position.
    found : (1, c) ndarray of float32
        Products of a template with it.
    zeros : (1,) ndarray of float32
        A zero.
    """

    area: Float32Array
    strips: Float32Array
    totals: Float32Array
    means: Float32Array
    scales: Float32Array
    centred: Float32Array
    found: Float32Array
    zeros: Float32Array


@kernel
def _working_space(window: int, support: int) -> _Space:
    """Return working space for the experts of one view."""
    side, columns = window + support - 1, padded(window * window)
    length = (support - 1) * window + columns
    return _Space(
        np.empty((side, side), dtype=np.float32),
        np.zeros(support * length, dtype=np.float32),
        np.empty(length, dtype=np.float32),
        np.empty(columns, dtype=np.float32),
        np.empty(columns, dtype=np.float32),
        np.empty((support * support, columns), dtype=np.float32),
        np.empty((1, columns), dtype=np.float32),
        np.zeros(1, dtype=np.float32),
    )


@kernel
def _cut_strips(area: Float32Array, window: int, length: int, strips: Float32Array) -> None:
    """Copy the area (a, a) once per column of a template, cut to `window` columns from there on.

    What a template's pixel (yy, xx) sees at all positions is then one run of memory from
    ``strips[xx * length + yy * window]`` on, so that loops over positions are contiguous.
    """
    side = area.shape[0]
    for xx in range(side - window + 1):
        for i in range(side):
            for j in range(window):
                strips[xx * length + i * window + j] = area[i, j + xx]


@kernel
def _take_means(
    strips: Float32Array, window: int, length: int, totals: Float32Array, means: Float32Array
) -> None:
    """Write the mean of what a template sees at every position.

    `totals` (l,) is working space: sums over a template's rows of pixels.
    """
    support = strips.shape[0] // length
    totals[:] = 0.0
    for xx in range(support):
        at = np.uint64(xx * length)
        for p in range(length):
            totals[p] += strips[at + np.uint64(p)]
    means[:] = 0.0
    for yy in range(support):
        at = np.uint64(yy * window)
        for p in range(means.shape[0]):
            means[p] += totals[at + np.uint64(p)]
    count = np.float32(support * support)
    for p in range(means.shape[0]):
        means[p] /= count


@kernel
def _take_means_off(
    strips: Float32Array,
    window: int,
    length: int,
    means: Float32Array,
    centred: Float32Array,
    scales: Float32Array,
) -> None:
    """Write what templates see at mean 0, one column per position, and what makes its length 1.

    The latter is 1 where there is no contrast. Places are unsigned: of others, numba looks whether
    they count from the end.
    """
    columns = means.shape[0]
    support = strips.shape[0] // length
    scales[:] = 0.0
    for yy in range(support):
        for xx in range(support):
            at = np.uint64(xx * length + yy * window)
            to = np.uint64((yy * support + xx) * columns)
            for p in range(columns):
                value = strips[at + np.uint64(p)] - means[p]
                centred[to + np.uint64(p)] = value
                scales[p] += value * value
    one = np.float32(1.0)
    for p in range(columns):
        reach = np.sqrt(scales[p])
        scales[p] = one / reach if reach > 0.0 else one


@kernel
def _centre(space: _Space, window: int) -> None:
    """Bring what templates see at every position to mean 0, and find what makes its length 1.

    Loops are in functions of their own, which are given arrays: from a tuple, numba fetches them
    anew at every step.
    """
    length = space.totals.shape[0]
    _cut_strips(space.area, window, length, space.strips)
    _take_means(space.strips, window, length, space.totals, space.means)
    _take_means_off(
        space.strips, window, length, space.means, space.centred.reshape(-1), space.scales
    )


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
def _multiply_part(
    found: Float32Array,
    scales: Float32Array,
    scaling: np.float32,
    bias: np.float32,
    out: Float32Array,
) -> None:
    """Multiply a map by a logistic detector's responses, given its products with the picture."""
    one = np.float32(1.0)
    for p in range(out.shape[0]):
        logit = scaling * (found[0, p] * scales[p]) + bias
        out[p] *= one / (one + np.exp(-logit))


@kernel
def _svr_map(space: _Space, view: "SvrView", landmark: int, window: int, out: Float32Array) -> None:
    """Write the response map (w * w,) of one expert.

    Its templates must have mean 0 and length 1, so that the products are normalised correlations.
    """
    plain = space.area.copy()
    out[:] = 1.0
    for q in range(view.begins[landmark], view.begins[landmark] + view.counts[landmark]):
        if view.uses_gradient[q]:
            _squared_gradient(plain, space.area)
        else:
            space.area[:, :] = plain
        _centre(space, window)
        columns = space.means.shape[0]
        linear_product(view.weights, q, 1, space.zeros, space.centred, columns, space.found)
        _multiply_part(space.found, space.scales, view.scalings[q], view.biases[q], out)


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
    """Write the response maps of one view's SVR experts; parameters as for `ccnf_maps`."""
    space = _working_space(window, support)
    for i in range(landmarks.shape[0]):
        if view.visible[i]:
            sample_area(grey, landmarks[i, 0], landmarks[i, 1], to_image, space.area)
            _svr_map(space, view, i, window, out[i])
        else:
            out[i] = 0.0
