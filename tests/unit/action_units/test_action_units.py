"""Components 8 and 9, and the set of models that they share."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target
from openface_core.action_units.static import (
    presences,
    single_image_intensities,
    static_scores,
    weigh_descriptor,
)
from openface_core.descriptors import DESCRIPTOR_SIZE, FHOG_SIZE, GEOMETRY_SIZE
from tests.fixtures.synthetic_models.action_units import (
    synthetic_action_unit_model,
    synthetic_action_unit_models,
    synthetic_static_models,
)
from tests.twins import action_units as twin

SCORE_TOLERANCE = 1e-10

Float64Array = NDArray[np.float64]


def _descriptor(seed: int) -> tuple[NDArray[np.float32], Float64Array]:
    rng = np.random.default_rng(seed)
    fhog = rng.uniform(0.0, 0.4, FHOG_SIZE).astype(np.float32)
    return fhog, rng.normal(0.0, 8.0, GEOMETRY_SIZE)


def _joined(fhog: NDArray[np.floating], geometry: Float64Array) -> Float64Array:
    return np.concatenate([fhog.astype(np.float64), geometry])


def test_sizes_add_up() -> None:
    assert (FHOG_SIZE, GEOMETRY_SIZE, DESCRIPTOR_SIZE) == (4464, 238, 4702)


@pytest.mark.parametrize("seed", range(3))
def test_dynamic_scores_equal_the_formula(seed: int) -> None:
    models = synthetic_action_unit_models(seed)
    fhog, geometry = _descriptor(seed)
    single_precision, geometry_median = _descriptor(100 + seed)
    fhog_median = single_precision.astype(np.float64)
    weighted_median = weigh_median(models, fhog_median, geometry_median)
    scores = dynamic_scores(models, weigh_descriptor(models, fhog, geometry), weighted_median)
    median = _joined(fhog_median, geometry_median)
    expected = [twin.score(m, _joined(fhog, geometry), median) for m in models.all_models]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=SCORE_TOLERANCE)


def test_static_scores_equal_the_formula() -> None:
    models = synthetic_static_models()
    fhog, geometry = _descriptor(7)
    scores = static_scores(models, weigh_descriptor(models, fhog, geometry))
    nothing = np.full(DESCRIPTOR_SIZE, np.nan)  # a static model must not look at the median
    expected = [twin.score(m, _joined(fhog, geometry), nothing) for m in models.all_models]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=SCORE_TOLERANCE)


def test_static_models_take_no_median() -> None:
    models = synthetic_action_unit_models()
    fhog, geometry = _descriptor(1)
    weighted_median = weigh_median(models, fhog.astype(np.float64), geometry)
    np.testing.assert_array_equal(weighted_median == 0.0, ~models.is_dynamic)
    scores = dynamic_scores(models, weigh_descriptor(models, fhog, geometry), weighted_median)
    static = static_scores(models, weigh_descriptor(models, fhog, geometry))
    np.testing.assert_array_equal(scores[~models.is_dynamic], static[~models.is_dynamic])


def test_descriptor_that_is_its_own_median_has_the_score_of_nothing() -> None:
    models = synthetic_action_unit_models()
    fhog, geometry = _descriptor(2)
    weighted = weigh_descriptor(models, fhog, geometry)
    median = weigh_median(models, fhog.astype(np.float64), geometry)
    scores = dynamic_scores(models, weighted, median)
    np.testing.assert_array_equal(scores[models.is_dynamic], models.constants[models.is_dynamic])


def test_means_as_descriptor_score_the_bias() -> None:
    models = synthetic_static_models()
    means = models.all_models[0].means
    scores = static_scores(models, weigh_descriptor(models, means[:FHOG_SIZE], means[FHOG_SIZE:]))
    expected = [model.bias for model in models.all_models]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=SCORE_TOLERANCE)


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, 4460, 4463])
def test_every_element_of_the_appearance_meets_its_own_weight(index: int) -> None:
    models = synthetic_action_unit_models()
    fhog = np.zeros(FHOG_SIZE, dtype=np.float32)
    fhog[index] = 1.0
    weighted = weigh_descriptor(models, fhog, np.zeros(GEOMETRY_SIZE))
    np.testing.assert_array_equal(weighted, models.weights[index])


@pytest.mark.parametrize("index", [0, 1, 237])
def test_every_element_of_the_geometry_meets_its_own_weight(index: int) -> None:
    models = synthetic_action_unit_models()
    geometry = np.zeros(GEOMETRY_SIZE)
    geometry[index] = 1.0
    weighted = weigh_descriptor(models, np.zeros(FHOG_SIZE, dtype=np.float32), geometry)
    np.testing.assert_array_equal(weighted, models.weights[FHOG_SIZE + index])


def test_equal_input_gives_equal_bits() -> None:
    models = synthetic_action_unit_models()
    fhog, geometry = _descriptor(4)
    first = weigh_descriptor(models, fhog, geometry)
    np.testing.assert_array_equal(weigh_descriptor(models, fhog.copy(), geometry.copy()), first)
    in_double = weigh_descriptor(models, fhog.astype(np.float64), geometry)
    np.testing.assert_array_equal(in_double, first)


def test_scores_of_many_frames_are_those_of_each() -> None:
    models = synthetic_action_unit_models()
    weighted = np.stack([weigh_descriptor(models, *_descriptor(seed)) for seed in range(4)])
    medians = 0.5 * weighted[::-1] * models.is_dynamic
    together = dynamic_scores(models, weighted, medians)
    for i in range(4):
        np.testing.assert_array_equal(together[i], dynamic_scores(models, weighted[i], medians[i]))
    np.testing.assert_array_equal(presences(models, together)[2], presences(models, together[2]))


@pytest.mark.parametrize("decision", [-2.0, -1e-300, 0.0, 1e-300, 2.0])
def test_each_model_has_its_own_meaning_of_positive(decision: float) -> None:
    models = synthetic_action_unit_models()
    scores = np.full(len(models.all_models), decision)
    expected = [twin.is_present(model, decision) for model in models.presence]
    found = presences(models, scores)
    assert found.dtype == np.bool_
    assert found.tolist() == expected
    by_name = dict(zip(models.presence_names, found.tolist(), strict=True))
    assert by_name["AU12"] == (decision > 0.0)
    assert by_name["AU01"] == (decision <= 0.0)  # nought is not positive


def test_intensities_of_single_images_are_clipped() -> None:
    models = synthetic_static_models()
    scores = np.linspace(-3.0, 9.0, 2 * len(models.all_models)).reshape(2, -1)
    found = single_image_intensities(models, scores)
    assert found.shape == (2, 17)
    np.testing.assert_array_equal(found, scores[:, :17].clip(0.0, 5.0))
    assert found.min() == 0.0


# --------------------------------------------------------------------------- the set of models


def test_models_are_sorted_intensities_first() -> None:
    models = synthetic_action_unit_models()
    assert (len(models.intensity), len(models.presence)) == (17, 18)
    for names in (models.intensity_names, models.presence_names):
        assert list(names) == sorted(names)
    assert models.all_models == models.intensity + models.presence
    assert models.weights.shape == (DESCRIPTOR_SIZE, 35)
    np.testing.assert_array_equal(models.weights[:, 20], models.all_models[20].weights)
    dynamic = {m.name for m in models.intensity if m.is_dynamic}
    assert {"AU05", "AU23"} <= dynamic
    assert not {m.name for m in models.presence if m.is_dynamic} & {"AU05", "AU23"}


def test_action_unit_may_occur_once_for_each_target() -> None:
    def model(target: Target) -> ActionUnitModel:
        return synthetic_action_unit_model(6, target, False)

    ActionUnitModels((model(Target.INTENSITY),), (model(Target.PRESENCE),))
    with pytest.raises(ValueError, match="occurs twice among the presence models"):
        ActionUnitModels((), (model(Target.PRESENCE), model(Target.PRESENCE)))
    with pytest.raises(ValueError, match="occurs twice among the intensity models"):
        ActionUnitModels((model(Target.INTENSITY), model(Target.INTENSITY)), ())


def test_no_models_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one action-unit model"):
        ActionUnitModels((), ())


@pytest.mark.parametrize("target", list(Target))
def test_models_of_one_target_suffice(target: Target) -> None:
    one = (synthetic_action_unit_model(6, target, True),)
    models = ActionUnitModels(*((one, ()) if target is Target.INTENSITY else ((), one)))
    weighted = weigh_descriptor(models, *_descriptor(0))
    scores = dynamic_scores(models, weighted, np.zeros(1))
    assert single_image_intensities(models, scores).shape == (len(models.intensity),)
    assert presences(models, scores).shape == (len(models.presence),)
