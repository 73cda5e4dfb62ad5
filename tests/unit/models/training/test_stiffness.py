"""How far modes of a shape may be deformed: as far as a teacher's experts deform them."""

from dataclasses import replace

import numpy as np

from models.training.stiffness import FIRST, LEAST, MOST, calibrated_factors, spread
from openface_core.shape import PointDistributionModel
from tests.fixtures.faces.shape import MODES, synthetic_pdm

RESPONSES = np.linspace(0.05, 1.0, MODES)


def test_spread_is_the_median_distance_from_the_median() -> None:
    values = np.array([[1.0, 0.0], [2.0, 10.0], [3.0, 40.0], [4.0, 0.0], [100.0, 20.0]])
    np.testing.assert_array_equal(spread(values), [1.0, 10.0])


def test_factors_make_found_parameters_spread_as_taught_ones() -> None:
    pdm = synthetic_pdm()
    taught = np.random.default_rng(0).normal(size=(200, MODES)) * np.sqrt(pdm.eigenvalues)
    noise = np.random.default_rng(1).normal(size=(200, MODES))
    seen = []

    def look(loose: PointDistributionModel) -> tuple[np.ndarray, np.ndarray]:
        # A fit follows what is seen by more, the looser the mode is.
        factors = loose.eigenvalues / pdm.eigenvalues
        follows = factors / (factors + 1.0 / RESPONSES)
        seen.append(factors.astype(float))
        return follows * (taught + noise) * 1.7, taught

    lines: list[str] = []
    factors = calibrated_factors(pdm, look, lines.append)
    np.testing.assert_allclose(seen[0], FIRST, rtol=1e-6)
    assert ((factors >= LEAST) & (factors <= MOST)).all()
    assert (factors[:6] == MOST).all(), "modes that experts hardly see are as loose as may be"
    assert factors[-1] < FIRST
    loose = replace(pdm, eigenvalues=(factors * pdm.eigenvalues).astype(np.float32))
    found, wanted = look(loose)
    is_free = factors < MOST
    np.testing.assert_allclose(spread(found)[is_free], spread(wanted)[is_free], rtol=0.1)
    assert len(lines) == 5


def test_a_mode_that_nothing_moves_becomes_no_looser_than_may_be() -> None:
    pdm = synthetic_pdm()
    still = np.zeros((10, MODES))
    taught = np.random.default_rng(0).normal(size=(10, MODES))
    factors = calibrated_factors(pdm, lambda _: (still, taught))
    np.testing.assert_array_equal(factors, MOST)
