"""Action units of both sides of a face."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.folding import LEFT, RIGHT, folding
from openface_core.action_units.models import ActionUnitModel, ActionUnitModels
from openface_core.action_units.postprocessing import intensity_offsets
from openface_core.action_units.sides import with_sides
from openface_core.action_units.static import weigh_descriptor
from openface_core.action_units.tracker import ActionUnitTracker
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.synthetic_models.action_units import (
    synthetic_action_unit_models,
    synthetic_static_models,
)

SCORE_TOLERANCE = 1e-9

WEIGHT_TOLERANCE = 1e-5
"""Intensities are from 0 to 5."""

Float64Array = NDArray[np.float64]


def a_face(seed: int) -> tuple[NDArray[np.float32], Float64Array, Float64Array]:
    rng = np.random.default_rng(seed)
    fhog = rng.uniform(0.0, 0.4, FHOG_SIZE).astype(np.float32)
    return fhog, rng.normal(0.0, 8.0, GEOMETRY_SIZE), rng.normal(0.0, 1.0, 136)


def with_short_weights(models: ActionUnitModels) -> ActionUnitModels:
    """Return models with weights of which single precision holds sums and sixteenths exactly."""

    def short(model: ActionUnitModel) -> ActionUnitModel:
        return replace(model, weights=np.rint(model.weights * 2**14) / 2**14)

    intensity, presence = (tuple(map(short, each)) for each in (models.intensity, models.presence))
    return replace(models, intensity=intensity, presence=presence)


@pytest.fixture(scope="module")
def models() -> ActionUnitModels:
    return synthetic_action_unit_models()


@pytest.fixture(scope="module")
def both(models: ActionUnitModels) -> ActionUnitModels:
    return with_sides(models, synthetic_pdm())


def test_the_whole_face_keeps_every_bit(models: ActionUnitModels, both: ActionUnitModels) -> None:
    assert (models.score_count, both.score_count) == (35, 105)
    fhog, geometry, residual = a_face(0)
    alone = weigh_descriptor(models, fhog, geometry)
    together = weigh_descriptor(both, fhog, geometry, residual)
    assert together[both.views[0]].tobytes() == alone.tobytes()
    assert both.constants[both.views[0]].tobytes() == models.constants.tobytes()
    median = fhog.astype(np.float64)
    of_both = weigh_median(both, median, geometry)
    assert of_both[both.views[0]].tobytes() == weigh_median(models, median, geometry).tobytes()


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("is_static", [False, True])
def test_a_side_has_the_scores_of_the_folded_face(is_mirrored: bool, is_static: bool) -> None:
    models = with_short_weights(
        synthetic_static_models() if is_static else synthetic_action_unit_models()
    )
    pdm = synthetic_pdm()
    both = with_sides(models, pdm, is_mirrored=is_mirrored)
    fhog, geometry, residual = a_face(1)
    median_fhog, median_geometry, _ = a_face(2)
    in_double = median_fhog.astype(np.float64)
    found = dynamic_scores(
        both,
        weigh_descriptor(both, fhog, geometry, residual),
        weigh_median(both, in_double, median_geometry),
    )
    halves = (LEFT, RIGHT) if is_mirrored else (RIGHT, LEFT)
    for view, half in zip(both.views[1:], halves, strict=True):
        fold = folding(pdm, half)
        expected = dynamic_scores(
            models,
            weigh_descriptor(
                models,
                fold.fold_appearance(fhog.astype(np.float64)),
                fold.fold_geometry(geometry, residual),
            ),
            weigh_median(
                models,
                np.asarray(fold.fold_appearance(in_double), dtype=np.float64),
                fold.fold_median(median_geometry),
            ),
        )
        np.testing.assert_allclose(found[view], expected, rtol=0, atol=SCORE_TOLERANCE)


def test_with_peaks_presences_relative_to_the_person_follow_from_the_shape_alone(
    models: ActionUnitModels, both: ActionUnitModels
) -> None:
    with_peaks = with_sides(models, synthetic_pdm(), has_peaks=True)
    fhog, geometry, residual = a_face(5)
    plain, found, without = (
        weigh_descriptor(each, fhog, geometry, displacement)
        for each, displacement in ((both, residual), (with_peaks, residual), (with_peaks, None))
    )
    by_shape = models.is_dynamic.copy()
    by_shape[: len(models.intensity)] = False
    for view in both.views[1:]:
        np.testing.assert_array_equal(found[view][by_shape], without[view][by_shape])
        np.testing.assert_array_equal(found[view][~by_shape], plain[view][~by_shape])
    constants = with_peaks.constants.reshape(3, -1)[:, by_shape]
    np.testing.assert_array_equal(constants[1:], np.stack([constants[0]] * 2))


def test_single_precision_of_the_weights_is_not_seen(models: ActionUnitModels) -> None:
    pdm = synthetic_pdm()
    both = with_sides(models, pdm)
    fhog, geometry, residual = a_face(4)
    weighted = weigh_descriptor(both, fhog, geometry, residual)
    for view, half in zip(both.views[1:], (RIGHT, LEFT), strict=True):
        fold = folding(pdm, half)
        whole = weigh_descriptor(
            models,
            fold.fold_appearance(fhog.astype(np.float64)),
            fold.fold_geometry(geometry, residual),
        )
        constant = fold.geometry_constant @ models.weights[FHOG_SIZE:]
        np.testing.assert_allclose(weighted[view] + constant, whole, rtol=0, atol=WEIGHT_TOLERANCE)


def test_a_mirrored_picture_exchanges_the_sides(models: ActionUnitModels) -> None:
    plain, turned = (
        with_sides(models, synthetic_pdm(), is_mirrored=flag) for flag in (False, True)
    )
    as_seen, exchanged = (weigh_descriptor(each, *a_face(3)) for each in (plain, turned))
    left, right = plain.views[1:]
    assert as_seen[left].tobytes() == exchanged[right].tobytes()
    assert as_seen[right].tobytes() == exchanged[left].tobytes()


def test_every_view_has_offsets_of_its_own(both: ActionUnitModels) -> None:
    rng = np.random.default_rng(0)
    intensities = rng.random((40, len(both.intensity_columns)))
    success = rng.random(40) < 0.8
    offsets = intensity_offsets(both, intensities, success).reshape(3, -1)
    for view, own in enumerate(offsets):
        count = len(both.intensity)
        columns = slice(view * count, (view + 1) * count)
        alone = intensity_offsets(both, intensities[:, columns], success)
        np.testing.assert_array_equal(own, alone)
    assert (offsets[1] != offsets[0]).any()


def test_the_tracker_keeps_the_bits_of_the_whole_face(
    models: ActionUnitModels, both: ActionUnitModels
) -> None:
    alone, together = ActionUnitTracker(models), ActionUnitTracker(both)
    for seed in range(9):
        fhog, geometry, residual = a_face(seed)
        alone.add(fhog, geometry)
        together.add(fhog, geometry, residual)
    expected, found = alone.finish(), together.finish()
    assert found.intensities.tobytes() == expected.intensities.tobytes()
    assert found.presences.tobytes() == expected.presences.tobytes()
    whole = found.online_scores[:, both.views[0]]
    assert np.ascontiguousarray(whole).tobytes() == expected.online_scores.tobytes()


def test_sides_are_relative_to_the_person_where_the_whole_face_is(
    models: ActionUnitModels, both: ActionUnitModels
) -> None:
    alone, together = models.relative_columns, both.relative_columns
    assert {name: together[name] for name in alone} == alone
    assert len(together) == 3 * len(alone)
    assert together["AU01_r_left"]
    assert not together["AU12_c_right"]


def test_views_follow_each_other(both: ActionUnitModels) -> None:
    alone = replace(both, sides=None)
    assert alone.views == (slice(0, 35),)
    assert both.views == (slice(0, 35), slice(35, 70), slice(70, 105))
    first = both.intensity_columns.reshape(3, -1)[:, 0]
    np.testing.assert_array_equal(first, [0, 35, 70])
