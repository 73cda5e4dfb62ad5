"""Small upright pictures of faces, with their landmarks to be judged by eye."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.exports.overlay.blending import draw_dots

Image = NDArray[np.uint8]

CROP_PX = 192
_MARGIN = 1.35
_QUALITY = 78
_DOT_PX, _RING_PX = 0.9, 1.4
_DOT, _RING = (255, 255, 60), (90, 60, 0)


def upright_crop(image: Image, landmarks: NDArray[np.float32]) -> tuple[Image, NDArray[np.float64]]:
    """Return a square around a face, turned so that the eyes are level, and its landmarks there.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        The frame, BGR.
    landmarks : (68, 2) ndarray of float32
        Landmarks, pixels.

    Returns
    -------
    picture : (192, 192, 3) ndarray of uint8
        The picture; black where there is no frame.
    points : (68, 2) ndarray of float64
        Landmarks in it, pixels.
    """
    eyes = landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)
    angle = float(np.arctan2(eyes[1], eyes[0]))
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = landmarks @ np.array([[cosine, -sine], [sine, cosine]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    scale = CROP_PX / max(1e-3, _MARGIN * float((high - low).max()))
    middle = scale * (low + high) / 2
    matrix = np.array(
        [
            [scale * cosine, scale * sine, CROP_PX / 2 - middle[0]],
            [-scale * sine, scale * cosine, CROP_PX / 2 - middle[1]],
        ]
    )
    points = landmarks @ matrix[:, :2].T + matrix[:, 2]
    if scale < 0.5:  # far larger than the picture: averaged first, so that nothing glitters
        image, matrix = _halved(image, matrix, scale)
    crop = np.asarray(cv2.warpAffine(image, matrix, (CROP_PX, CROP_PX)), dtype=np.uint8)
    return crop, points


def with_points(crop: Image, points: NDArray[np.float64]) -> Image:
    """Return a crop with a dot on each landmark, so small that lids and lips can still be seen."""
    marked = crop.copy()
    draw_dots(marked, points, _DOT_PX, _RING_PX, _DOT, _RING)
    return marked


def _halved(
    image: Image, matrix: NDArray[np.float64], scale: float
) -> tuple[Image, NDArray[np.float64]]:
    factor = 2.0 * scale
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    matrix = matrix.copy()
    matrix[:, :2] /= factor
    return np.asarray(small, dtype=np.uint8), matrix


def brightness_of(crop: Image) -> float:
    """Return the mean grey value of the middle of a crop, 0 to 255.

    What is black as the surroundings of the frame are does not count, unless all of it is.
    """
    middle = crop[CROP_PX // 4 : -CROP_PX // 4, CROP_PX // 4 : -CROP_PX // 4]
    grey = cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY)
    seen = grey[grey > 0]
    return float(seen.mean()) if seen.size else 0.0


def as_data_url(crop: Image) -> str:
    """Return a picture as the text that goes into a page."""
    _, content = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"
