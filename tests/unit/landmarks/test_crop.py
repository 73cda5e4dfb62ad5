"""Crops: where they lie, and what they show."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.landmarks.crop import (
    CropSquare,
    SamplingGrid,
    average_blocks,
    cut_square,
    sample_square,
    square_from_box,
    square_from_landmarks,
)
from openface_core.landmarks.spec import CropRule

POINT_TOLERANCE_PX = 1e-3
SAMPLE_TOLERANCE = 2e-3  # grey values of 255, float32
PLACE_TOLERANCE_PX = 0.02
ONE = np.ones(3, dtype=np.float32)
ZERO = np.zeros(3, dtype=np.float32)


def turned(degrees: float, side: float, x: float = 60.0, y: float = 50.0) -> CropSquare:
    return CropSquare(x, y, side, math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))


def plain_bilinear(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Twin of the sampling: (...,) places to (..., 3) values, black beyond the picture."""
    height, width, _ = image.shape
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    values = image.astype(float)
    top = values[y0, x0] * (1 - fx) + values[y0, x1] * fx
    bottom = values[y1, x0] * (1 - fx) + values[y1, x1] * fx
    return (top * (1 - fy) + bottom * fy) * inside[..., None]


def cut(image: np.ndarray, square: CropSquare, n: int, rgb: bool = False) -> np.ndarray:
    out = np.empty((3, n, n), dtype=np.float32)
    cut_square(image, square, ONE, ZERO, rgb, out)
    return out


@pytest.mark.parametrize("degrees", [0, 30, 90, -135])
def test_sampling_equals_its_plain_twin(degrees: float) -> None:
    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    n, square = 24, turned(degrees, 30.0, 20.3, 31.7)  # reaches beyond the picture
    gain = np.array([1, 2, 3], dtype=np.float32)
    bias = np.array([5, 6, 7], dtype=np.float32)
    grid = np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).astype(float)
    places = square.to_frame(grid, n)
    expected = plain_bilinear(image, places[..., 0], places[..., 1])
    for rgb in (False, True):
        out = np.empty((3, n, n), dtype=np.float32)
        cut_square(image, square, gain, bias, rgb, out)
        channels = expected[..., ::-1] if rgb else expected
        np.testing.assert_allclose(
            out, (channels * gain + bias).transpose(2, 0, 1), atol=SAMPLE_TOLERANCE
        )


def test_sampling_takes_the_last_row_and_column() -> None:
    image = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    out = np.empty((3, 3, 3), dtype=np.float32)
    sample_square(image, SamplingGrid(0.0, 0.0, 1.0, 0.0), ONE, ZERO, False, out)
    np.testing.assert_array_equal(out, image.transpose(2, 0, 1))


def test_blocks_are_averaged() -> None:
    image = np.random.default_rng(2).integers(0, 256, (17, 20, 3), dtype=np.uint8)
    out = np.empty((4, 5, 3), dtype=np.float32)
    average_blocks(image, 2, 1, 3, out)
    expected = image[1:13, 2:17].reshape(4, 3, 5, 3, 3).astype(float).mean(axis=(1, 3))
    np.testing.assert_allclose(out, expected, rtol=1e-6)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(2, 5000), st.floats(-180, 180),
    st.integers(16, 1024), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_points_are_moved_turned_and_scaled(
    x: float, y: float, side: float, degrees: float, n: int, seed: int
) -> None:
    square = turned(degrees, side, x, y)
    points = np.random.default_rng(seed).uniform(-n / 2, 1.5 * n, (20, 2))
    centre = np.full(2, (n - 1) / 2)
    np.testing.assert_allclose(square.to_frame(centre, n), (x, y), atol=POINT_TOLERANCE_PX)
    arms = square.to_frame(points, n) - (x, y)
    along = arms @ (square.cos, square.sin) * n / side
    across = arms @ (-square.sin, square.cos) * n / side
    expected = points - centre
    np.testing.assert_allclose(np.stack([along, across], axis=1), expected, atol=POINT_TOLERANCE_PX)


@pytest.mark.parametrize("side", [20.0, 56.0, 83.0, 90.0, 111.0, 200.0, 380.0])
@pytest.mark.parametrize("degrees", [0.0, 25.0, 90.0])
def test_a_spot_is_where_the_mapping_says(side: float, degrees: float) -> None:
    """Whatever the shrinking, the centroid of a blob maps back to the blob."""
    height, width = 400, 420
    spot = np.array([211.3, 190.8])
    sigma = side / 12
    yy, xx = np.mgrid[:height, :width]
    blob = np.exp(-((xx - spot[0]) ** 2 + (yy - spot[1]) ** 2) / (2 * sigma**2))
    image = np.repeat(np.round(255 * blob)[..., None], 3, axis=2).astype(np.uint8)
    n = 56
    square = turned(degrees, side, 213.0, 188.0)
    plane = cut(image, square, n)[0].astype(float)
    jj, ii = np.mgrid[:n, :n]
    centroid = np.array([(plane * ii).sum(), (plane * jj).sum()]) / plane.sum()
    found = square.to_frame(centroid, n)
    assert np.abs(found - spot).max() < PLACE_TOLERANCE_PX * max(1.0, side / n)


def test_shrinking_does_not_alias() -> None:
    """A fine checkerboard turns grey, not into patterns."""
    board = (np.indices((200, 200)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(board[..., None], 3, axis=2)
    crop = cut(image, turned(0, 160.0, 100.0, 100.0), 40)
    assert np.abs(crop - 127.5).max() < 1.0


def test_beyond_the_picture_it_is_black() -> None:
    image = np.full((30, 30, 3), 200, dtype=np.uint8)
    for side in (40.0, 200.0):
        crop = cut(image, turned(0, side, 0.0, 0.0), 20)
        assert not crop[:, :9, :].any()
        assert not crop[:, :, :9].any()
    np.testing.assert_allclose(cut(image, turned(0, 40.0, 0.0, 0.0), 20)[:, 11, 11], 200)
    assert not cut(image, turned(0, 40.0, 9000.0, -9000.0), 20).any()
    assert not cut(image, turned(20, 90000.0, 90000.0, 90000.0), 20).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2)])
def test_tiny_pictures_can_be_cut(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 100, dtype=np.uint8)
    crop = cut(image, turned(10, 300.0, 0.0, 0.0), 16)
    assert np.isfinite(crop).all()
    assert crop.max() <= 100.001


BOX = np.array([10, 20, 50, 80], dtype=np.float32)
LEVEL = np.array([[20, 40], [40, 40], [30, 50], [22, 65], [38, 65]], dtype=np.float32)


def test_a_crop_follows_its_rule() -> None:
    square = square_from_box(BOX, LEVEL, CropRule(1.5, 0.1, True))
    assert square == CropSquare(30.0, 56.0, 90.0, 1.0, 0.0)


def test_down_is_down_the_face() -> None:
    tilted = LEVEL.copy()
    tilted[:2] = [[30, 30], [30, 60]]  # the face lies on its right side
    square = square_from_box(BOX, tilted, CropRule(1.0, 0.1, True))
    assert (square.centre_x, square.centre_y) == pytest.approx((24.0, 50.0))
    assert (square.cos, square.sin) == pytest.approx((0.0, 1.0))
    assert square_from_box(BOX, tilted, CropRule(1.0, 0.1, False)).cos == 1.0
    assert square_from_box(BOX, None, CropRule(1.0, 0.1, True)).cos == 1.0


def test_eyes_in_one_place_leave_the_crop_level() -> None:
    assert square_from_box(BOX, np.zeros((5, 2), np.float32), CropRule(1.0, 0.0, True)).sin == 0.0


@pytest.mark.parametrize("degrees", [0.0, 33.0, 90.0, 180.0])
def test_a_crop_from_landmarks_turns_with_the_face(degrees: float) -> None:
    rng = np.random.default_rng(5)
    face = rng.uniform(-40, 40, (68, 2))
    face[36:42] = rng.uniform(-3, 3, (6, 2)) - np.array([20, 10])
    face[42:48] = face[36:42] + np.array([40, 0])
    rule = CropRule(1.2, -0.05, True)
    level = square_from_landmarks(face.astype(np.float32), rule)
    angle = math.radians(degrees)
    rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    moved = square_from_landmarks((face @ rotation + [300, 200]).astype(np.float32), rule)
    centre = np.array([level.centre_x, level.centre_y]) @ rotation + [300, 200]
    assert (moved.centre_x, moved.centre_y) == pytest.approx(tuple(centre), abs=1e-3)
    assert moved.side_px == pytest.approx(level.side_px, abs=1e-3)
    assert (moved.cos, moved.sin) == pytest.approx((rotation[0, 0], rotation[0, 1]), abs=1e-5)
