"""Versions of a photograph: points stay on what they mark, and a seed decides everything."""

import cv2
import numpy as np
import pytest

from models.training.action_units.variants import MIRRORED, PLAIN, make_variant
from models.training.shape.generic_face import generic_face_mm

SIDE = 240
POINTS = (generic_face_mm()[:, :2] * 0.9 + (121.0, 118.0)).astype(np.float32)
OTHER = POINTS.astype(np.float64) + np.array([0.0, 3.0])
TIP, CORNER = 30, 48


def picture() -> np.ndarray:
    """Bright dots on grey at two points."""
    image = np.full((SIDE, SIDE, 3), 90, dtype=np.uint8)
    for k in (TIP, CORNER):
        cv2.circle(image, tuple(int(v) for v in POINTS[k].round()), 5, (250, 250, 250), -1)
    return image


def brightest_near(image: np.ndarray, point: np.ndarray) -> float:
    x, y = point.round().astype(int)
    part = image[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].astype(float)
    return float(part.mean()) - float(np.median(image))


def test_the_first_version_is_the_photograph() -> None:
    image = picture()
    variant = make_variant(image, (POINTS,), OTHER, PLAIN, np.random.default_rng(0))
    assert variant.image is image
    assert variant.point_sets == (POINTS,)


def test_the_second_is_its_mirror_image_with_points_exchanged() -> None:
    variant = make_variant(picture(), (POINTS,), OTHER, MIRRORED, np.random.default_rng(0))
    np.testing.assert_array_equal(variant.image, picture()[:, ::-1])
    # The corner of the mouth that is on the left of the picture was on its right.
    np.testing.assert_allclose(variant.point_sets[0][48], [SIDE - 1, 0] + POINTS[54] * [-1, 1])
    assert brightest_near(variant.image, variant.point_sets[0][54]) > 100


@pytest.mark.parametrize("seed", range(12))
def test_points_stay_on_what_they_mark(seed: int) -> None:
    shifted = POINTS + np.float32(0.5)
    variant = make_variant(picture(), (POINTS, shifted), OTHER, 2, np.random.default_rng(seed))
    first, second = variant.point_sets
    assert first.dtype == np.float32
    assert brightest_near(variant.image, first[TIP]) > 30
    # Mirrored or not: one of the corners is bright, the other is not.
    left, right = (brightest_near(variant.image, first[k]) for k in (48, 54))
    assert max(left, right) > 30
    assert min(left, right) < max(left, right) / 3
    assert np.linalg.norm(second - first, axis=1).max() < 1.5


def test_a_seed_decides_everything() -> None:
    one, same, other = (
        make_variant(picture(), (POINTS,), OTHER, 2, np.random.default_rng(seed))
        for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(one.image, same.image)
    np.testing.assert_array_equal(one.point_sets[0], same.point_sets[0])
    assert one.image.shape != other.image.shape or (one.image != other.image).any()
