"""The logistic function and the exponential."""

import ctypes
import ctypes.util

import numpy as np
import pytest

from openface_core.logistic import exp_float64, exponentials, logistic_in_place


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


def test_exponentials_are_those_of_the_c_library() -> None:
    name = ctypes.util.find_library("m")
    if name is None or not name.startswith("libm.so"):  # another system's library rounds otherwise
        pytest.skip("there is no glibc here")
    expf = ctypes.CDLL(name).expf
    expf.restype, expf.argtypes = ctypes.c_float, [ctypes.c_float]
    numbers = np.random.default_rng(0).normal(scale=20.0, size=20_000).astype(np.float32)
    found = np.empty_like(numbers)
    exponentials(numbers, found)
    expected = np.array([expf(float(number)) for number in numbers], dtype=np.float32)
    np.testing.assert_array_equal(found, expected)


def test_an_exponential_in_double_precision_is_right_to_its_last_digits() -> None:
    numbers = np.concatenate([np.linspace(-150, 150, 3001), np.linspace(-1, 1, 1001), [0.0]])
    found = np.array([exp_float64(float(number)) for number in numbers])
    np.testing.assert_allclose(found, np.exp(numbers), rtol=1e-14)
    assert exp_float64(0.0) == 1.0
