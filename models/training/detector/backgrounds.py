"""Pictures without faces, for the detector to find nothing in: textures, drawings, photographs."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Picture = NDArray[np.uint8]

_PHOTOGRAPHS = (
    "brick", "chelsea", "clock", "coffee", "coins", "grass", "gravel", "hubble_deep_field",
    "immunohistochemistry", "moon", "page", "rocket", "text",
)  # fmt: skip
"""The pictures inside scikit-image that show no face."""

_SKIN_BGR = np.array([[120, 155, 215], [90, 125, 190], [60, 90, 150], [35, 55, 95]], np.float32)


def read_faceless() -> list[Picture]:
    """Read the pictures of scikit-image that show no face, as colour pictures, blue first."""
    pictures = []
    for name in _PHOTOGRAPHS:
        picture = np.asarray(getattr(data, name)())
        if picture.ndim == 2:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        else:
            picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        pictures.append(picture)
    left = np.asarray(data.stereo_motorcycle()[0])
    return [*pictures, cv2.cvtColor(left, cv2.COLOR_RGB2BGR)]


class Backgrounds:
    """Draws pictures without faces.

    Parameters
    ----------
    pictures : list of ndarray of uint8, shape (H, W, 3)
        Photographs without faces, at least 64 pixels high and wide.
    """

    def __init__(self, pictures: list[Picture]) -> None:
        self._pictures = pictures

    def draw(self, side: int, rng: np.random.Generator) -> Picture:
        """Draw one background.

        Parameters
        ----------
        side : int
            Height and width in pixels.
        rng : Generator
            Makes the choices.

        Returns
        -------
        ndarray of uint8, shape (side, side, 3)
        """
        kind = rng.random()
        if kind < 0.5:
            background = self._crop(side, rng)
        elif kind < 0.75:
            background = _clouds(side, rng)
        elif kind < 0.85:
            background = np.full((side, side, 3), rng.integers(0, 256, 3), dtype=np.uint8)
        else:
            background = _gradient(side, rng)
        for _ in range(int(rng.integers(0, 7)) if rng.random() < 0.6 else 0):
            draw_shape(background, rng)
        if rng.random() < 0.1:
            _write(background, rng)
        return background

    def patch(self, height: int, width: int, rng: np.random.Generator) -> Picture:
        """Draw a small piece of texture, to cover something with."""
        if rng.random() < 0.5:
            return np.ascontiguousarray(self._crop(max(height, width), rng)[:height, :width])
        colour = skin_colour(rng) if rng.random() < 0.6 else rng.uniform(0, 255, 3)
        shade = np.linspace(rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.0), width)[None, :, None]
        flat = np.clip(colour[None, None] * shade, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(flat, (height, width, 3)))

    def _crop(self, side: int, rng: np.random.Generator) -> Picture:
        picture = self._pictures[rng.integers(len(self._pictures))]
        height, width = picture.shape[:2]
        edge = int(rng.uniform(0.25, 1.0) * min(height, width))
        y = int(rng.integers(0, height - edge + 1))
        x = int(rng.integers(0, width - edge + 1))
        crop = picture[y : y + edge, x : x + edge]
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        turned = np.ascontiguousarray(np.rot90(crop, int(rng.integers(4))))
        kind = cv2.INTER_AREA if edge > side else cv2.INTER_LINEAR
        result: Picture = cv2.resize(turned, (side, side), interpolation=kind)
        return result


def skin_colour(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a colour of skin: blue, green, red from 0 to 255."""
    i = int(rng.integers(len(_SKIN_BGR) - 1))
    share = rng.random()
    mixed = _SKIN_BGR[i] * share + _SKIN_BGR[i + 1] * (1.0 - share)
    return np.asarray(np.clip(mixed * rng.uniform(0.8, 1.15, 3), 0, 255), dtype=np.float32)


def draw_shape(picture: Picture, rng: np.random.Generator) -> None:
    """Draw an ellipse, a polygon, a line or a bare head into a picture."""
    side = picture.shape[0]
    centre = rng.integers(0, side, 2)
    reach = side * float(np.exp(rng.uniform(np.log(0.02), np.log(0.35))))
    axes = (int(reach * rng.uniform(0.4, 1.0)) + 1, int(reach) + 1)
    colour = (skin_colour(rng) if rng.random() < 0.4 else rng.integers(0, 256, 3)).astype(float)
    at = (int(centre[0]), int(centre[1]))
    angle = float(rng.uniform(0, 180))
    kind = rng.random()
    if kind < 0.35:
        cv2.ellipse(picture, at, axes, angle, 0, 360, colour.tolist(), -1, cv2.LINE_AA)
    elif kind < 0.6:
        corners = centre + rng.uniform(-reach, reach, (int(rng.integers(3, 7)), 2))
        cv2.fillPoly(picture, [corners.astype(np.int32)], colour.tolist(), cv2.LINE_AA)
    elif kind < 0.8:
        end = centre + rng.uniform(-2 * reach, 2 * reach, 2)
        thickness = int(rng.integers(1, 6))
        to = (int(end[0]), int(end[1]))
        cv2.line(picture, at, to, colour.tolist(), thickness, cv2.LINE_AA)
    else:  # a doll's head: a round shape with spots, which is no face
        cv2.ellipse(picture, at, axes, 0, 0, 360, colour.tolist(), -1, cv2.LINE_AA)
        for _ in range(int(rng.integers(1, 5))):
            spot = centre + rng.uniform(-0.5, 0.5, 2) * axes
            dark = (colour * rng.uniform(0.1, 1.2)).clip(0, 255)
            radius = max(1, int(reach * rng.uniform(0.05, 0.2)))
            cv2.circle(
                picture, (int(spot[0]), int(spot[1])), radius, dark.tolist(), -1, cv2.LINE_AA
            )


def _clouds(side: int, rng: np.random.Generator) -> Picture:
    """Draw coloured noise with detail at several sizes."""
    total = np.full((side, side, 3), rng.uniform(40, 215, 3), dtype=np.float32)
    for cells in (3, 9, 27, 81):
        grain = rng.normal(0.0, rng.uniform(1.0, 35.0), (cells, cells, 3)).astype(np.float32)
        if rng.random() < 0.75:
            grain[:] = grain[..., :1]
        total += cv2.resize(grain, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.clip(total, 0, 255).astype(np.uint8)


def _gradient(side: int, rng: np.random.Generator) -> Picture:
    corners = rng.integers(0, 256, (2, 2, 3)).astype(np.uint8)
    result: Picture = cv2.resize(corners, (side, side), interpolation=cv2.INTER_LINEAR)
    return result


def _write(picture: Picture, rng: np.random.Generator) -> None:
    letters = "".join(chr(c) for c in rng.integers(65, 91, int(rng.integers(3, 12))))
    at = (int(rng.integers(0, picture.shape[1])), int(rng.integers(0, picture.shape[0])))
    colour = rng.integers(0, 256, 3).astype(float).tolist()
    scale = float(rng.uniform(0.4, 2.0))
    cv2.putText(picture, letters, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 2, cv2.LINE_AA)
