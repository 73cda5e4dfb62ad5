"""Mean-shift steps against their twin."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.refinement.density import kernel_table, log_likelihood
from openface_core.refinement.landmark_fit import (
    FitWeights,
    PlacedMaps,
    mean_shift_steps,
    shape_arrays,
)
from openface_core.shape.posed_model import project
from tests.fixtures.faces.shape import MODES, plausible_shape_parameters, synthetic_pdm
from tests.twins import refinement as twin

STEP_TOLERANCE = 1e-5
"""Of landmarks relative to the size of the picture, after one step."""
PICTURE_PX = 300.0
SIGMA_PX = 1.75
WINDOW = 7
POSE = np.array([1.1, 0.05, -0.1, 0.08, 150.0, 140.0])
TO_REFERENCE = np.array([[0.45, 0.04], [-0.04, 0.45]])


def peaked_maps(seed: int) -> NDArray[np.float32]:
    """Return maps (n, w, w) with one broad peak each, somewhere near the middle."""
    rng = np.random.default_rng(seed)
    maps = [twin.density(WINDOW, 1.2, *rng.uniform(1.5, 4.5, 2)) for _ in range(68)]
    return (np.stack(maps) + 0.01).astype(np.float32)


def kernel_steps(
    weights: NDArray[np.floating],
    maps: NDArray[np.float32],
    iterations: int,
    is_rigid: bool,
    local: NDArray[np.floating],
    regularisation: float = 10.0,
) -> tuple[bool, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Run the kernel from POSE; return pose, shape parameters and offsets."""
    pdm = synthetic_pdm()
    parameters, local = POSE.astype(np.float32), local.astype(np.float32)
    weights = weights.astype(np.float32)
    base = twin.landmarks(pdm, POSE, local).astype(np.float32)
    offsets = np.empty_like(base)
    is_finite = mean_shift_steps(
        shape_arrays(pdm),
        FitWeights(weights > 0, weights, np.float32(regularisation)),
        PlacedMaps(
            maps.reshape(68, -1), kernel_table(WINDOW, SIGMA_PX), np.float32(SIGMA_PX), base,
            TO_REFERENCE.astype(np.float32), np.linalg.inv(TO_REFERENCE).astype(np.float32),
        ),
        iterations, is_rigid, parameters, local, offsets,
    )  # fmt: skip
    return is_finite, parameters, local, offsets


def some_weights(kind: str) -> NDArray[np.float64]:
    if kind == "all alike":
        return np.ones(68)
    weights = np.random.default_rng(3).uniform(0.5, 2.0, 68)
    weights[:5] = 0.0
    return weights


@pytest.mark.parametrize("is_rigid", [True, False])
@pytest.mark.parametrize("kind", ["all alike", "weighted, some hidden"])
def test_one_step_is_that_of_the_twin(is_rigid: bool, kind: str) -> None:
    pdm = synthetic_pdm()
    local = plausible_shape_parameters(5, spread=0.3)
    weights, maps = some_weights(kind), peaked_maps(4)
    is_finite, parameters, found_local, _ = kernel_steps(weights, maps, 1, is_rigid, local)
    expected, expected_local = twin.mean_shift_step(
        pdm, maps, weights, twin.landmarks(pdm, POSE, local), TO_REFERENCE, SIGMA_PX, 10.0,
        is_rigid, POSE, local,
    )  # fmt: skip
    assert is_finite
    found = twin.landmarks(pdm, parameters, found_local)
    moved = twin.landmarks(pdm, expected, expected_local)
    assert np.abs(moved - twin.landmarks(pdm, POSE, local)).max() > 0.5
    np.testing.assert_allclose(found, moved, rtol=0, atol=STEP_TOLERANCE * PICTURE_PX)


def test_steps_end_at_the_peaks() -> None:
    """With one map for all landmarks, the whole face moves to where its peak is."""
    peak = np.array([4.2, 2.3])
    maps = np.tile(twin.density(WINDOW, 0.8, *peak), (68, 1, 1)).astype(np.float32)
    _, parameters, _, offsets = kernel_steps(np.ones(68), maps, 60, True, np.zeros(MODES))
    np.testing.assert_allclose(offsets, np.tile(peak, (68, 1)), atol=0.05)
    shift = np.linalg.inv(TO_REFERENCE) @ (peak - WINDOW // 2)
    np.testing.assert_allclose(parameters[4:], POSE[4:] + shift, atol=0.2)
    np.testing.assert_allclose(parameters[:4], POSE[:4], atol=0.01)


def test_shape_parameters_stay_within_three_standard_deviations() -> None:
    pdm = synthetic_pdm()
    deviations = np.sqrt(pdm.eigenvalues)
    start = np.where(np.arange(MODES) % 2, 5.0, -5.0) * deviations
    for is_rigid in (True, False):
        _, _, local, _ = kernel_steps(np.ones(68), peaked_maps(6), 1, is_rigid, start)
        assert (np.abs(local) <= 3.0 * deviations * (1.0 + 1e-6)).all()
        limits = shape_arrays(pdm).limits
        is_at_limit = np.isclose(np.abs(local), limits, rtol=1e-6)
        assert is_at_limit.sum() >= 10
        np.testing.assert_array_equal(np.abs(local)[is_at_limit], limits[is_at_limit])


def test_openfaces_limits_are_rounded_once() -> None:
    pdm = synthetic_pdm()
    found, other = (shape_arrays(pdm, rounded_as_openface=k).limits for k in (True, False))
    exact = 3.0 * np.sqrt(pdm.eigenvalues.astype(np.float64))
    np.testing.assert_array_equal(found, exact.astype(np.float32))
    assert found.dtype == other.dtype == np.float32
    assert 0 < np.abs(found / other - 1).max() < 1e-6


def test_a_rigid_fit_leaves_the_shape_alone() -> None:
    local = plausible_shape_parameters(7, spread=0.3)
    _, _, found, _ = kernel_steps(np.ones(68), peaked_maps(8), 5, True, local)
    np.testing.assert_array_equal(found, local.astype(np.float32))


def test_maps_without_mass_move_nothing_and_points_outside_are_held_at_the_rim() -> None:
    empty = np.zeros((68, WINDOW, WINDOW), dtype=np.float32)
    is_finite, parameters, _, offsets = kernel_steps(np.ones(68), empty, 5, True, np.zeros(MODES))
    assert is_finite
    np.testing.assert_allclose(parameters, POSE, rtol=1e-6)
    np.testing.assert_allclose(offsets, WINDOW // 2, atol=1e-4)


def test_a_fit_without_weights_is_lost() -> None:
    is_finite, *_ = kernel_steps(np.zeros(68), peaked_maps(9), 5, True, np.zeros(MODES))
    assert not is_finite


@pytest.mark.parametrize("is_rounded_as_openface", [True, False])
def test_likelihood_is_the_mean_log_density_of_visible_landmarks(
    is_rounded_as_openface: bool,
) -> None:
    maps = peaked_maps(10)
    offsets = np.random.default_rng(11).uniform(-1.0, 8.0, (68, 2)).astype(np.float32)
    visible = np.arange(68) % 3 > 0
    densities = [
        (maps[i] * twin.density(WINDOW, SIGMA_PX, *offsets[i])).sum()
        for i in np.flatnonzero(visible)
    ]
    out = np.empty(68)
    found = log_likelihood(
        maps.reshape(68, -1), offsets, visible, WINDOW, np.float32(SIGMA_PX),
        is_rounded_as_openface, out,
    )  # fmt: skip
    expected = np.log(np.array(densities) + 1e-8)
    assert found == pytest.approx(expected.mean(), abs=1e-5)
    np.testing.assert_allclose(out[visible], expected, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(np.isnan(out), ~visible)


def test_projection_is_that_of_the_twin() -> None:
    pdm = synthetic_pdm()
    local = plausible_shape_parameters(12).astype(np.float32)
    found, shape = np.empty((68, 2), np.float32), np.empty(204, np.float32)
    project(pdm.mean_mm, pdm.modes_mm, POSE.astype(np.float32), local, shape, found)
    expected = twin.landmarks(pdm, POSE, local)
    np.testing.assert_allclose(found, expected, rtol=0, atol=STEP_TOLERANCE * PICTURE_PX)
