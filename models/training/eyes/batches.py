"""Batches of varied crops of eyes; a batch depends on the seed and its number only."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.eyes.labels import EyeLabels
from models.training.landmarks.augmentation import CROP_PX as DEGRADED_PX
from models.training.landmarks.augmentation import degraded
from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT
from openface_core.eyes.eye_points import CORNER_POINTS, IRIS, MIRRORED_EYE_POINTS
from openface_core.eyes.eye_square import EYE_CROP_PX, eye_squares
from openface_core.landmarks.crop import CropSquare

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_FARTHEST = 0.25
"""How far from the middle of its square an eye may be, in sides of the square."""

_GAZE_PREFERENCE = 3.0
"""Eyes that look aside are drawn oftener: by this factor where the offset is twice its spread."""


@dataclass(frozen=True)
class EyeViewSettings:
    """How far crops of one eye vary.

    Parameters
    ----------
    rotation_deg : float
        Standard deviation of the turn.
    scale_log : float
        Standard deviation of the logarithm of the scale.
    shift : float
        Standard deviation of the shift along each axis, in sides of the crop.
    squeeze_log, shear : float
        Standard deviations of the distortion.
    """

    rotation_deg: float = 5.0
    scale_log: float = 0.08
    shift: float = 0.05
    squeeze_log: float = 0.04
    shear: float = 0.04


VIEWS = EyeViewSettings()


@dataclass(frozen=True, eq=False)
class EyePictures:
    """n eyes in memory.

    Parameters
    ----------
    images : sequence of (H, W, 3) ndarray of uint8
        Their photographs, blue first.
    squares : tuple of CropSquare
        Where each eye is.
    is_right : (n,) ndarray of bool
        Whether it is the right one in the picture, which is seen in mirror image.
    points : (n, 28, 2) ndarray of float32
        Pixels of the photograph.
    """

    images: tuple[UInt8Array, ...]
    squares: tuple[CropSquare, ...]
    is_right: NDArray[np.bool_]
    points: Float32Array

    def __len__(self) -> int:
        return len(self.squares)

    @classmethod
    def of(cls, labels: EyeLabels, images: dict[int, UInt8Array]) -> "EyePictures":
        """Collect the eyes that are known on some photographs, by their numbers."""
        chosen, squares, is_right, points = [], [], [], []
        for index, image in images.items():
            both = eye_squares(labels.landmarks[index], float(labels.scales_px_per_mm[index]))
            for eye in range(EYE_COUNT):
                if _is_in(both[eye], labels.points[index, eye]):
                    chosen.append(image)
                    squares.append(both[eye])
                    is_right.append(eye == 1)
                    points.append(labels.points[index, eye])
        return cls(tuple(chosen), tuple(squares), np.array(is_right), np.stack(points))


def _is_in(square: CropSquare, points: Float32Array) -> bool:
    """Return whether an eye is known, and about the middle of a square: not another face's."""
    away = np.linalg.norm(points.mean(axis=0) - (square.centre_x, square.centre_y))
    return bool(away < _FARTHEST * square.side_px)


def to_crop(square: CropSquare, inner: Float64Array, is_right: bool) -> Float64Array:
    """Return the transform (2, 3) from the photograph to the crop, in sides from its middle.

    Parameters
    ----------
    square : CropSquare
        Where the eye is.
    inner : (2, 3) ndarray of float64
        Distortion within the square.
    is_right : bool
        Whether the crop is mirrored, before it is distorted.
    """
    axes = np.array([[square.cos, square.sin], [-square.sin, square.cos]]) / square.side_px
    if is_right:
        axes[0] = -axes[0]
    linear = inner[:, :2] @ axes
    shift = inner[:, 2] - linear @ (square.centre_x, square.centre_y)
    return np.concatenate([linear, shift[:, None]], axis=1)


def mapped(points: NDArray[np.floating], transform: Float64Array) -> Float32Array:
    """Map points (..., 2) by a transform (2, 3)."""
    return (points @ transform[:, :2].T + transform[:, 2]).astype(np.float32)


def cut_eye(image: UInt8Array, transform: Float64Array, border: int) -> UInt8Array:
    """Cut a crop (112, 112, 3), finer than the network's input."""
    pixels = transform * DEGRADED_PX
    pixels[:, 2] += (DEGRADED_PX - 1) / 2.0
    size = (DEGRADED_PX, DEGRADED_PX)
    crop = cv2.warpAffine(image, pixels, size, flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(crop, dtype=np.uint8)


def as_input(crop: UInt8Array) -> UInt8Array:
    """Return a crop as the network sees it, (48, 48) in grey."""
    size = (EYE_CROP_PX, EYE_CROP_PX)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def undistorted() -> Float64Array:
    """Return the distortion (2, 3) that is none."""
    return np.eye(2, 3)


def _distortion(chance: np.random.Generator) -> Float64Array:
    angle = np.deg2rad(VIEWS.rotation_deg) * np.clip(chance.normal(), -3.0, 3.0)
    scale = np.exp(VIEWS.scale_log * np.clip(chance.normal(), -2.5, 2.5))
    squeeze = np.exp(VIEWS.squeeze_log * chance.normal())
    shear = VIEWS.shear * chance.normal()
    cos, sin = np.cos(angle), np.sin(angle)
    shape = np.array([[squeeze, shear], [0.0, 1.0 / squeeze]])
    linear = scale * np.array([[cos, -sin], [sin, cos]]) @ shape
    shift = VIEWS.shift * np.clip(chance.normal(size=2), -2.5, 2.5)
    return np.concatenate([linear, shift[:, None]], axis=1)


class EyeBatches:
    """Makes batches; a sequence indexed by their number.

    Parameters
    ----------
    eyes : EyePictures
        What they show.
    size : int
        Crops in a batch.
    count : int
        Batches of the whole training.
    seed : int
    """

    def __init__(self, eyes: EyePictures, size: int, count: int, seed: int) -> None:
        self._eyes = eyes
        self._size = size
        self._count = count
        self._seed = seed
        self._odds = _odds(eyes)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> tuple[UInt8Array, Float32Array]:
        """Return crops (n, 48, 48) and points (n, 28, 2)."""
        if not 0 <= number < self._count:
            raise IndexError(number)
        chance = np.random.default_rng([self._seed, number])
        crops = np.empty((self._size, EYE_CROP_PX, EYE_CROP_PX), dtype=np.uint8)
        points = np.empty((self._size, EYE_POINT_COUNT, 2), dtype=np.float32)
        for row in range(self._size):
            eye = min(int(np.searchsorted(self._odds, chance.random())), len(self._eyes) - 1)
            crops[row], points[row] = self._view(eye, chance)
        return crops, points

    def _view(self, eye: int, chance: np.random.Generator) -> tuple[UInt8Array, Float32Array]:
        eyes = self._eyes
        is_right = bool(eyes.is_right[eye])
        transform = to_crop(eyes.squares[eye], _distortion(chance), is_right)
        border = cv2.BORDER_REPLICATE if chance.random() < 0.7 else cv2.BORDER_CONSTANT
        crop = degraded(cut_eye(eyes.images[eye], transform, border), chance)
        points = mapped(eyes.points[eye], transform)
        return as_input(crop), points[list(MIRRORED_EYE_POINTS)] if is_right else points


def _odds(eyes: EyePictures) -> Float64Array:
    """Return cumulated odds of the eyes."""
    sides = np.array([square.side_px for square in eyes.squares])
    offsets = eyes.points[:, IRIS].mean(axis=1) - eyes.points[:, CORNER_POINTS].mean(axis=1)
    offsets = offsets / sides[:, None]
    offsets[eyes.is_right, 0] *= -1.0
    away = np.abs(offsets - np.median(offsets, axis=0)) / offsets.std(axis=0)
    odds = 1.0 + (_GAZE_PREFERENCE - 1.0) * np.clip(away.max(axis=1) / 2.0, 0.0, 1.0)
    return np.asarray(odds.cumsum() / odds.sum(), dtype=np.float64)
