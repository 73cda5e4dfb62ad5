"""What response maps say of each landmark by itself."""

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.density import kernel_table
from openface_core.refinement.landmark_fit import (
    FitWeights,
    PlacedMaps,
    ShapeArrays,
    shape_arrays,
)
from openface_core.refinement.peaks import find_peaks
from tests.fixtures.faces.shape import plausible_shape_parameters, synthetic_pdm
from tests.twins import refinement as twin

SIGMA_PX = 1.5
WINDOW = 9
POSE = np.array([1.1, 0.05, -0.1, 0.08, 150.0, 140.0])
TO_REFERENCE = np.array([[0.45, 0.04], [-0.04, 0.45]])
TO_IMAGE = np.linalg.inv(TO_REFERENCE)
TOLERANCE_PX = 0.25
"""Pixels of the map: the density is rounded to a tenth, and what lies beyond is not seen."""


def fit_of(
    maps: NDArray[np.floating], visible: NDArray[np.bool_]
) -> tuple[ShapeArrays, FitWeights, PlacedMaps, NDArray[np.float32], NDArray[np.float32]]:
    """Return a fit whose landmarks are the middles of the maps."""
    pdm = synthetic_pdm()
    local = plausible_shape_parameters(5, spread=0.3).astype(np.float32)
    return (
        shape_arrays(pdm),
        FitWeights(visible, visible.astype(np.float32), np.float32(10)),
        PlacedMaps(
            maps.reshape(68, -1).astype(np.float32),
            kernel_table(WINDOW, SIGMA_PX),
            np.float32(SIGMA_PX),
            twin.landmarks(pdm, POSE, local).astype(np.float32),
            TO_REFERENCE.astype(np.float32),
            TO_IMAGE.astype(np.float32),
        ),
        POSE.astype(np.float32),
        local,
    )


def peaks_of(
    maps: NDArray[np.floating],
    visible: NDArray[np.bool_],
    wanted: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the peaks and the landmarks of a fit, which are the middles of the maps."""
    fit = fit_of(maps, visible)
    base = fit[2].base
    out = np.empty_like(base)
    find_peaks(*fit, np.ones(68, dtype=bool) if wanted is None else wanted, out)
    return out, base


def test_each_landmark_climbs_to_its_peak_and_hidden_ones_stay() -> None:
    places = np.random.default_rng(0).uniform(2.5, 5.5, (68, 2))
    maps = np.stack([twin.density(WINDOW, 1.0, *place) for place in places])
    visible = np.arange(68) != 7
    found, fitted = peaks_of(maps, visible)
    shift = (found - fitted) @ TO_REFERENCE.T
    expected = np.where(visible[:, None], places - WINDOW // 2, 0.0)
    np.testing.assert_allclose(shift, expected, atol=TOLERANCE_PX)


def test_the_nearer_of_two_peaks_is_found() -> None:
    near, far = twin.density(WINDOW, 0.7, 3.5, 4.0), twin.density(WINDOW, 0.7, 8.0, 4.0)
    found, fitted = peaks_of(np.stack([near + far] * 68), np.ones(68, dtype=bool))
    shift = (found - fitted) @ TO_REFERENCE.T
    np.testing.assert_allclose(shift, np.tile([-0.5, 0.0], (68, 1)), atol=TOLERANCE_PX)


def test_maps_without_any_mass_move_nothing() -> None:
    found, fitted = peaks_of(np.zeros((68, WINDOW, WINDOW)), np.ones(68, dtype=bool))
    np.testing.assert_allclose(found, fitted, atol=1e-4)


def test_landmarks_that_are_not_wanted_stay() -> None:
    maps = np.stack([twin.density(WINDOW, 1.0, 2.5, 5.5)] * 68)
    wanted = np.arange(68) % 2 == 0
    found, fitted = peaks_of(maps, np.ones(68, dtype=bool), wanted)
    is_moved = np.abs(found - fitted).max(axis=1) > 1e-3
    np.testing.assert_array_equal(is_moved, wanted)
