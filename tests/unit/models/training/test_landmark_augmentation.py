"""Crops of faces: points stay where they belong, whatever is done to the picture."""

import numpy as np
import pytest

from models.training.landmarks.augmentation import (
    CROP_PX,
    CROP_SIDE,
    GEOMETRY,
    crop_transform,
    cut,
    degraded,
    face_square,
    mirrored,
    transformed,
)
from openface_core.landmarks.conventions import MIRRORED_ORDER
from tests.fixtures.faces.drawn import face_points
from tests.fixtures.faces.mirror import MIRROR


def rotation(degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_mirroring_exchanges_the_points_that_the_convention_says() -> None:
    np.testing.assert_array_equal(MIRRORED_ORDER, MIRROR)
    np.testing.assert_array_equal(MIRRORED_ORDER[MIRRORED_ORDER], np.arange(68))


def test_a_symmetric_face_is_its_own_mirror_image() -> None:
    middle = (CROP_PX - 1) / 2.0
    points = face_points((middle, middle), 40.0).astype(np.float64)
    crop = np.arange(CROP_PX, dtype=np.uint8)[None, :, None].repeat(CROP_PX, 0).repeat(3, 2)
    turned_crop, turned = mirrored(crop, points)
    np.testing.assert_allclose(turned, points, atol=1e-4)
    np.testing.assert_array_equal(turned_crop[0, :, 0], np.arange(CROP_PX)[::-1])


@pytest.mark.parametrize("degrees", [-50.0, 0.0, 20.0])
def test_the_square_turns_with_the_face(degrees: float) -> None:
    points = face_points((0.0, 0.0), 30.0) @ rotation(degrees).T + (80.0, 60.0)
    centre, side_px, angle = face_square(points.astype(np.float32))
    assert np.rad2deg(angle) == pytest.approx(degrees, abs=1e-3)
    upright = face_points((0.0, 0.0), 30.0)
    assert side_px == pytest.approx(CROP_SIDE * np.ptp(upright, axis=0).max(), rel=1e-5)
    mapped = transformed(points.astype(np.float32), crop_transform(centre, side_px, angle, None))
    low, high = mapped.min(axis=0), mapped.max(axis=0)
    np.testing.assert_allclose((low + high) / 2.0, (CROP_PX - 1) / 2.0, atol=1e-3)
    assert (high - low).max() == pytest.approx(CROP_PX / CROP_SIDE, rel=1e-5)


def test_pixels_and_points_go_the_same_way() -> None:
    points = face_points((100.0, 90.0), 60.0)
    square = face_square(points)
    for seed in range(20):
        chance = np.random.default_rng(seed)
        transform = crop_transform(*square, chance)
        image = np.zeros((200, 220, 3), dtype=np.uint8)
        image[96:103, 106:113] = 255
        crop = cut(image, transform, chance)[..., 0].astype(np.float64)
        rows, columns = np.indices(crop.shape)
        seen = np.array([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
        expected = transformed(np.array([[109.0, 99.0]], dtype=np.float32), transform)[0]
        np.testing.assert_allclose(seen, expected, atol=0.25)


def test_crops_vary_within_their_bounds() -> None:
    square = face_square(face_points((100.0, 90.0), 60.0))
    chance = np.random.default_rng(0)
    turns, scales = [], []
    for _ in range(300):
        transform = crop_transform(*square, chance)
        ends = transformed(np.array([[80.0, 90.0], [120.0, 90.0]], np.float32), transform)
        across = ends[1] - ends[0]
        turns.append(np.rad2deg(np.arctan2(across[1], across[0])))
        scales.append(np.log(np.linalg.norm(across) / 40.0 * square[1] / CROP_PX))
    assert 8.0 < np.std(turns) < 25.0
    assert np.abs(turns).max() < GEOMETRY.widest_rotation_deg + 15.0  # shear turns, too
    assert 0.08 < np.std(scales) < 0.3


def test_degrading_depends_on_the_generator_only() -> None:
    crop = np.random.default_rng(1).integers(0, 256, (CROP_PX, CROP_PX, 3)).astype(np.uint8)
    before = crop.copy()
    different = 0
    for seed in range(40):
        first = degraded(crop, np.random.default_rng(seed))
        again = degraded(crop, np.random.default_rng(seed))
        assert first.shape == crop.shape
        assert first.dtype == np.uint8
        np.testing.assert_array_equal(first, again)
        different += not np.array_equal(first, crop)
    assert different > 30
    np.testing.assert_array_equal(crop, before)
