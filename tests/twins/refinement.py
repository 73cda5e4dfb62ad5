"""Twins of :mod:`openface_core.refinement`: response maps and mean-shift steps in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement import CcnfExperts, SvrExperts
from openface_core.shape import PointDistributionModel
from tests.twins.calc_params import jacobian, nearest_rotation
from tests.twins.rotations import euler_to_matrix, matrix_to_euler, skew

FloatArray = NDArray[Any]


def grey(image_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the weighted mean of the channels, rounded half up, in 15-bit fixed point."""
    return ((image_bgr.astype(np.int64) @ np.array([3735, 19235, 9798]) + 16384) >> 15).astype(
        np.uint8
    )


def align(source: FloatArray, target: FloatArray) -> FloatArray:
    """Return the (2, 2) similarity between centred point sets, by singular value decomposition."""
    source, target = (points - points.mean(axis=0) for points in (source, target))
    source_size, target_size = (np.sqrt((p**2).sum() / len(p)) for p in (source, target))
    u, _, vt = np.linalg.svd((source / source_size).T @ (target / target_size))
    sign = np.sign(np.linalg.det(vt.T @ u.T))
    rotation = vt.T @ np.diag([1.0, sign]) @ u.T
    return np.asarray(target_size / source_size * rotation)


def area(picture: FloatArray, centre: FloatArray, to_image: FloatArray, side: int) -> FloatArray:
    """Return the (side, side) square around `centre`, bilinear at positions rounded to 1/32."""
    padded = np.pad(picture.astype(np.float64), 1)
    a, b = (np.float32(v) for v in (to_image[0, 0], -to_image[0, 1]))
    x, y = (np.float32(v) for v in centre)
    reach = np.float32(side - 1)
    first_x = x - a * reach / np.float32(2) + b * reach / np.float32(2)
    first_y = y - a * reach / np.float32(2) - b * reach / np.float32(2)
    i, j = np.mgrid[0:side, 0:side].astype(np.float64)
    fixed_x = np.rint(np.float64(a) * j * 1024) + np.rint((-np.float64(b) * i + first_x) * 1024)
    fixed_y = np.rint(np.float64(b) * j * 1024) + np.rint((np.float64(a) * i + first_y) * 1024)
    px, py = (np.floor((fixed + 16) / 32) / 32 for fixed in (fixed_x, fixed_y))
    left, top = np.floor(px).astype(int), np.floor(py).astype(int)
    u, v = px - left, py - top

    def pixel(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> FloatArray:
        height, width = picture.shape
        return padded[np.clip(rows, -1, height) + 1, np.clip(columns, -1, width) + 1]

    upper = (1 - u) * pixel(top, left) + u * pixel(top, left + 1)
    lower = (1 - u) * pixel(top + 1, left) + u * pixel(top + 1, left + 1)
    return (1 - v) * upper + v * lower


def correlations(seen: FloatArray, template: FloatArray) -> FloatArray:
    """Return the products of a template with all windows of a picture at mean 0 and length 1."""
    windows = np.lib.stride_tricks.sliding_window_view(seen, template.shape)
    centred = windows - windows.mean(axis=(2, 3), keepdims=True)
    lengths = np.sqrt((centred**2).sum(axis=(2, 3)))
    products = (centred * template).sum(axis=(2, 3))
    return np.asarray(products / np.where(lengths > 0.0, lengths, 1.0))


def logistic(x: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def ccnf_map(experts: CcnfExperts, view: int, landmark: int, seen: FloatArray) -> FloatArray:
    """Return the (w, w) response map of a CCNF expert for a picture (w + s - 1, w + s - 1)."""
    support = experts.grid.support_px
    window = seen.shape[0] - support + 1
    begin = experts.first_neuron[view, landmark]
    neurons = range(begin, begin + experts.neuron_count[view, landmark])
    total = np.zeros((window, window))
    for k in neurons:
        if experts.alphas[k] > 1e-4:
            template = experts.weights[k].reshape(support, support).astype(np.float64)
            logits = correlations(seen, template) + experts.biases[k]
            total += 2.0 * experts.alphas[k] * logistic(logits)
    inverse = sum(experts.alphas[k] for k in neurons) * np.eye(window**2)
    for beta, component in zip(
        experts.betas[view, landmark],
        experts.smoothing_components.get(window, np.zeros((0, 1, 1))),
        strict=False,
    ):
        inverse += beta * component
    smooth = np.linalg.solve(2.0 * inverse, total.ravel()).reshape(window, window)
    return np.asarray(smooth - min(smooth.min(), 0.0))


def svr_map(experts: SvrExperts, view: int, landmark: int, seen: FloatArray) -> FloatArray:
    """Return the (w, w) response map of an SVR expert."""
    support = experts.grid.support_px
    begin = experts.first_part[view, landmark]
    total = np.ones((seen.shape[0] - support + 1,) * 2)
    for k in range(begin, begin + experts.part_count[view, landmark]):
        picture = seen
        if experts.uses_gradient[k]:
            dx, dy = seen[1:-1, 2:] - seen[1:-1, :-2], seen[2:, 1:-1] - seen[:-2, 1:-1]
            picture = np.pad(dx**2 + dy**2, 1)
        template = experts.weights[k].reshape(support, support).astype(np.float64)
        template = template - template.mean()
        correlation = correlations(picture, template / np.linalg.norm(template))
        total *= logistic(experts.scalings[k] * correlation + experts.biases[k])
    return total


def density(window: int, sigma: float, x: float, y: float) -> FloatArray:
    """Return the Gaussian around (x, y) over a map (w, w)."""
    rows, columns = np.mgrid[0:window, 0:window]
    return np.asarray(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2.0 * sigma**2)))


def mean_shift(response: FloatArray, sigma: float, x: float, y: float) -> FloatArray:
    """Return the shift from (x, y), its kernel centred at the nearest tenth of a pixel."""
    window = response.shape[0]
    x, y = (float(np.clip(v, 0.0, window - 0.1)) for v in (x, y))
    kernel = density(window, sigma, np.floor(10 * x + 0.5) / 10, np.floor(10 * y + 0.5) / 10)
    mass = response * kernel
    rows, columns = np.mgrid[0:window, 0:window]
    return np.array([(mass * columns).sum(), (mass * rows).sum()]) / mass.sum() - (x, y)


def landmarks(pdm: PointDistributionModel, parameters: FloatArray, local: FloatArray) -> FloatArray:
    """Return the projected shape (n, 2)."""
    shape = (pdm.mean_mm + pdm.components_mm.astype(np.float64) @ local).reshape(3, -1)
    rotation = euler_to_matrix(*parameters[1:4])
    return np.asarray((parameters[0] * rotation[:2] @ shape).T + parameters[4:])


def mean_shift_step(
    pdm: PointDistributionModel,
    responses: FloatArray,
    weights: FloatArray,
    base: FloatArray,
    to_reference: FloatArray,
    sigma: float,
    regularisation: float,
    is_rigid: bool,
    parameters: FloatArray,
    local: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return pose and shape parameters after one step; responses (n, w, w), weights (n,)."""
    n, m = pdm.landmark_count, pdm.mode_count
    window = responses.shape[1]
    offsets = (landmarks(pdm, parameters, local) - base) @ to_reference.T + window // 2
    shifts = np.zeros((n, 2))
    for i in np.flatnonzero(weights):
        shifts[i] = mean_shift(responses[i], sigma, *offsets[i])
    shifts = shifts @ np.linalg.inv(to_reference).T
    shape = (pdm.mean_mm + pdm.components_mm.astype(np.float64) @ local).reshape(3, -1)
    rotation = euler_to_matrix(*parameters[1:4])
    components = pdm.components_mm.astype(np.float64).reshape(3, n, m)
    derivatives = jacobian(shape, rotation, parameters[0], components)
    penalties = np.concatenate([np.zeros(6), regularisation / pdm.eigenvalues.astype(np.float64)])
    all_local = np.concatenate([np.zeros(6), local])
    if is_rigid:
        derivatives, penalties, all_local = derivatives[:, :6], penalties[:6], all_local[:6]
    weighted = derivatives.T * np.tile(weights, 2)
    gradient = weighted @ shifts.T.reshape(-1) - penalties * all_local
    step = np.linalg.solve(weighted @ derivatives + np.diag(penalties), gradient)
    parameters = np.array(parameters, dtype=np.float64)
    parameters[0] += step[0]
    turned = rotation @ nearest_rotation(np.eye(3) + skew(step[1:4]))
    parameters[1:4] = matrix_to_euler(turned)
    parameters[4:] += step[4:6]
    if not is_rigid:
        local = local + step[6:]
    most = 3.0 * np.sqrt(pdm.eigenvalues.astype(np.float64))
    return parameters, np.clip(local, -most, most)
