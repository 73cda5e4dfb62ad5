"""Annotated faces: pictures with the 68 points that people marked in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections

OUTER_EYE_CORNERS = (36, 45)
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)


@dataclass(frozen=True)
class AnnotatedFace:
    """One picture of a face.

    Parameters
    ----------
    name : str
        Name of the picture.
    image : (H, W, 3) ndarray of uint8
        BGR.
    landmarks : (68, 2) ndarray of float32
        Its points, pixels, pixel centres on integers.
    """

    name: str
    image: NDArray[np.uint8]
    landmarks: NDArray[np.float32]

    @property
    def box(self) -> NDArray[np.float32]:
        """x_min, y_min, x_max, y_max of the landmarks."""
        return np.concatenate([self.landmarks.min(axis=0), self.landmarks.max(axis=0)])

    @property
    def outer_eye_corners_px(self) -> float:
        """Distance of the outer corners of the eyes."""
        left, right = (self.landmarks[i] for i in OUTER_EYE_CORNERS)
        return float(np.linalg.norm(right - left))

    @property
    def eye_centres_px(self) -> float:
        """Distance of the centres of the eyes, each the mean of its six points."""
        left, right = (self.landmarks[eye].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE))
        return float(np.linalg.norm(right - left))

    def overlap(self, box: NDArray[np.float32]) -> float:
        """Return the intersection over union of a box with the landmarks' box."""
        low, high = np.maximum(box[:2], self.box[:2]), np.minimum(box[2:], self.box[2:])
        both = float(np.prod(np.clip(high - low, 0, None)))
        areas = [float((b[2] - b[0]) * (b[3] - b[1])) for b in (box, self.box)]
        return both / (sum(areas) - both)

    def best(self, detections: FaceDetections) -> int:
        """Return the index of the detection that fits this face best; there must be one."""
        return int(np.argmax([self.overlap(box) for box in detections.boxes]))

    def mean_distance_px(self, landmarks: NDArray[np.float32]) -> float:
        """Return the mean distance of points to the annotated ones."""
        return float(np.linalg.norm(landmarks - self.landmarks, axis=1).mean())

    def normalised_error(self, landmarks: NDArray[np.float32]) -> float:
        """Return the mean distance over the distance of the outer eye corners."""
        return self.mean_distance_px(landmarks) / self.outer_eye_corners_px


def annotated_faces(folder: Path, name: str, step: int = 1) -> Iterator[AnnotatedFace]:
    """Yield faces of a set.

    Parameters
    ----------
    folder : Path
        Holds ``<set>.npz`` with ``names`` (n,) and ``landmarks`` (n, 68, 2), and the pictures as
        ``<set>/<name>.jpg``.
    name : str
        The set.
    step : int
        Every so many faces.
    """
    with np.load(folder / f"{name}.npz", allow_pickle=False) as content:
        names, landmarks = content["names"][::step], content["landmarks"][::step]
    for file, points in zip(names, landmarks, strict=True):
        path = folder / name / f"{file}.jpg"
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise FileNotFoundError(path)
        yield AnnotatedFace(str(file), image.astype(np.uint8, copy=False), points)
