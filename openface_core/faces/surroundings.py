"""A face in its surroundings, with coordinates that begin near it.

Single precision has fewer digits the farther from the picture's corner. What is measured here has
the same bits wherever a face is, as long as its landmarks are in whole steps (see
:mod:`openface_core.exact_places`).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import AlignedFace
from openface_core.partial_pictures import AnyPicture
from openface_core.shape import ShapeFit
from openface_core.surroundings import cut_surroundings

Float32Array = NDArray[np.float32]

_MARGIN: Final = 0.6
"""Of the larger side of the landmarks' box: farther than the aligned face reaches up the brow."""

_MOST_FRAMES: Final = 2.5
"""Surroundings that are longer than so many frames are those of no face."""


@dataclass(frozen=True, eq=False)
class FaceInPlace:
    """A face, and the picture that it is measured in.

    Parameters
    ----------
    frame : (H, W, 3) ndarray of uint8, or PartialPicture
        The picture, BGR.
    landmarks : (68, 2) ndarray of float32
        Where they are in it, pixels.
    corner_px : (2,) ndarray of float32
        Where in the frame of the video its first pixel is, whole pixels.
    """

    frame: AnyPicture
    landmarks: Float32Array
    corner_px: Float32Array

    def moved(self, fit: ShapeFit) -> ShapeFit:
        """Return a fit of the video's frame in this picture."""
        return replace(fit, translation_px=fit.translation_px - self.corner_px)

    def moved_back(self, fit: ShapeFit) -> ShapeFit:
        """Return a fit of this picture in the video's frame."""
        return replace(fit, translation_px=fit.translation_px + self.corner_px)

    def of_frame(self, aligned: AlignedFace) -> AlignedFace:
        """Return an aligned face with the transform from the video's frame."""
        return AlignedFace(self.transform_of_frame(aligned.matrix), aligned.image)

    def transform_of_frame(self, matrix: Float32Array) -> Float32Array:
        """Return a transform (2, 3) of this picture as one of the video's frame."""
        of_frame = matrix.copy()
        of_frame[:, 2] -= matrix[:, :2] @ self.corner_px
        return of_frame


def whole_frame(frame: AnyPicture, landmarks: Float32Array) -> FaceInPlace:
    """Return a face in the frame of the video."""
    return FaceInPlace(frame, landmarks, np.zeros(2, dtype=np.float32))


def near_face(frame: AnyPicture, landmarks: Float32Array) -> FaceInPlace:
    """Return a face in its surroundings, black where they reach beyond the frame.

    Parameters
    ----------
    frame : (H, W, 3) ndarray of uint8, or PartialPicture
        The frame, BGR.
    landmarks : (68, 2) ndarray of float32
        Its landmarks, finite, pixels.
    """
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    with np.errstate(over="ignore"):
        margin = np.ceil(np.float32(_MARGIN) * (high - low).max()) + 1
        corner = np.floor(low) - margin
        columns, rows = np.ceil(high) + margin - corner
    if not max(columns, rows) <= _MOST_FRAMES * max(frame.shape):
        return whole_frame(frame, landmarks)
    part = cut_surroundings(frame, int(corner[0]), int(corner[1]), int(columns), int(rows))
    return FaceInPlace(part, landmarks - corner, corner)
