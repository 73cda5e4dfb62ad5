"""What cameras do to pictures: light, colour, blur, noise, compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_LEVELS = np.arange(256, dtype=np.float32) / 255


def change_light(picture: Picture, rng: np.random.Generator, strength: float = 1.0) -> Picture:
    """Change brightness, contrast and colour balance by one curve per channel.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
    rng : Generator
        Draws the curves.
    strength : float
        1 for the full range, less for less.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    gamma = np.exp(rng.uniform(-0.5, 0.5) * strength)
    gain = np.exp(rng.uniform(-0.5, 0.3) * strength)
    balance = np.exp(rng.uniform(-0.15, 0.15, 3) * strength)
    lift = rng.uniform(-0.09, 0.09) * strength
    curves = _LEVELS[:, None] ** gamma * (gain * balance)[None] + lift
    table = np.clip(curves * 255, 0, 255).astype(np.uint8)[None]
    result: Picture = cv2.LUT(picture, table)
    return result


def tint(picture: Picture, rng: np.random.Generator) -> Picture:
    """Give a grey picture a colour like that of skin in warm light."""
    red = rng.uniform(0.95, 1.15)
    balance = np.array([red * rng.uniform(0.55, 0.9), red * rng.uniform(0.7, 0.95), red])
    table = np.clip(_LEVELS[:, None] * balance[None] * 255, 0, 255).astype(np.uint8)[None]
    result: Picture = cv2.LUT(picture, table)
    return result


def turn_grey(picture: Picture) -> Picture:
    """Take the colour out of a picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    result: Picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    return result


def degrade(picture: Picture, rng: np.random.Generator) -> Picture:
    """Pass a picture through a random poor camera.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
    rng : Generator
        Makes the choices.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    if rng.random() < 0.6:
        picture = change_light(picture, rng, 0.7)
    if rng.random() < 0.15:
        picture = turn_grey(picture)
    blur = rng.random()
    if blur < 0.12:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.6)))
    elif blur < 0.18:
        length = int(rng.integers(3, 8))
        streak = np.zeros((length, length), dtype=np.float32)
        end = rng.integers(0, length, 4)
        cv2.line(streak, (int(end[0]), int(end[1])), (int(end[2]), int(end[3])), 1.0)
        picture = cv2.filter2D(picture, -1, streak / streak.sum())
    if rng.random() < 0.25:
        noise = np.empty(picture.shape, dtype=np.int16)
        cv2.randn(noise, 0, float(rng.uniform(1.0, 14.0)))
        picture = cv2.add(picture, noise, dtype=cv2.CV_8U)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 90))
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return picture
