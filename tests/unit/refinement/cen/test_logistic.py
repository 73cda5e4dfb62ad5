import numpy as np

from openface_core.refinement.logistic import logistic_in_place


def test_the_error_is_below_two_in_ten_millions_everywhere() -> None:
    z = np.concatenate([np.linspace(-120, 120, 400_001), np.linspace(-1, 1, 100_001)])
    z = z.astype(np.float32)
    with np.errstate(over="ignore"):
        expected = 1.0 / (1.0 + np.exp(-z.astype(np.float64)))
    logistic_in_place(z)
    assert np.abs(z - expected).max() < 2e-7


def test_what_is_no_number_stays_so_and_the_ends_are_reached() -> None:
    z = np.array([np.nan, np.inf, -np.inf, 0.0], dtype=np.float32)
    logistic_in_place(z)
    assert np.isnan(z[0])
    assert z[1] == 1.0
    assert 0.0 <= z[2] < 1e-37
    assert z[3] == 0.5
