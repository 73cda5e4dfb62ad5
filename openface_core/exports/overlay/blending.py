"""What covers many pixels of every frame, blended into it in little time.

OpenCV draws one disc per call, smoothed by a polygon, and mixes pictures in floating point: these
two were most of the time of drawing.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

Image = NDArray[np.uint8]


@kernel
def _mix(image: Image, y: int, x: int, colour: NDArray[np.uint8], share: float) -> None:
    """Mix a colour into a pixel: `share` of it, from 0 to 1."""
    if share <= 0.0:
        return
    part = int(min(share, 1.0) * 256)
    for c in range(3):
        old = int(image[y, x, c])
        image[y, x, c] = old + (((int(colour[c]) - old) * part + 128) >> 8)


@kernel
def _draw_dots(
    image: Image,
    points: NDArray[np.float64],
    radius_px: float,
    ring_px: float,
    filling: NDArray[np.uint8],
    ring: NDArray[np.uint8],
) -> None:
    """See :func:`draw_dots`."""
    height, width = image.shape[:2]
    reach = ring_px + 0.5
    for k in range(points.shape[0]):
        px, py = points[k, 0], points[k, 1]
        if not (-reach < px < width + reach and -reach < py < height + reach):
            continue
        for y in range(max(0, math.ceil(py - reach)), min(height, math.floor(py + reach) + 1)):
            for x in range(max(0, math.ceil(px - reach)), min(width, math.floor(px + reach) + 1)):
                distance = math.sqrt((x - px) * (x - px) + (y - py) * (y - py))
                _mix(image, y, x, ring, reach - distance)
                _mix(image, y, x, filling, radius_px + 0.5 - distance)


def draw_dots(
    image: Image,
    points: NDArray[np.float64],
    radius_px: float,
    ring_px: float,
    filling: tuple[int, int, int],
    ring: tuple[int, int, int],
) -> None:
    """Draw round dots with a ring, smoothed, at fractions of pixels.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        What is drawn into; points outside, or not finite, are left out.
    points : (n, 2) ndarray of float64
        Middles, x and y, pixels.
    radius_px, ring_px : float
        Radius of the filling and of the ring around it.
    filling, ring : (int, int, int)
        Their colours, BGR.
    """
    colours = (np.array(colour, dtype=np.uint8) for colour in (filling, ring))
    _draw_dots(image, points, radius_px, ring_px, *colours)


def lay_over(place: Image, opacity: float, ground: Image) -> None:
    """Lay a picture over another.

    Parameters
    ----------
    place : (h, w, 3) ndarray of uint8
        What is drawn into.
    opacity : float
        Share of the picture that is laid over it, from 0 to 1.
    ground : (h, w, 3) ndarray of uint8
        That picture, already multiplied by its share, see :func:`as_ground`.
    """
    cv2.convertScaleAbs(place, dst=place, alpha=1 - opacity)
    cv2.add(place, ground, dst=place)


def as_ground(picture: Image, opacity: float) -> Image:
    """Return a picture multiplied by its share, for :func:`lay_over`."""
    return np.asarray(cv2.convertScaleAbs(picture, alpha=opacity), dtype=np.uint8)
