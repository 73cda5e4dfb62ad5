"""Versions of one photograph: mirrored, turned, bent, in other light and of worse quality."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.action_units.expression_warp import region_weights, thin_plate_map
from openface_core.landmarks.conventions import MIRRORED_ORDER

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

PLAIN, MIRRORED = 0, 1
"""The first two versions: as it is, and its mirror image. All others are random."""

_TURN_SD_RADIANS = 0.10
_LEAST_SCALE, _MOST_SCALE = 0.6, 1.6
_MAX_SIDE_PX = 640


@dataclass(frozen=True, eq=False)
class Variant:
    """A version of a photograph.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        BGR.
    point_sets : tuple of (68, 2) ndarray of float32
        The points that came with the photograph, in this version of it.
    """

    image: UInt8Array
    point_sets: tuple[Float32Array, ...]


def make_variant(
    image: UInt8Array,
    point_sets: tuple[Float32Array, ...],
    other_shape: Float64Array,
    number: int,
    rng: np.random.Generator,
) -> Variant:
    """Return one version of a photograph.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        The photograph.
    point_sets : tuple of (68, 2) ndarray of float32
        Points of its face by one or several methods; the bend is led by the first ones.
    other_shape : (68, 2) ndarray of float64
        The first points as they would be with another face's deformation.
    number : int
        Which version.
    rng : numpy.random.Generator
        Decides about all but the first two.
    """
    if number == PLAIN:
        return Variant(image, point_sets)
    if number == MIRRORED:
        return Variant(np.ascontiguousarray(image[:, ::-1]), _mirrored(point_sets, image.shape[1]))
    points = [p.astype(np.float64) for p in point_sets]
    bent = image
    if rng.random() < 0.75:
        change = (other_shape - points[0]) * region_weights(rng) * rng.uniform(0.4, 1.0)
        height, width = image.shape[:2]
        back = thin_plate_map(points[0] + change, points[0], width, height)
        bent = cv2.remap(
            image,
            np.ascontiguousarray(back[..., 0]),
            np.ascontiguousarray(back[..., 1]),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.uint8)
        # Other methods' points keep their distance from the first.
        points = [p + change for p in points]
    bent, points = _turned(bent, points, rng)
    sets = tuple(p.astype(np.float32) for p in points)
    if rng.random() < 0.5:
        bent, sets = np.ascontiguousarray(bent[:, ::-1]), _mirrored(sets, bent.shape[1])
    return Variant(_worsened(bent, rng), sets)


def _mirrored(point_sets: tuple[Float32Array, ...], width_px: int) -> tuple[Float32Array, ...]:
    turn, move = np.array([-1, 1], np.float32), np.array([width_px - 1, 0], np.float32)
    return tuple(points[MIRRORED_ORDER] * turn + move for points in point_sets)


def _turned(
    image: UInt8Array, points: list[Float64Array], rng: np.random.Generator
) -> tuple[UInt8Array, list[Float64Array]]:
    """Turn, scale and shift a picture by parts of a pixel."""
    height, width = image.shape[:2]
    scale = float(np.exp(rng.uniform(np.log(_LEAST_SCALE), np.log(_MOST_SCALE))))
    scale = min(scale, _MAX_SIDE_PX / max(height, width))
    angle = rng.normal(0.0, _TURN_SD_RADIANS)
    size = (round(width * scale), round(height * scale))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])
    centre = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    new_centre = (np.array(size) - 1) / 2.0 + rng.uniform(-0.5, 0.5, 2)
    matrix[:, 2] = new_centre - matrix[:, :2] @ centre
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    if scale < 1.0:
        image = cv2.GaussianBlur(image, (0, 0), 0.45 / scale).astype(np.uint8)
    turned = cv2.warpAffine(image, matrix, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return turned.astype(np.uint8), [p @ matrix[:, :2].T + matrix[:, 2] for p in points]


def _worsened(image: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """Change light and quality as cameras and video codecs do."""
    values = image.astype(np.float32) / 255.0
    values = values ** np.float32(np.exp(rng.normal(0.0, 0.2)))
    if rng.random() < 0.5:
        # Light that falls off across the face.
        height, width = image.shape[:2]
        slope = rng.normal(0.0, 0.35, 2)
        columns, rows = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
        light = np.exp(slope[0] * columns[None] + slope[1] * rows[:, None])
        values *= light[..., None].astype(np.float32)
    values *= np.float32(np.exp(rng.normal(0.0, 0.15)))
    if rng.random() < 0.5:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 1.2))
    values += rng.normal(0.0, rng.uniform(0.0, 0.012), values.shape).astype(np.float32)
    result = np.clip(values * 255.0 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))]
        result = cv2.imdecode(cv2.imencode(".jpg", result, quality)[1], cv2.IMREAD_COLOR)
    return np.asarray(result, dtype=np.uint8)
