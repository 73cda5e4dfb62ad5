"""What is asked for is there, once, and nothing else is made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.partial_pictures import (
    TILE_PX,
    PartialPicture,
    Strips,
    all_pixels,
    contiguous,
    pixels_within,
)
from openface_core.refinement.grey import PartialGrey, grey_from_bgr

RNG = np.random.default_rng(3)
IMAGE = RNG.integers(0, 256, (130, 201, 3), dtype=np.uint8)
TILES = 5 * 7
EDGES = st.floats(-80.0, 300.0)
BOXES = st.lists(st.tuples(EDGES, EDGES, EDGES, EDGES), min_size=1, max_size=6)


class TiledCopy(PartialPicture):
    """Copies tiles of an array, and counts them."""

    def __init__(self, image: np.ndarray) -> None:
        super().__init__(image.shape)
        self.image = image
        self.copied_tiles = 0

    def _make(self, strips: Strips, out: np.ndarray) -> None:
        for left, top, right, bottom in strips.tolist():
            out[top:bottom, left:right] = self.image[top:bottom, left:right]
            self.copied_tiles += -(-(right - left) // TILE_PX)


def part(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """What lies in a box, as NumPy cuts it."""
    left, top, right, bottom = box
    columns = slice(max(int(np.floor(left)), 0), max(int(np.ceil(right)), 0))
    return image[max(int(np.floor(top)), 0) : max(int(np.ceil(bottom)), 0), columns]


@settings(deadline=None)
@given(BOXES)
def test_what_lies_in_a_box_is_there(boxes: list[tuple[float, float, float, float]]) -> None:
    picture = TiledCopy(IMAGE)
    grey = PartialGrey(TiledCopy(IMAGE))
    for box in boxes:
        assert np.array_equal(part(picture.within(*box), box), part(IMAGE, box))
        assert np.array_equal(part(grey.within(*box), box), part(grey_from_bgr(IMAGE), box))
    assert picture.copied_tiles <= TILES
    assert np.array_equal(picture.whole(), IMAGE)
    assert picture.copied_tiles == TILES
    assert np.array_equal(grey.whole(), grey_from_bgr(IMAGE))


def test_no_more_tiles_are_made_than_a_box_touches() -> None:
    picture = TiledCopy(IMAGE)
    picture.within(0, 0, TILE_PX, TILE_PX)
    assert picture.copied_tiles == 1
    picture.within(TILE_PX - 0.5, 0, TILE_PX + 0.5, 1)
    assert picture.copied_tiles == 2
    picture.within(-50, -50, 0, 0)
    picture.within(90, 90, 40, 100)
    assert picture.copied_tiles == 2


@pytest.mark.parametrize("edge", [np.nan, np.inf, -np.inf, 1e7])
def test_places_that_are_none_or_far_away_ask_for_all(edge: float) -> None:
    assert np.array_equal(TiledCopy(IMAGE).within(edge, 0, 5, 5), IMAGE)
    assert np.array_equal(TiledCopy(IMAGE).within(0, 0, 5, edge), IMAGE)


def test_arrays_are_taken_as_they_are() -> None:
    assert pixels_within(IMAGE, 0, 0, 1, 1) is IMAGE
    assert all_pixels(IMAGE) is IMAGE
    assert contiguous(IMAGE) is IMAGE
    picture = TiledCopy(IMAGE)
    assert contiguous(picture) is picture
    assert np.array_equal(pixels_within(picture, 0, 0, 201, 130), IMAGE)
    assert np.array_equal(all_pixels(TiledCopy(IMAGE)), IMAGE)
    assert picture.size == IMAGE.size


def test_single_pixels_are_those_of_the_picture() -> None:
    rows, columns = np.array([0, 7, 129, 7]), np.array([200, 0, 31])
    expected = IMAGE[np.ix_(rows, columns)]
    assert np.array_equal(TiledCopy(IMAGE).sampled(rows, columns), expected)
