"""Parts of a picture, black where they reach beyond it."""

import numpy as np
import pytest

from openface_core.surroundings import cut_surroundings

PICTURE = np.random.default_rng(1).integers(1, 255, (30, 40, 3), dtype=np.uint8)
PADDED = np.pad(PICTURE, ((100, 100), (100, 100), (0, 0)))


@pytest.mark.parametrize(
    ("left", "top", "columns", "rows"),
    [(3, 4, 10, 12), (-5, -6, 20, 20), (30, 20, 25, 25), (-9, 5, 70, 8), (60, 60, 5, 5),
     (-50, -50, 20, 20), (40, 30, 3, 3), (-3, -3, 3, 3)],
)  # fmt: skip
def test_it_is_black_beyond_the_picture(left: int, top: int, columns: int, rows: int) -> None:
    expected = PADDED[100 + top : 100 + top + rows, 100 + left : 100 + left + columns]
    for picture, part in ((PICTURE, expected), (PICTURE[..., 0], expected[..., 0])):
        np.testing.assert_array_equal(cut_surroundings(picture, left, top, columns, rows), part)


def test_it_is_a_copy_of_the_same_kind() -> None:
    grey = PICTURE[..., 0].astype(np.float32)
    part = cut_surroundings(grey, 0, 0, 40, 30)
    part[:] = 0
    assert part.dtype == np.float32
    assert grey.all()
