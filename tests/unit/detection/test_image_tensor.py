"""From frames to tensors: planes, mean subtraction, shrinking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.detection.image_tensor import box_weights, shrunken_tensor

MEAN = np.array([104, 117, 123], dtype=np.float32)
NO_MEAN = np.zeros(3, dtype=np.float32)
SHRINK_TOLERANCE = 2e-4  # grey values of 255, float32 sums


def random_image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


def overlap_matrix(n_source: int, n_target: int) -> np.ndarray:
    """Twin of the weights: overlaps of intervals, as a full matrix."""
    edges = np.arange(n_target + 1) * n_source / n_target
    pixels = np.arange(n_source)
    low = np.maximum(edges[:-1, None], pixels[None])
    high = np.minimum(edges[1:, None], pixels[None] + 1)
    return np.clip(high - low, 0, None) * n_target / n_source


def test_without_shrinking_only_the_mean_is_taken_off() -> None:
    image = random_image(7, 11)
    tensor = shrunken_tensor(image, MEAN, 7, 11)
    assert tensor.shape == (1, 3, 7, 11)
    np.testing.assert_array_equal(
        tensor[0], image.astype(np.float32).transpose(2, 0, 1) - MEAN[:, None, None]
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_shrinking_equals_its_plain_twin(height: int, width: int, data: st.DataObject) -> None:
    h = data.draw(st.integers(1, height))
    w = data.draw(st.integers(1, width))
    image = random_image(height, width)
    expected = np.einsum(
        "ih,hwc,jw->cij", overlap_matrix(height, h), image.astype(float), overlap_matrix(width, w)
    )
    tensor = shrunken_tensor(image, MEAN, h, w)
    np.testing.assert_allclose(
        tensor[0], expected - MEAN[:, None, None], atol=SHRINK_TOLERANCE, rtol=0
    )


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4000), st.data())
def test_weights_stay_inside_and_add_up_to_one(n_source: int, data: st.DataObject) -> None:
    n_target = data.draw(st.integers(1, n_source))
    first = np.empty(n_target, dtype=np.int64)
    weights = np.empty((n_target, n_source // n_target + 2), dtype=np.float32)
    box_weights(n_source, n_target, first, weights)
    used = (first[:, None] + np.arange(weights.shape[1]))[weights > 0]
    assert used.min() >= 0
    assert used.max() < n_source
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("width", [30, 45, 77])
def test_shrinking_keeps_places(width: int) -> None:
    """A ramp stays the ramp that maps pixel centres to pixel centres."""
    image = np.broadcast_to(np.arange(90, dtype=np.uint8)[None, :, None], (4, 90, 3)).copy()
    tensor = shrunken_tensor(image, NO_MEAN, 2, width)
    centres = (np.arange(width) + 0.5) * 90 / width - 0.5
    np.testing.assert_allclose(tensor[0, 0, 1], centres, atol=0.13)
    assert abs(float((tensor[0, 0, 1] - centres).mean())) < SHRINK_TOLERANCE
