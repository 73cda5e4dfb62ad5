"""The fixed-point warp against its twin, bit by bit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.alignment import warp_affine
from tests.twins.alignment import warp_affine as warp_twin

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32)


def _noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _matrix(scale: float, degrees: float, x: float, y: float) -> NDArray[np.float32]:
    c, s = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return np.array([[c, -s, x], [s, c, y]], dtype=np.float32)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99)),
    st.floats(0.05, 8.0),
    st.floats(-180.0, 180.0),
    st.floats(-100.0, 100.0),
    st.floats(-100.0, 100.0),
)
def test_equals_its_twin(
    picture: tuple[int, int, int], scale: float, degrees: float, x: float, y: float
) -> None:
    image, matrix = _noise(*picture), _matrix(scale, degrees, x, y)
    np.testing.assert_array_equal(warp_affine(image, matrix, 40), warp_twin(image, matrix, 40))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=6, max_size=6),
    st.integers(0, 99),
)
def test_equals_its_twin_for_any_matrix(numbers: list[float], seed: int) -> None:
    matrix = np.array(numbers, dtype=np.float32).reshape(2, 3)
    image = _noise(20, 30, seed)
    np.testing.assert_array_equal(warp_affine(image, matrix, 16), warp_twin(image, matrix, 16))


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param(_matrix(1.0, 0.0, 1e7, 0.0), id="far out"),
        pytest.param(_matrix(1e-6, 0.0, 0.0, 0.0), id="tiny"),
        pytest.param(_matrix(1e6, 30.0, 5.0, 5.0), id="enormous"),
        pytest.param(np.zeros((2, 3), dtype=np.float32), id="zero"),
        pytest.param(np.array([[1, 2, 3], [2, 4, 5]], dtype=np.float32), id="singular"),
        pytest.param(np.array([[1, 0, 0], [0, 1e-30, 0]], dtype=np.float32), id="flat"),
        pytest.param(_matrix(1.0, 180.0, 39.0, 39.0), id="upside down"),
        pytest.param(np.array([[-1, 0, 39], [0, 1, 0]], dtype=np.float32), id="mirrored"),
    ],
)
def test_equals_its_twin_at_the_extremes(matrix: NDArray[np.float32]) -> None:
    image = _noise(40, 40)
    np.testing.assert_array_equal(warp_affine(image, matrix, 40), warp_twin(image, matrix, 40))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38, -3e38])
@pytest.mark.parametrize("where", [(0, 0), (0, 2), (1, 1), (1, 2)])
def test_hostile_matrix_does_no_harm(value: float, where: tuple[int, int]) -> None:
    matrix = IDENTITY.copy()
    matrix[where] = value
    assert warp_affine(_noise(30, 50), matrix, 24).shape == (24, 24, 3)


def test_identity_copies() -> None:
    image = _noise(40, 40)
    np.testing.assert_array_equal(warp_affine(image, IDENTITY, 40), image)


def test_shift_by_whole_pixels_copies_and_blackens() -> None:
    image = _noise(40, 40)
    result = warp_affine(image, _matrix(1.0, 0.0, 5.0, -3.0), 40)
    np.testing.assert_array_equal(result[:37, 5:], image[3:, :35])
    assert not result[37:].any()
    assert not result[:, :5].any()


def test_half_a_pixel_averages_two() -> None:
    image = np.zeros((9, 9, 3), dtype=np.uint8)
    image[4, 4] = (200, 100, 51)
    result = warp_affine(image, _matrix(1.0, 0.0, 0.5, 0.0), 9)
    np.testing.assert_array_equal(result[4, 4], (100, 50, 26))  # a half is rounded up
    np.testing.assert_array_equal(result[4, 5], (100, 50, 26))
    assert not np.delete(result[4], [4, 5], axis=0).any()


def test_at_the_border_the_outside_counts_as_black() -> None:
    white = np.full((10, 10, 3), 255, dtype=np.uint8)
    result = warp_affine(white, _matrix(1.0, 0.0, 0.5, 0.5), 12)
    assert (result[1:10, 1:10] == 255).all()
    assert (result[0, 1:10] == 128).all()
    assert (result[10, 1:10] == 128).all()
    assert result[0, 0].tolist() == [64, 64, 64]
    assert not result[11].any()


def test_positions_are_rounded_to_a_32nd_of_a_pixel() -> None:
    ramp = np.repeat((np.arange(8, dtype=np.uint8) * 32)[None, :, None], 8, axis=0)
    ramp = np.repeat(ramp, 3, axis=2)
    # 1/32 px changes this picture by one level; 1/80 px is less than half of that.
    one = warp_affine(ramp, _matrix(1.0, 0.0, -1.0 / 32.0, 0.0), 8)
    none = warp_affine(ramp, _matrix(1.0, 0.0, -1.0 / 80.0, 0.0), 8)
    assert (one[:, :7] == ramp[:, :7] + 1).all()
    assert (none[:, :7] == ramp[:, :7]).all()


def test_frame_of_one_pixel() -> None:
    pixel = np.full((1, 1, 3), 77, dtype=np.uint8)
    result = warp_affine(pixel, IDENTITY, 3)
    assert result[0, 0].tolist() == [77, 77, 77]
    assert result.sum() == 3 * 77
