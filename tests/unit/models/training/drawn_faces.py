"""A face of 68 points, and a drawing of it."""

import cv2
import numpy as np
from numpy.typing import NDArray


def _arc(centre: tuple[float, float], radii: tuple[float, float], degrees: list[float]) -> NDArray:
    angles = np.deg2rad(degrees)
    return np.stack(
        [centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=1
    )


def _row(x: tuple[float, float], y: tuple[float, float], count: int) -> NDArray:
    return np.stack([np.linspace(*x, count), np.linspace(*y, count)], axis=1)


def face_points(centre: tuple[float, float], size_px: float) -> NDArray[np.float32]:
    """Return an upright symmetric face's points, `size_px` from its middle to the chin."""
    eye = [180.0, 240.0, 300.0, 0.0, 60.0, 120.0]
    outer = np.linspace(180.0, 540.0, 13)[:-1].tolist()
    inner = np.linspace(180.0, 540.0, 9)[:-1].tolist()
    parts = [
        _arc((0.0, -0.1), (0.9, 1.1), np.linspace(180.0, 0.0, 17).tolist()),
        _row((-0.75, -0.2), (-0.55, -0.6), 5),
        _row((0.2, 0.75), (-0.6, -0.55), 5),
        _row((0.0, 0.0), (-0.35, 0.1), 4),
        _row((-0.2, 0.2), (0.25, 0.25), 5),
        _arc((-0.4, -0.35), (0.18, 0.08), eye),
        _arc((0.4, -0.35), (0.18, 0.08), eye),
        _arc((0.0, 0.55), (0.38, 0.16), outer),
        _arc((0.0, 0.55), (0.28, 0.07), inner),
    ]
    return (np.concatenate(parts) * size_px + centre).astype(np.float32)


def drawn_face(points: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a face's outline, eyes, nose and mouth on grey."""
    image = np.full((*shape, 3), (120, 110, 100), dtype=np.uint8)
    outline = np.concatenate([points[:17], points[26:21:-1], points[21:16:-1]])
    cv2.fillPoly(image, [np.rint(outline).astype(np.int32)], (140, 170, 220))
    for part, colour in (
        (points[36:42], (250, 250, 250)),
        (points[42:48], (250, 250, 250)),
        (points[48:60], (60, 60, 200)),
        (points[60:68], (20, 20, 60)),
    ):
        cv2.fillPoly(image, [np.rint(part).astype(np.int32)], colour)
    for line in (points[17:22], points[22:27], points[27:31], points[31:36]):
        cv2.polylines(image, [np.rint(line).astype(np.int32)], False, (40, 50, 60), 2)
    return image
