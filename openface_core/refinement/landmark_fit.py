"""Regularised landmark mean shift: a shape model is moved towards the peaks of response maps.

Each step asks every map where the mass near the landmark's present position lies (mean shift of a
kernel density estimate), and takes the Gauss-Newton step of the shape model towards these places.

References
----------
J. M. Saragih, S. Lucey and J. F. Cohn, "Deformable Model Fitting by Regularized Landmark
Mean-Shift", IJCV 91, 2011; ``CLNF::NU_RLMS`` and ``PDM::Clamp`` of OpenFace 2.2.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.refinement.density import mean_shift
from openface_core.shape.newton_step import (
    GLOBAL_COUNT,
    solve_step,
    step_space,
    write_derivatives,
)
from openface_core.shape.pdm import Float32Array, PointDistributionModel
from openface_core.shape.posed_model import (
    deformed_shape,
    place_shape,
    rounded_rotation,
    turn_by,
)

_CONVERGED_PX = 0.01
"""A step that moves all landmarks together by less than this ends the fit."""

_MAX_DEVIATIONS = np.float32(3.0)
"""Shape parameters are held within so many standard deviations."""


class ShapeArrays(NamedTuple):
    """A shape model of n points and m modes, as kernels read it.

    Parameters
    ----------
    mean : (3 * n,) ndarray of float32
        Mean shape, millimetres.
    components, modes : (3 * n, m), (m, 3 * n) ndarray of float32
        Modes of deformation, and the same transposed.
    eigenvalues : (m,) ndarray of float32
        Variances of the shape parameters.
    limits : (m,) ndarray of float32
        The farthest that these may be from 0.
    is_rounded_as_openface : bool
        Whether likelihoods have every digit of OpenFace's.
    """

    mean: Float32Array
    components: Float32Array
    modes: Float32Array
    eigenvalues: Float32Array
    limits: Float32Array
    is_rounded_as_openface: bool


def shape_arrays(pdm: PointDistributionModel, *, rounded_as_openface: bool = True) -> ShapeArrays:
    """Return a shape model, whose parameters are held within three standard deviations.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    rounded_as_openface : bool
        Whether these are rounded once, and not the standard deviation before; and likelihoods.
    """
    variances = pdm.eigenvalues
    limits = _MAX_DEVIATIONS * np.sqrt(variances)
    if rounded_as_openface:
        limits = (_MAX_DEVIATIONS * np.sqrt(variances.astype(np.float64))).astype(np.float32)
    return ShapeArrays(
        pdm.mean_mm, pdm.components_mm, pdm.modes_mm, variances, limits, rounded_as_openface
    )


class FitWeights(NamedTuple):
    """What has how much say in a fit, for one view.

    Parameters
    ----------
    visible : (n,) ndarray of bool
        Landmarks that show.
    weights : (n,) ndarray of float32
        The landmarks' weights, 0 for those that do not show.
    regularisation : float32
        Multiple of the inverse eigenvalues that holds the shape parameters back.
    """

    visible: NDArray[np.bool_]
    weights: Float32Array
    regularisation: np.float32


class PlacedMaps(NamedTuple):
    """Response maps and where they lie in the picture.

    Parameters
    ----------
    responses : (n, w * w) ndarray of float32
        Response maps.
    table : (10 * w, 10 * w, w, w) ndarray of float32
        See :func:`~openface_core.refinement.density.kernel_table`.
    sigma_px : float32
        Width of the density estimate, which the table is made for.
    base : (n, 2) ndarray of float32
        Where in the picture the maps' centres lie.
    to_reference, to_image : (2, 2) ndarray of float32
        From the picture's pixels to the maps', and back.
    """

    responses: Float32Array
    table: Float32Array
    sigma_px: np.float32
    base: Float32Array
    to_reference: Float32Array
    to_image: Float32Array


@kernel
def _clamp(local: Float32Array, limits: Float32Array) -> None:
    for b in range(local.shape[0]):
        local[b] = min(max(local[b], -limits[b]), limits[b])


@kernel
def _distance(points: Float32Array, others: Float32Array) -> float:
    """Return the Euclidean distance of two shapes (n, 2)."""
    total = 0.0
    for i in range(points.shape[0]):
        dx, dy = points[i, 0] - others[i, 0], points[i, 1] - others[i, 1]
        total += dx * dx + dy * dy
    return math.sqrt(total)


@kernel
def offsets_in_maps(points: Float32Array, maps: PlacedMaps, out: Float32Array) -> None:
    """Write where in the maps landmarks (n, 2) of the picture are, (n, 2)."""
    base, matrix = maps.base, maps.to_reference
    a, b, c, d = (
        np.float64(matrix[0, 0]),
        np.float64(matrix[0, 1]),
        np.float64(matrix[1, 0]),
        np.float64(matrix[1, 1]),
    )
    half = np.float32(maps.table.shape[2] // 2)
    for i in range(points.shape[0]):
        dx, dy = np.float64(points[i, 0] - base[i, 0]), np.float64(points[i, 1] - base[i, 1])
        out[i, 0] = np.float32(dx * a + dy * b) + half
        out[i, 1] = np.float32(dx * c + dy * d) + half


@kernel
def _write_residuals(
    maps: PlacedMaps, weights: Float32Array, offsets: Float32Array, residuals: Float32Array
) -> None:
    """Write the mean shifts (2, n) of landmarks at offsets (n, 2), pixels of the picture."""
    responses, table, _, _, _, matrix = maps
    a, b, c, d = (
        np.float64(matrix[0, 0]),
        np.float64(matrix[0, 1]),
        np.float64(matrix[1, 0]),
        np.float64(matrix[1, 1]),
    )
    shift = np.empty(2, dtype=np.float32)
    for i in range(offsets.shape[0]):
        if weights[i] == 0.0:
            residuals[0, i] = residuals[1, i] = 0.0
            continue
        mean_shift(responses[i], table, offsets[i, 0], offsets[i, 1], shift)
        dx, dy = np.float64(shift[0]), np.float64(shift[1])
        residuals[0, i] = dx * a + dy * b
        residuals[1, i] = dx * c + dy * d


@kernel
def mean_shift_steps(
    model: ShapeArrays,
    weights: FitWeights,
    maps: PlacedMaps,
    iterations: int,
    is_rigid: bool,
    parameters: Float32Array,
    local: Float32Array,
    offsets: Float32Array,
) -> bool:
    """Move the model by mean-shift steps; see the module.

    Parameters
    ----------
    model : ShapeArrays
        The shape model, n points and m modes.
    weights : FitWeights
        What has how much say.
    maps : PlacedMaps
        The response maps.
    iterations : int
        Most steps.
    is_rigid : bool
        Whether only scale, rotation and translation move.
    parameters : (6,) ndarray of float32
        Scale, three angles, translation; updated.
    local : (m,) ndarray of float32
        Shape parameters; updated, and held within three standard deviations.
    offsets : (n, 2) ndarray of float32
        Receives where in the maps the landmarks were before the last step.

    Returns
    -------
    bool
        Whether all parameters stayed finite.
    """
    mean, components, modes, eigenvalues, limits, _ = model
    weight = weights.weights
    n = maps.base.shape[0]
    m = 0 if is_rigid else eigenvalues.shape[0]
    shape = np.empty(3 * n, dtype=np.float32)
    current = np.empty((n, 2), dtype=np.float32)
    previous = np.empty((n, 2), dtype=np.float32)
    rotation = np.empty((3, 3), dtype=np.float32)
    residuals = np.empty((2, n), dtype=np.float32)
    penalties = np.zeros(GLOBAL_COUNT + m, dtype=np.float32)
    for b in range(m):
        penalties[GLOBAL_COUNT + b] = np.float64(weights.regularisation) / eigenvalues[b]
    space = step_space(n, GLOBAL_COUNT + m)
    step = space.step
    for iteration in range(iterations):
        rounded_rotation(parameters[1], parameters[2], parameters[3], rotation)
        deformed_shape(mean, modes, local, shape)
        place_shape(shape, rotation, parameters, current)
        if iteration > 0 and _distance(current, previous) < _CONVERGED_PX:
            break
        previous[:, :] = current
        offsets_in_maps(current, maps, offsets)
        _write_residuals(maps, weight, offsets, residuals)
        write_derivatives(shape, components, modes, rotation, parameters[0], weight, space)
        solve_step(residuals, weight, penalties, local, space)
        for k in range(GLOBAL_COUNT + m):
            if not np.isfinite(step[k]):
                return False
        parameters[0] += step[0]
        turn_by(parameters[1:4], step[1:4])
        parameters[4] += step[4]
        parameters[5] += step[5]
        for b in range(m):
            local[b] += step[GLOBAL_COUNT + b]
        _clamp(local, limits)
    return True
