"""Component 6 against its twin and against dlib itself, by way of the package pyfhog."""

from collections.abc import Callable

import numpy as np
import pyfhog  # type: ignore[import-untyped]
import pytest
from numpy.typing import NDArray

from openface_core.fhog import CHANNELS, fhog, orientations
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import plausible_shape_parameters, synthetic_pdm
from tests.twins.fhog import fhog as fhog_twin
from tests.twins.fhog import orientation, strongest_gradient

UInt8Array = NDArray[np.uint8]

FHOG_TOLERANCE = 2e-7
"""Features of up to about 0.8 in float32, summed in another order."""


def _noise(height: int = 112, width: int = 112) -> UInt8Array:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _few_levels(height: int = 112, width: int = 112) -> UInt8Array:
    """Three grey levels per colour: gradients of equal length in two colours abound."""
    return np.random.default_rng(1).integers(0, 3, (height, width, 3), dtype=np.uint8)


def _gradient(height: int = 112, width: int = 112) -> UInt8Array:
    y, x = np.mgrid[0:height, 0:width]
    planes = [x + 0.5 * y, 128 + 90 * np.sin(x / 15.0 + y / 31.0), 250 - 1.3 * y]
    return np.asarray(np.clip(np.stack(planes, axis=2), 0, 255), dtype=np.uint8)


def _photo_like_noise(height: int = 112, width: int = 112) -> UInt8Array:
    """Noise smoothed over several scales, with correlated colours."""
    rng = np.random.default_rng(2)
    image = np.full((height, width, 3), 120.0)
    for size in (1, 3, 9, 21):
        layer = rng.normal(0.0, 6.0 * size, (height + size, width + size, 3))
        layer += 2.0 * layer.mean(axis=2, keepdims=True)
        sums = np.cumsum(np.cumsum(layer, axis=0), axis=1)
        box = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
        image += box / size**2
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def _face(height: int = 112, width: int = 112) -> UInt8Array:
    place = (width / 2, height / 2)
    parameters = plausible_shape_parameters(4)
    return render_face(synthetic_pdm(), 0.7, (0.1, -0.2, 0.05), place, parameters, (width, height))


PICTURES = [_noise, _few_levels, _gradient, _photo_like_noise, _face]


@pytest.mark.parametrize("picture", PICTURES)
def test_agrees_with_dlib(picture: Callable[[], UInt8Array]) -> None:
    # pyfhog takes BGR and returns one row of cells after another, each cell's 31 numbers together.
    # Only square pictures can be compared: it keeps OpenFace's loop over the cells, which takes the
    # number of rows for that of columns and reads outside of the features otherwise.
    image = picture()
    expected = pyfhog.extract_fhog_features(image)
    np.testing.assert_allclose(fhog(image).ravel(), expected, rtol=0, atol=FHOG_TOLERANCE)


@pytest.mark.parametrize("side", [20, 24, 29, 47, 64, 83])
def test_agrees_with_dlib_on_other_squares(side: int) -> None:
    for image in (_noise(side, side), _few_levels(side, side)):
        expected = pyfhog.extract_fhog_features(image)
        np.testing.assert_allclose(fhog(image).ravel(), expected, rtol=0, atol=FHOG_TOLERANCE)


@pytest.mark.parametrize("picture", [_few_levels, _face])
def test_agrees_with_its_twin(picture: Callable[[], UInt8Array]) -> None:
    image = picture()
    np.testing.assert_allclose(fhog(image), fhog_twin(image), rtol=0, atol=FHOG_TOLERANCE)


@pytest.mark.parametrize("size", [(24, 24), (37, 51), (61, 92), (100, 44), (20, 35)])
def test_agrees_with_its_twin_on_other_sizes(size: tuple[int, int]) -> None:
    for image in (_noise(*size), _few_levels(*size)):
        np.testing.assert_allclose(fhog(image), fhog_twin(image), rtol=0, atol=FHOG_TOLERANCE)


def test_aligned_face_gives_the_descriptor_of_4464_numbers() -> None:
    features = fhog(_face())
    assert features.shape == (12, 12, CHANNELS)
    assert features.dtype == np.float32
    assert features.size == 4464


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_plain_picture_has_no_features(level: int) -> None:
    assert not fhog(np.full((112, 112, 3), level, dtype=np.uint8)).any()


def test_features_are_not_negative_and_bounded() -> None:
    features = fhog(_noise())
    assert features.min() >= 0.0
    assert features[:, :, :27].max() <= 0.4 + FHOG_TOLERANCE  # four terms of at most a tenth


@pytest.mark.parametrize(
    ("column", "expected"),
    # Red and green have gradients of one length. Columns 1 to 104 of 112 belong to groups of eight.
    [(50, "green"), (104, "green"), (105, "red"), (109, "red")],
)
def test_of_equal_gradients_the_later_colour_wins_in_groups_of_eight_columns(
    column: int, expected: str
) -> None:
    picture = np.zeros((112, 112, 3), dtype=np.uint8)
    picture[:, column + 1, 2] = 80  # red: a step to the right
    picture[57:, column, 1] = 80  # green: a step downwards, in one row
    gx, gy = strongest_gradient(picture, 56, column, later_wins=expected == "green")
    assert (gx, gy) == ((0, 80) if expected == "green" else (80, 0))
    np.testing.assert_allclose(fhog(picture), fhog_twin(picture), rtol=0, atol=FHOG_TOLERANCE)
    np.testing.assert_allclose(
        fhog(picture).ravel(), pyfhog.extract_fhog_features(picture), rtol=0, atol=FHOG_TOLERANCE
    )


@pytest.mark.parametrize(("o", "degrees"), [(o, 20 * o) for o in range(18)])
def test_ramp_votes_for_its_own_direction(o: int, degrees: int) -> None:
    y, x = np.mgrid[0:48, 0:48] - 23.5
    direction = np.radians(degrees)
    ramp = 128.0 + 3.5 * (np.cos(direction) * x + np.sin(direction) * y)
    image = np.repeat(np.rint(ramp).astype(np.uint8)[:, :, None], 3, axis=2)
    signed = fhog(image)[:, :, :18].sum(axis=(0, 1))
    assert int(signed.argmax()) == o


def test_every_gradient_has_the_orientation_that_a_search_finds() -> None:
    rng = np.random.default_rng(3)
    for gx, gy in rng.integers(-255, 256, (2000, 2)).tolist():
        assert orientations()[gy + 255, gx + 255] == orientation(gx, gy)


@pytest.mark.parametrize(
    ("image", "cause"),
    [
        (np.zeros((112, 112), dtype=np.uint8), "a (H, W, 3) image of uint8"),
        (np.zeros((112, 112, 4), dtype=np.uint8), "a (H, W, 3) image of uint8"),
        (np.zeros((112, 112, 3), dtype=np.float32), "float32"),
        (np.zeros((19, 112, 3), dtype=np.uint8), "at least 3 x 3 cells"),
        (np.zeros((112, 3, 3), dtype=np.uint8), "at least 3 x 3 cells"),
        (np.zeros((0, 0, 3), dtype=np.uint8), "at least 3 x 3 cells"),
    ],
)
def test_other_pictures_are_refused(image: UInt8Array, cause: str) -> None:
    with pytest.raises(ValueError, match=r"expected|needed") as caught:
        fhog(image)
    assert cause in str(caught.value)


def test_strided_picture_is_read_as_its_copy() -> None:
    image = _noise(224, 224)[::2, ::2, ::-1]
    np.testing.assert_array_equal(fhog(image), fhog(np.ascontiguousarray(image)))
