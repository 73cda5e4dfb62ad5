"""What fitted weights mean once they are predictors."""

import numpy as np
import pytest

from models.training.action_units.predictors import presence_shift, student_models
from models.training.action_units.ridge import RidgeFit
from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.static import static_scores, weigh_descriptor
from openface_core.descriptors import DESCRIPTOR_SIZE, FHOG_SIZE
from tests.fixtures.synthetic_models.action_units import synthetic_action_unit_models

TAUGHT = synthetic_action_unit_models()
COUNT = len(TAUGHT.all_models)


def perfect_fit(scores: np.ndarray) -> RidgeFit:
    """A student whose weights are the teacher's, fitted about another mean."""
    rng = np.random.default_rng(6)
    means = rng.uniform(0.0, 0.2, DESCRIPTOR_SIZE).astype(np.float32)
    at_means = static_scores(
        TAUGHT, weigh_descriptor(TAUGHT, means[:FHOG_SIZE], means[FHOG_SIZE:].astype(np.float64))
    )
    return RidgeFit(
        means,
        TAUGHT.weights.astype(np.float32),
        at_means,
        np.ones(COUNT),
        np.ones(COUNT),
        scores.astype(np.float32),
    )


@pytest.fixture(scope="module")
def student() -> ActionUnitModels:
    scores = np.random.default_rng(7).normal(size=(200, COUNT))
    return student_models(TAUGHT, perfect_fit(scores), 0, scores)


def test_perfect_weights_give_the_teachers_intensities(student: ActionUnitModels) -> None:
    rng = np.random.default_rng(8)
    fhog, median = rng.uniform(0.0, 0.3, (2, FHOG_SIZE))
    geometry, geometry_median = rng.normal(0.0, 5.0, (2, DESCRIPTOR_SIZE - FHOG_SIZE))
    scores = [
        dynamic_scores(
            models,
            weigh_descriptor(models, fhog, geometry),
            weigh_median(models, median, geometry_median),
        )
        for models in (student, TAUGHT)
    ]
    count = len(TAUGHT.intensity)
    np.testing.assert_allclose(scores[0][:count], scores[1][:count], atol=2e-3)


def test_names_kinds_and_cutoffs_are_the_teachers(student: ActionUnitModels) -> None:
    for one, other in zip(student.all_models, TAUGHT.all_models, strict=True):
        for name in ("name", "target", "is_dynamic", "cutoff", "presence_if_positive"):
            assert getattr(one, name) == getattr(other, name)


def test_presence_is_as_frequent_as_taught() -> None:
    rng = np.random.default_rng(9)
    wanted = rng.normal(-1.0, 1.0, 4000)
    predicted = 0.3 * wanted - 0.7 + rng.normal(0.0, 0.1, 4000)  # drawn towards the mean
    shifted = predicted + presence_shift(predicted, wanted)
    assert np.mean(predicted > 0) < 0.05
    assert np.mean(shifted > 0) == pytest.approx(np.mean(wanted > 0), abs=2e-3)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_what_is_never_or_always_there_shifts_nothing(sign: float) -> None:
    wanted = sign * np.ones(10)
    assert presence_shift(np.linspace(-1, 1, 10), wanted) == 0.0
