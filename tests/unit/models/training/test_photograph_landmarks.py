"""Landmarks of photographs: without the border that was added for finding them, and kept."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.photograph_landmarks import (
    BORDER_SHARE,
    landmarks_on_photographs,
    read_photograph,
)
from models.training.photographs import Photograph
from openface_core.errors import InputError


class Corners:
    """Says where the picture's brightest pixel is, in 68 points; sees nothing in the dark."""

    key = "corners"

    def __init__(self) -> None:
        self.calls = 0

    def landmarks(self, image_bgr: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        self.calls += 1
        y, x = np.unravel_index(image_bgr[..., 0].argmax(), image_bgr.shape[:2])
        points = np.tile(np.array([x, y], dtype=np.float32), (68, 1))
        return points if image_bgr.max() > 128 else None


@pytest.fixture
def photographs(tmp_path: Path) -> tuple[Photograph, ...]:
    found = []
    for name, value in (("bright.png", 255), ("dark.png", 0)):
        image = np.zeros((60, 48, 3), dtype=np.uint8)
        image[20, 30] = value
        cv2.imwrite(str(tmp_path / name), image)
        found.append(Photograph("some", name, tmp_path / name, None))
    return tuple(found)


def test_landmarks_are_those_of_the_photograph_without_its_border(
    photographs: tuple[Photograph, ...], tmp_path: Path
) -> None:
    source = Corners()
    found = landmarks_on_photographs(photographs, source, tmp_path)
    assert (found[0] == (30.0, 20.0)).all()
    assert np.isnan(found[1]).all()
    again = landmarks_on_photographs(photographs, source, tmp_path)
    np.testing.assert_array_equal(found, again)
    assert source.calls == 2  # the second time they were read


def test_the_border_repeats_the_edge(photographs: tuple[Photograph, ...]) -> None:
    image, border = read_photograph(photographs[0])
    assert border == round(BORDER_SHARE * 60)
    assert image.shape == (60 + 2 * border, 48 + 2 * border, 3)


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("no picture")
    with pytest.raises(InputError, match="cannot be read as a picture"):
        read_photograph(Photograph("some", "text.png", path, None))
