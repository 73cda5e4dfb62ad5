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

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.shape.normal_equations import (
    coupling_block,
    global_block,
    global_derivatives,
    mode_block,
    solve_normal_equations,
    turn,
    working_space,
)
from openface_core.shape.pdm import Float32Array
from openface_core.shape.rotations import euler_to_matrix

STEPS_PER_PIXEL = 10
"""The density's centre is rounded to a tenth of a pixel, so that its kernel can be tabulated."""

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
    """

    mean: Float32Array
    components: Float32Array
    modes: Float32Array
    eigenvalues: Float32Array


class FitWeights(NamedTuple):
    """What has how much say in a fit, for one view.

    Parameters
    ----------
    visible : (n,) ndarray of bool
        Landmarks that show.
    root_weights : (n,) ndarray of float32
        Square roots of the landmarks' weights, 0 for those that do not show.
    mode_products : (6, m, m) ndarray of float32
        Products of the modes under these weights.
    regularisation : float32
        Multiple of the inverse eigenvalues that holds the shape parameters back.
    """

    visible: NDArray[np.bool_]
    root_weights: Float32Array
    mode_products: Float32Array
    regularisation: np.float32


class PlacedMaps(NamedTuple):
    """Response maps and where they lie in the picture.

    Parameters
    ----------
    responses : (n, w * w) ndarray of float32
        Response maps.
    table : (10 * w, w) ndarray of float32
        See :func:`kernel_table`.
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


def kernel_table(window_px: int, sigma_px: float) -> Float32Array:
    """Return the one-dimensional Gaussian of the density estimate for every rounded centre.

    Parameters
    ----------
    window_px : int
        Side of the response maps.
    sigma_px : float
        Standard deviation, pixels of the map.

    Returns
    -------
    (10 * window_px, window_px) ndarray of float32
        Row k is centred at k / 10. The two-dimensional kernel is a product of two rows.
    """
    step = np.float32(1.0) / np.float32(STEPS_PER_PIXEL)
    centres = (np.arange(STEPS_PER_PIXEL * window_px, dtype=np.float32) * step)[:, None]
    distances = centres - np.arange(window_px, dtype=np.float32)
    factor = np.float32(-0.5 / (np.float32(sigma_px) * np.float32(sigma_px)))
    return np.asarray(np.exp(factor * (distances * distances)), dtype=np.float32)


@kernel
def project(
    mean: Float32Array,
    modes: Float32Array,
    parameters: Float32Array,
    local: Float32Array,
    shape: Float32Array,
    out: Float32Array,
) -> None:
    """Write the 3D shape (3 n,) and its projection (n, 2) for pose and shape parameters.

    Rounds as OpenFace does, almost everywhere: where a landmark comes to lie between two of the
    rounded centres of the density, the last digit decides which one counts, and that is seen.
    """
    n = out.shape[0]
    deformation = np.zeros(3 * n, dtype=np.float64)
    for b in range(modes.shape[0]):
        weight = np.float64(local[b])
        for i in range(3 * n):
            deformation[i] += weight * modes[b, i]
    for i in range(3 * n):
        shape[i] = mean[i] + np.float32(deformation[i])
    r = np.empty((3, 3), dtype=np.float32)
    euler_to_matrix(parameters[1], parameters[2], parameters[3], r)
    s1, s2, s3 = np.sin(parameters[1]), np.sin(parameters[2]), np.sin(parameters[3])
    c1, c3 = np.cos(parameters[1]), np.cos(parameters[3])
    r[1, 0] = fused(c1, s3, c3 * s1 * s2)  # the one entry where OpenFace's compiler fuses
    scale, tx, ty = parameters[0], parameters[4], parameters[5]
    for i in range(n):
        x, y, z = shape[i], shape[n + i], shape[2 * n + i]
        across = fused(r[0, 2], z, fused(r[0, 0], x, r[0, 1] * y))
        down = fused(r[1, 2], z, fused(r[1, 0], x, r[1, 1] * y))
        out[i, 0] = fused(scale, across, tx)
        out[i, 1] = fused(scale, down, ty)


@kernel
def mean_shift(
    response: Float32Array,
    table: Float32Array,
    x: np.float32,
    y: np.float32,
    window: int,
    out: Float32Array,
) -> None:
    """Write how far the mass of a map (w * w,) near (x, y) lies from there, in its pixels."""
    step = np.float32(1.0) / np.float32(STEPS_PER_PIXEL)
    most = np.float32(window) - step
    x = min(max(x, np.float32(0.0)), most)
    y = min(max(y, np.float32(0.0)), most)
    across = table[int(np.float64(x / step) + 0.5)]
    down = table[int(np.float64(y / step) + 0.5)]
    mass = sum_x = sum_y = np.float32(0.0)
    for i in range(window):
        row_mass = row_x = np.float32(0.0)
        for j in range(window):
            value = response[i * window + j] * across[j]
            row_mass += value
            row_x += value * np.float32(j)
        mass += down[i] * row_mass
        sum_x += down[i] * row_x
        sum_y += down[i] * row_mass * np.float32(i)
    if mass > 0.0:
        out[0] = sum_x / mass - x
        out[1] = sum_y / mass - y
    else:
        out[0] = out[1] = 0.0


@kernel
def _clamp(local: Float32Array, eigenvalues: Float32Array) -> None:
    for b in range(local.shape[0]):
        most = _MAX_DEVIATIONS * np.sqrt(eigenvalues[b])
        local[b] = min(max(local[b], -most), most)


@kernel
def _distance(points: Float32Array, others: Float32Array) -> float:
    """Return the Euclidean distance of two shapes (n, 2)."""
    total = 0.0
    for i in range(points.shape[0]):
        dx, dy = points[i, 0] - others[i, 0], points[i, 1] - others[i, 1]
        total += dx * dx + dy * dy
    return math.sqrt(total)


@kernel
def _targets(
    points: Float32Array,
    maps: PlacedMaps,
    root_weights: Float32Array,
    offsets: Float32Array,
    residuals: Float32Array,
) -> None:
    """Write where in the maps the landmarks are, (n, 2), and the weighted mean shifts, (2, n)."""
    responses, table, _, base, to_reference, to_image = maps
    window = table.shape[1]
    half = np.float32(window // 2)
    shift = np.empty(2, dtype=np.float32)
    for i in range(points.shape[0]):
        dx, dy = points[i, 0] - base[i, 0], points[i, 1] - base[i, 1]
        offsets[i, 0] = dx * to_reference[0, 0] + dy * to_reference[0, 1] + half
        offsets[i, 1] = dx * to_reference[1, 0] + dy * to_reference[1, 1] + half
        root = root_weights[i]
        if root == 0.0:
            residuals[0, i] = residuals[1, i] = 0.0
            continue
        mean_shift(responses[i], table, offsets[i, 0], offsets[i, 1], window, shift)
        residuals[0, i] = root * (shift[0] * to_image[0, 0] + shift[1] * to_image[0, 1])
        residuals[1, i] = root * (shift[0] * to_image[1, 0] + shift[1] * to_image[1, 1])


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
    mean, components, modes, eigenvalues = model
    root_weights = weights.root_weights
    n = maps.base.shape[0]
    m = 0 if is_rigid else eigenvalues.shape[0]
    shape = np.empty(3 * n, dtype=np.float32)
    current = np.empty((n, 2), dtype=np.float32)
    previous = np.empty((n, 2), dtype=np.float32)
    rotation = np.empty((3, 3), dtype=np.float32)
    linearisation, equations = working_space(root_weights, m)
    derivatives, residuals, _ = linearisation
    matrix, step, _ = equations
    penalties = weights.regularisation / eigenvalues
    for iteration in range(iterations):
        project(mean, modes, parameters, local, shape, current)
        if iteration > 0 and _distance(current, previous) < _CONVERGED_PX:
            break
        previous[:, :] = current
        _targets(current, maps, root_weights, offsets, residuals)
        scale = parameters[0]
        euler_to_matrix(parameters[1], parameters[2], parameters[3], rotation)
        global_derivatives(shape, rotation, scale, root_weights, derivatives)
        global_block(derivatives, residuals, matrix, step)
        if not is_rigid:
            mode_block(rotation, scale, weights.mode_products, penalties, matrix)
            coupling_block(linearisation, rotation, scale, components, penalties, local, equations)
        solve_normal_equations(matrix, step)
        for k in range(6 + m):
            if not np.isfinite(step[k]):
                return False
        parameters[0] += step[0]
        turn(rotation, parameters[1:4], step[1], step[2], step[3])
        parameters[4] += step[4]
        parameters[5] += step[5]
        for b in range(m):
            local[b] += step[6 + b]
        _clamp(local, eigenvalues)
    return True


@kernel
def log_likelihood(
    responses: Float32Array,
    offsets: Float32Array,
    visible: NDArray[np.bool_],
    window: int,
    sigma: np.float32,
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
    """
    total = 0.0
    count = 0
    factor = -0.5 / (sigma * sigma)
    for i in range(visible.shape[0]):
        if not visible[i]:
            continue
        density = np.float32(0.0)
        for row in range(window):
            dy = offsets[i, 1] - np.float32(row)
            for column in range(window):
                dx = offsets[i, 0] - np.float32(column)
                value = responses[i, row * window + column]
                density += value * np.float32(math.exp(factor * (dx * dx + dy * dy)))
        total += math.log(density + 1e-8)
        count += 1
    return total / count
