import cv2
import numpy as np
import pytest

from openface_core.detection.mtcnn.sampling import sample_part

TOLERANCE = 1e-5
"""A thousandth of a grey value: OpenCV rounds the places of samples in another order."""

FRAME = np.random.default_rng(5).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def part(left: int, top: int, width: int, height: int, size: tuple[int, int]) -> np.ndarray:
    """Twin by OpenCV: a part of the frame, black beyond it, resized, red first and around 0."""
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    for y in range(height):
        for x in range(width):
            if 0 <= y + top < 60 and 0 <= x + left < 80:
                canvas[y, x] = FRAME[y + top, x + left]
    resized = cv2.resize(canvas, size)
    return ((resized[:, :, ::-1].transpose(2, 0, 1) - 127.5) * 0.0078125).astype(np.float32)


@pytest.mark.parametrize(
    ("place", "size"),
    [
        ((0, 0, 80, 60), (16, 12)),
        ((0, 0, 80, 60), (57, 43)),
        ((10, 5, 30, 30), (24, 24)),
        ((10, 5, 30, 30), (48, 48)),
        ((-12, -7, 41, 41), (24, 24)),
        ((60, 40, 50, 50), (48, 48)),
        ((200, 200, 20, 20), (24, 24)),
        ((3, 4, 1, 1), (24, 24)),
    ],
)
def test_parts_are_sampled_as_by_opencv(
    place: tuple[int, int, int, int], size: tuple[int, int]
) -> None:
    out = np.empty((3, size[1], size[0]), dtype=np.float32)
    sample_part(FRAME, *place, out)
    np.testing.assert_allclose(out, part(*place, size), atol=TOLERANCE)
