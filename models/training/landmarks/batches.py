"""Batches of varied crops; a batch depends on the seed and its number only.

So a training that was stopped goes on with the batches that it would have had.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.landmarks.augmentation import (
    CROP_PX,
    Float64Array,
    UInt8Array,
    crop_transform,
    cut,
    degraded,
    face_square,
    mirrored,
    transformed,
)
from models.training.landmarks.labels import LabelledFaces
from models.training.photographs import LANDMARKS

_EMPTY_SHARE = 0.10
"""Share of crops without a face that could be measured."""


@dataclass(frozen=True, eq=False)
class Batch:
    """n crops and what is to be seen in them.

    Parameters
    ----------
    crops : (n, 112, 112, 3) ndarray of uint8
        BGR.
    points : (n, 68, 2) ndarray of float32
        From -1 to 1 over the crop, edge to edge.
    weights : (n, 68) ndarray of float32
        0 for points outside of the crop, and for all of a crop without a face.
    presence : (n,) ndarray of float32
        1 with a face, 0 without.
    """

    crops: UInt8Array
    points: NDArray[np.float32]
    weights: NDArray[np.float32]
    presence: NDArray[np.float32]


class BatchSource:
    """Makes batches; a sequence indexed by their number.

    Parameters
    ----------
    faces : LabelledFaces
    size : int
        Crops in a batch.
    count : int
        Batches of the whole training.
    seed : int
    preference : float
        Annotated faces are drawn so many times as often as others.
    """

    def __init__(
        self,
        faces: LabelledFaces,
        size: int,
        count: int,
        seed: int,
        preference: float = 1.0,
    ) -> None:
        self._faces = faces
        self._size = size
        self._count = count
        self._seed = seed
        odds = np.ones(len(faces))
        odds[: faces.annotated] = preference
        self._odds = odds.cumsum() / odds.sum()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Batch:
        """Return a batch."""
        if not 0 <= number < self._count:
            raise IndexError(number)
        chance = np.random.default_rng([self._seed, number])
        crops = np.empty((self._size, CROP_PX, CROP_PX, 3), dtype=np.uint8)
        points = np.zeros((self._size, LANDMARKS, 2), dtype=np.float32)
        weights = np.zeros((self._size, LANDMARKS), dtype=np.float32)
        presence = np.zeros(self._size, dtype=np.float32)
        for row in range(self._size):
            face = min(int(np.searchsorted(self._odds, chance.random())), len(self._faces) - 1)
            if chance.random() < _EMPTY_SHARE:
                crop = self._without_face(face, chance)
            else:
                crop, places = self._with_face(face, chance)
                points[row] = (places + 0.5) * (2.0 / CROP_PX) - 1.0
                inside = (np.abs(points[row]) < 1.0).all(axis=1)
                weights[row] = self._faces.weights[face] * inside
                presence[row] = 1.0
            crops[row] = degraded(crop, chance)
        return Batch(crops, points, weights, presence)

    def _with_face(self, face: int, chance: np.random.Generator) -> tuple[UInt8Array, Float64Array]:
        landmarks = self._faces.landmarks[face]
        transform = crop_transform(*face_square(landmarks), chance)
        crop = cut(self._faces.images[face], transform, chance)
        places = transformed(landmarks, transform)
        return mirrored(crop, places) if chance.random() < 0.5 else (crop, places)

    def _without_face(self, face: int, chance: np.random.Generator) -> UInt8Array:
        """Return a texture, a part of a face, or what lies beside a face."""
        kind = chance.random()
        if kind < 0.2:
            cells = int(chance.integers(2, 40))
            texture = chance.integers(0, 256, size=(cells, cells, 3)).astype(np.uint8)
            how = cv2.INTER_CUBIC if chance.random() < 0.5 else cv2.INTER_NEAREST
            crop = cv2.resize(texture, (CROP_PX, CROP_PX), interpolation=how)
            return np.asarray(crop, dtype=np.uint8)
        image, landmarks = self._faces.images[face], self._faces.landmarks[face]
        centre, side_px, angle = face_square(landmarks)
        if kind < 0.6:  # beside it: less than half of the face is to be seen
            way = chance.uniform(0.0, 2.0 * np.pi)
            distance = side_px * chance.uniform(0.7, 1.3)
            centre = centre + distance * np.array([np.cos(way), np.sin(way)])
            side_px *= chance.uniform(0.5, 1.1)
        elif kind < 0.8:  # so near that only a part is in the crop
            centre = landmarks[int(chance.integers(LANDMARKS))].astype(np.float64)
            side_px *= chance.uniform(0.12, 0.35)
        else:  # its tiles exchanged
            return self._scrambled(image, centre, side_px, angle, chance)
        transform = crop_transform(centre, side_px, angle + chance.uniform(-0.6, 0.6), None)
        return cut(image, transform, chance)

    def _scrambled(
        self,
        image: UInt8Array,
        centre: Float64Array,
        side_px: float,
        angle: float,
        chance: np.random.Generator,
    ) -> UInt8Array:
        crop = cut(image, crop_transform(centre, side_px, angle, chance), chance)
        tiles = int(chance.choice([4, 7, 8]))
        side = CROP_PX // tiles
        grid = crop.reshape(tiles, side, tiles, side, 3).transpose(0, 2, 1, 3, 4)
        order = chance.permutation(tiles * tiles)
        grid = grid.reshape(tiles * tiles, side, side, 3)[order]
        grid = grid.reshape(tiles, tiles, side, side, 3).transpose(0, 2, 1, 3, 4)
        return np.ascontiguousarray(grid.reshape(CROP_PX, CROP_PX, 3))
