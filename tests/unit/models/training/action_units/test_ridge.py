"""Ridge regression from sums: against a plain solution, and fair cross-validation."""

import numpy as np
import pytest

from models.training.action_units.ridge import (
    DESCRIPTOR_GROUPS,
    explained,
    fit_ridge,
    solve,
    sums_of,
)
from models.training.action_units.samples import Samples
from openface_core.descriptors import DESCRIPTOR_SIZE

SIZE = 50
GROUPS = (slice(0, 30), slice(30, SIZE))
PHOTOGRAPHS, VERSIONS = 60, 3


@pytest.fixture(scope="module")
def samples() -> Samples:
    """Scores that are linear in the descriptor, with some noise."""
    rng = np.random.default_rng(3)
    n = PHOTOGRAPHS * VERSIONS
    descriptors = rng.normal(0.3, 0.1, (n, SIZE)).astype(np.float32)
    weights = rng.normal(size=(SIZE, 2))
    scores = descriptors @ weights + rng.normal(0.0, 0.02, (n, 2)) + (1.0, -2.0)
    return Samples(
        descriptors, scores.astype(np.float32), np.repeat(np.arange(PHOTOGRAPHS), VERSIONS)
    )


def test_weights_are_those_of_the_normal_equations() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(400, SIZE)).astype(np.float32)
    y = rng.normal(size=(400, 3))
    sums = sums_of(x, y)
    xc, yc = x - x.mean(axis=0), y - y.mean(axis=0)
    xx, xy, yy = sums.centred()
    np.testing.assert_allclose(xx, xc.T @ xc / 400, atol=1e-5)
    np.testing.assert_allclose(xy, xc.T @ yc / 400, atol=1e-5)
    np.testing.assert_allclose(yy, yc.var(axis=0), atol=1e-6)
    both = sums_of(x[:150], y[:150]) + sums_of(x[150:], y[150:])
    np.testing.assert_allclose(both.xx, sums.xx, rtol=1e-3, atol=1e-3)
    expected = np.linalg.solve(xc.T @ xc / 400 + 0.1 * np.diag(ridge_of(xc)), xc.T @ yc / 400)
    np.testing.assert_allclose(solve(sums, 0.1, GROUPS), expected, atol=1e-4)


def ridge_of(centred: np.ndarray) -> np.ndarray:
    """Mean variance of each element's group."""
    variances = centred.var(axis=0)
    return np.concatenate([np.full(g.stop - g.start, variances[g].mean()) for g in GROUPS])


def test_groups_make_up_the_descriptor() -> None:
    elements = [i for group in DESCRIPTOR_GROUPS for i in range(group.start, group.stop)]
    assert elements == list(range(DESCRIPTOR_SIZE))


def test_each_group_of_elements_is_held_back_by_its_own_variance(samples: Samples) -> None:
    x = samples.descriptors.copy()
    x[:, 30:] *= 50.0  # another unit
    y = samples.scores.astype(np.float64)
    plain, scaled = (
        solve(sums_of(values - values.mean(axis=0), y), 0.5, GROUPS)
        for values in (samples.descriptors, x)
    )
    np.testing.assert_allclose(scaled[30:] * 50.0, plain[30:], atol=1e-3)
    np.testing.assert_allclose(scaled[:30], plain[:30], atol=1e-3)


def test_what_is_explained_is_what_predictions_show(samples: Samples) -> None:
    x, y = samples.descriptors, samples.scores.astype(np.float64)
    weights = solve(sums_of(x[:90], y[:90]), 0.1, GROUPS)
    r, error = explained(sums_of(x[90:], y[90:]), weights)
    predicted = x[90:].astype(np.float64) @ weights
    for k in range(2):
        expected = np.corrcoef(predicted[:, k], y[90:, k])[0, 1]
        assert r[k] == pytest.approx(expected, abs=1e-3)
    left = (predicted - predicted.mean(axis=0)) - (y[90:] - y[90:].mean(axis=0))
    np.testing.assert_allclose(error, (left**2).mean(axis=0), atol=1e-4)


def test_held_out_predictions_come_close_and_large_penalties_lose(samples: Samples) -> None:
    fit = fit_ridge(samples, (1e-3, 100.0), 3, groups=GROUPS)
    assert (fit.penalties == 1e-3).all()
    for k in range(2):
        assert np.corrcoef(fit.held_out[:, k], samples.scores[:, k])[0, 1] > 0.9
    assert (fit.held_out_r > 0.9).all()
    x = samples.descriptors - fit.means
    np.testing.assert_allclose(x @ fit.weights + fit.scores_at_mean, samples.scores, atol=0.2)


def test_a_photographs_versions_are_never_on_both_sides(samples: Samples) -> None:
    # Scores that only tell photographs apart cannot be predicted for others.
    rng = np.random.default_rng(5)
    own = np.repeat(rng.normal(size=(PHOTOGRAPHS, 1)), VERSIONS, axis=0).astype(np.float32)
    marks = rng.normal(size=(PHOTOGRAPHS, SIZE)).astype(np.float32)
    descriptors = np.repeat(marks, VERSIONS, axis=0)
    fit = fit_ridge(Samples(descriptors, own, samples.people), (1e-3,), 3, groups=GROUPS)
    assert abs(np.corrcoef(fit.held_out[:, 0], own[:, 0])[0, 1]) < 0.5
