"""The landmarks that a detector and what follows it find on the training photographs."""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.in_threads import in_threads
from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.photographs import LANDMARKS, Photograph, read_picture

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

BORDER_SHARE = 1.0 / 6.0
"""Photographs get a border of this share of their longer side: many end at the face."""


MOST_DISAGREEMENT = 0.08
"""Mean distance of the points of one face by two methods, over the distance of the eyes."""


class LandmarkSource(Protocol):
    """Finds the landmarks of the largest face of a picture."""

    @property
    def key(self) -> str:
        """What tells its landmarks from those of others, as a part of a file's name."""

    def landmarks(self, image_bgr: UInt8Array) -> Float32Array | None:
        """Return the landmarks, (68, 2) in pixels; None without a face."""


def read_photograph(photograph: Photograph) -> tuple[UInt8Array, int]:
    """Return a photograph with a border, and the width of that.

    Returns
    -------
    (H, W, 3) ndarray of uint8
        BGR; the border repeats the pixels at the edges.
    int
        Pixels that were added on each side.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    image = read_picture(photograph)
    border = round(BORDER_SHARE * max(image.shape[:2]))
    sides = (border,) * 4
    return cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE).astype(np.uint8), border


def eye_distance(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the distance (...) of the eyes' centres of faces (..., 68, 2)."""
    eyes = points[..., 36:42, :].mean(axis=-2) - points[..., 42:48, :].mean(axis=-2)
    return np.asarray(np.linalg.norm(eyes, axis=-1))


def agree(points: Float32Array, others: Float32Array) -> bool:
    """Return whether two methods see one face.

    Parameters
    ----------
    points, others : (68, 2) ndarray of float32
        Pixels; NaN without a face.
    """
    distance = np.linalg.norm(points - others, axis=1).mean() / eye_distance(others)
    return bool(distance <= MOST_DISAGREEMENT)  # false for NaN


def landmarks_on_photographs(
    photographs: tuple[Photograph, ...], source: LandmarkSource, cache: Path, threads: int = 1
) -> Float32Array:
    """Return the landmarks on photographs.

    Parameters
    ----------
    photographs : tuple of Photograph
        The photographs.
    source : LandmarkSource
        Finds them.
    cache : Path
        Folder in which they are kept for the next time.
    threads : int
        Photographs seen at a time.

    Returns
    -------
    (n, 68, 2) ndarray of float32
        Pixels of the photographs without border; NaN where no face was found.
    """
    sets = "-".join(dict.fromkeys(photograph.set_name for photograph in photographs))
    path = cache / f"{source.key}_landmarks_{sets}.npz"
    origin = origin_of(source.key, origin_of_photographs(photographs))
    return kept(
        path, origin, lambda: {"landmarks": _found_landmarks(photographs, source, threads)}
    )["landmarks"]


def _found_landmarks(
    photographs: tuple[Photograph, ...], source: LandmarkSource, threads: int
) -> Float32Array:
    landmarks = np.full((len(photographs), LANDMARKS, 2), np.nan, dtype=np.float32)

    def fill(index: int) -> None:
        image, border = read_photograph(photographs[index])
        found = source.landmarks(image)
        if found is not None:
            landmarks[index] = found - border

    in_threads(fill, range(len(photographs)), threads)
    return landmarks
