"""Random views of a photograph's face: the geometry of the crop, and what light and video do.

All functions draw from the generator that they are given and from nothing else.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.conventions import MIRRORED_ORDER

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

CROP_PX = 112
"""Side of the network's input."""

CROP_SIDE = 1.25
"""Side of the crop over the longer side of the landmarks' box, before any variation."""


@dataclass(frozen=True)
class GeometrySettings:
    """How far crops of one face vary.

    Parameters
    ----------
    rotation_deg : float
        Standard deviation of the turn away from level eyes.
    widest_rotation_deg : float
        Bound of the turn; a fifth of all crops is drawn evenly up to here.
    scale_log : float
        Standard deviation of the logarithm of the scale.
    widest_scale_log : float
        Bound of it; a fifth of all crops is drawn evenly up to here.
    shift : float
        Standard deviation of the shift along each axis, in sides of the crop.
    squeeze_log : float
        Standard deviation of the logarithm of the width over the height.
    shear, perspective : float
        Standard deviations, in sides of the crop.
    """

    rotation_deg: float = 12.0
    widest_rotation_deg: float = 40.0
    scale_log: float = 0.10
    widest_scale_log: float = 0.30
    shift: float = 0.045
    squeeze_log: float = 0.07
    shear: float = 0.03
    perspective: float = 0.05


GEOMETRY = GeometrySettings()


def face_square(landmarks_px: Float32Array) -> tuple[Float64Array, float, float]:
    """Return the upright square around a face.

    Parameters
    ----------
    landmarks_px : (68, 2) ndarray of float32

    Returns
    -------
    centre : (2,) ndarray of float64
        Pixels.
    side_px : float
    angle : float
        Radians from the picture's x axis to the line from eye to eye.
    """
    points = landmarks_px.astype(np.float64)
    right, down = points[42:48].mean(axis=0) - points[36:42].mean(axis=0)
    angle = float(np.arctan2(down, right))
    cos, sin = np.cos(angle), np.sin(angle)
    axes = np.array([[cos, sin], [-sin, cos]])
    turned = points @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    return ((low + high) / 2.0) @ axes, CROP_SIDE * float((high - low).max()), angle


def crop_transform(
    centre: Float64Array, side_px: float, angle: float, chance: np.random.Generator | None
) -> Float64Array:
    """Return the projective transform from the picture into a crop of :data:`CROP_PX`.

    Parameters
    ----------
    centre, side_px, angle
        As :func:`face_square` gives them.
    chance : numpy Generator or None
        Varies the crop; None gives the square itself.

    Returns
    -------
    (3, 3) ndarray of float64
        For homogeneous x, y with pixel centres on integers on both sides.
    """
    inner = np.eye(3)
    if chance is not None:
        angle, side_px, inner = _varied(angle, side_px, chance)
    cos, sin = np.cos(angle), np.sin(angle)
    to_square = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    to_square[:2] /= side_px
    to_square[:2, 2] = -to_square[:2, :2] @ centre
    middle = (CROP_PX - 1) / 2.0
    to_pixels = np.array([[CROP_PX, 0.0, middle], [0.0, CROP_PX, middle], [0.0, 0.0, 1.0]])
    return np.asarray(to_pixels @ inner @ to_square)


def _varied(
    angle: float, side_px: float, chance: np.random.Generator
) -> tuple[float, float, Float64Array]:
    """Vary the turn and the side of a crop, and return the distortion within it."""
    limits = GEOMETRY
    widest = np.deg2rad(limits.widest_rotation_deg)
    turn = np.deg2rad(limits.rotation_deg) * chance.normal()
    if chance.random() < 0.2:
        turn = chance.uniform(-widest, widest)
    scale_log = limits.scale_log * chance.normal()
    if chance.random() < 0.2:
        scale_log = chance.uniform(-1.0, 1.0) * limits.widest_scale_log
    bound = limits.widest_scale_log
    squeeze = np.exp(limits.squeeze_log * chance.normal())
    shear_x, shear_y = limits.shear * chance.normal(size=2)
    tilt_x, tilt_y = np.clip(limits.perspective * chance.normal(size=2), -0.15, 0.15)
    shift_x, shift_y = np.clip(limits.shift * chance.normal(size=2), -0.14, 0.14)
    inner = np.array(
        [
            [squeeze, shear_x, shift_x],
            [shear_y, 1.0 / squeeze, shift_y],
            [2.0 * tilt_x, 2.0 * tilt_y, 1.0],
        ]
    )
    side_px *= float(np.exp(np.clip(scale_log, -bound, bound)))
    return angle + float(np.clip(turn, -widest, widest)), side_px, inner


def transformed(points: Float32Array, transform: Float64Array) -> Float64Array:
    """Map points (n, 2) by a projective transform (3, 3)."""
    mapped = points.astype(np.float64) @ transform[:, :2].T + transform[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def cut(image: UInt8Array, transform: Float64Array, chance: np.random.Generator) -> UInt8Array:
    """Cut a crop; what lies beyond the picture is black, or else repeats its border."""
    border = cv2.BORDER_CONSTANT if chance.random() < 0.6 else cv2.BORDER_REPLICATE
    result = cv2.warpPerspective(
        image, transform, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return np.asarray(result, dtype=np.uint8)


def mirrored(crop: UInt8Array, points: Float64Array) -> tuple[UInt8Array, Float64Array]:
    """Exchange the left and the right of a crop and of the points in it."""
    points = points[MIRRORED_ORDER].copy()
    points[:, 0] = CROP_PX - 1 - points[:, 0]
    return np.ascontiguousarray(crop[:, ::-1]), points


def occluded(crop: UInt8Array, chance: np.random.Generator) -> UInt8Array:
    """Cover a part of the crop by a shape of one colour, or of another part of the crop."""
    mask = np.zeros((CROP_PX, CROP_PX), dtype=np.uint8)
    x, y = (int(v) for v in chance.integers(0, CROP_PX, size=2))
    width, height = (int(v) for v in chance.integers(8, 40, size=2))
    kind = chance.random()
    if kind < 0.5:
        angle = float(chance.uniform(0.0, 180.0))
        cv2.ellipse(mask, (x, y), (width, height), angle, 0.0, 360.0, 255, -1)
    elif kind < 0.8:
        cv2.rectangle(mask, (x - width, y - height), (x + width, y + height), 255, -1)
    else:  # fingers, hair: a few thick lines side by side
        for _ in range(int(chance.integers(1, 5))):
            ends = [(int(a), int(b)) for a, b in chance.integers(-10, CROP_PX + 10, size=(2, 2))]
            cv2.line(mask, ends[0], ends[1], 255, int(chance.integers(2, 12)))
    if chance.random() < 0.3:
        cover = np.roll(crop, chance.integers(20, 92, size=2), axis=(0, 1))
    else:
        # The colour of some pixel of the crop is often that of skin or hair.
        colour = crop[tuple(chance.integers(0, CROP_PX, size=2))].astype(np.float64)
        if chance.random() < 0.4:
            colour = chance.uniform(0.0, 255.0, size=3)
        shade = np.linspace(chance.uniform(0.6, 1.0), chance.uniform(0.6, 1.2), CROP_PX)
        row = np.clip(shade[:, None] * colour, 0.0, 255.0).astype(np.uint8)
        cover = np.broadcast_to(row[None], crop.shape)
    result = crop.copy()
    np.copyto(result, cover, where=mask[..., None] > 0)
    return result


def _blurred(crop: UInt8Array, chance: np.random.Generator) -> UInt8Array:
    kind = chance.random()
    if kind < 0.4:
        size = int(chance.integers(24, 80))
        small = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
        how = cv2.INTER_LINEAR if chance.random() < 0.7 else cv2.INTER_CUBIC
        result = cv2.resize(small, (CROP_PX, CROP_PX), interpolation=how)
    elif kind < 0.75:
        result = cv2.GaussianBlur(crop, (0, 0), float(chance.uniform(0.4, 2.2)))
    else:
        length = int(chance.integers(2, 5)) * 2 + 1
        kernel = np.zeros((length, length), dtype=np.float32)
        angle = chance.uniform(0.0, np.pi)
        reach = (length - 1) / 2.0 * np.array([np.cos(angle), np.sin(angle)])
        ends = np.rint((length - 1) / 2.0 + np.stack([-reach, reach])).astype(int).tolist()
        cv2.line(kernel, tuple(ends[0]), tuple(ends[1]), 1.0)
        result = cv2.filter2D(crop, -1, kernel / kernel.sum())
    return np.asarray(result, dtype=np.uint8)


def _relit(crop: UInt8Array, chance: np.random.Generator) -> UInt8Array:
    """Change brightness, contrast, gamma and the colour of the light, through a table."""
    values = np.arange(256) / 255.0
    gamma = np.exp(chance.normal() * 0.3)
    gain = np.exp(chance.normal() * 0.2)
    offset = chance.normal() * 0.08
    cast = np.exp(chance.normal(size=3) * 0.08)
    table = (values[:, None] ** gamma - 0.5) * gain + 0.5 + offset
    table = np.clip(255.0 * table * cast, 0.0, 255.0).astype(np.uint8)
    return np.asarray(cv2.LUT(crop, table[:, None, :]), dtype=np.uint8)


def _lit_from_a_side(crop: UInt8Array, chance: np.random.Generator) -> UInt8Array:
    angle = chance.uniform(0.0, 2.0 * np.pi)
    steps = np.linspace(-1.0, 1.0, CROP_PX, dtype=np.float32)
    slope = np.float32(np.cos(angle)) * steps[None, :] + np.float32(np.sin(angle)) * steps[:, None]
    strength = np.float32(chance.uniform(0.2, 1.0))
    light = np.exp2(strength * slope - np.float32(chance.uniform(0.0, 0.4)))
    return np.asarray(np.minimum(crop * light[..., None], 255.0), dtype=np.uint8)


def degraded(crop: UInt8Array, chance: np.random.Generator) -> UInt8Array:
    """Do to a crop what light, cameras and codecs do."""
    if chance.random() < 0.25:
        crop = occluded(crop, chance)
    if chance.random() < 0.25:
        crop = _lit_from_a_side(crop, chance)
    if chance.random() < 0.35:
        crop = _blurred(crop, chance)
    if chance.random() < 0.2:
        grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
        crop = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    if chance.random() < 0.2:
        noise = chance.standard_normal(crop.shape, dtype=np.float32)
        noise *= np.float32(chance.uniform(2.0, 14.0))
        crop = np.clip(crop + noise, 0.0, 255.0).astype(np.uint8)
    if chance.random() < 0.7:
        crop = _relit(crop, chance)
    if chance.random() < 0.25:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(12, 75))]
        _, code = cv2.imencode(".jpg", crop, quality)
        crop = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), dtype=np.uint8)
    return crop
