"""Pictures bent by a few points."""

import cv2
import numpy as np
import pytest

from models.training.action_units.expression_warp import REGIONS, region_weights, thin_plate_map

WIDTH, HEIGHT = 120, 90
OLD = np.array([[30.0, 30.0], [60.0, 40.0], [90.0, 30.0], [60.0, 70.0]])
NEW = OLD + np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 0.0], [0.0, -5.0]])


def test_new_places_show_what_was_at_the_old_ones() -> None:
    back = thin_plate_map(NEW, OLD, WIDTH, HEIGHT)
    for new, old in zip(NEW.astype(int), OLD, strict=True):
        np.testing.assert_allclose(back[new[1], new[0]], old, atol=0.6)


@pytest.mark.parametrize("corner", [(0, 0), (WIDTH - 1, 0), (0, HEIGHT - 1)])
def test_corners_stay(corner: tuple[int, int]) -> None:
    back = thin_plate_map(NEW, OLD, WIDTH, HEIGHT)
    np.testing.assert_allclose(back[corner[1], corner[0]], corner, atol=0.3)


def test_nothing_moves_without_a_change() -> None:
    back = thin_plate_map(OLD, OLD, WIDTH, HEIGHT)
    columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    np.testing.assert_allclose(back, np.stack([columns, rows], axis=-1), atol=1e-3)


def test_a_dot_goes_where_its_point_goes() -> None:
    image = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    cv2.circle(image, (60, 70), 3, 255, -1)
    back = thin_plate_map(NEW, OLD, WIDTH, HEIGHT)
    bent = cv2.remap(
        image,
        np.ascontiguousarray(back[..., 0]),
        np.ascontiguousarray(back[..., 1]),
        cv2.INTER_LINEAR,
    )
    rows, columns = np.nonzero(bent > 127)
    assert (columns.mean(), rows.mean()) == pytest.approx((60.0, 65.0), abs=1.0)


def test_every_point_has_a_region_and_regions_move_as_one() -> None:
    assert sorted(point for region in REGIONS for point in region) == list(range(68))
    weights = region_weights(np.random.default_rng(0))
    assert weights.shape == (68, 1)
    assert (weights >= 0.0).all()
    for region in REGIONS:
        assert len(set(weights[list(region), 0])) == 1
