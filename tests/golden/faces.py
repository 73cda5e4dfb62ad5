"""Annotated faces of the reference material, with a picture and 68 points each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections

OUTER_EYE_CORNERS = (36, 45)


@dataclass(frozen=True)
class AnnotatedFace:
    """One face picture, BGR, and its landmarks, shape (68, 2), in its pixels."""

    name: str
    image: NDArray[np.uint8]
    landmarks: NDArray[np.float32]

    @property
    def box(self) -> NDArray[np.float32]:
        """x_min, y_min, x_max, y_max of the landmarks."""
        return np.concatenate([self.landmarks.min(axis=0), self.landmarks.max(axis=0)])

    def overlap(self, box: NDArray[np.float32]) -> float:
        """Intersection over union of a box with the landmarks' box."""
        low, high = np.maximum(box[:2], self.box[:2]), np.minimum(box[2:], self.box[2:])
        both = float(np.prod(np.clip(high - low, 0, None)))
        areas = [float((b[2] - b[0]) * (b[3] - b[1])) for b in (box, self.box)]
        return both / (sum(areas) - both)

    def best(self, detections: FaceDetections) -> int:
        """Index of the detection that fits this face best."""
        return int(np.argmax([self.overlap(box) for box in detections.boxes]))

    def normalised_error(self, landmarks: NDArray[np.float32]) -> float:
        """Mean distance to the annotation over the distance of the outer eye corners."""
        left, right = (self.landmarks[i] for i in OUTER_EYE_CORNERS)
        distance = np.linalg.norm(landmarks - self.landmarks, axis=1).mean()
        return float(distance / np.linalg.norm(right - left))


def annotated_faces(reference: Path, name: str, step: int = 1) -> Iterator[AnnotatedFace]:
    """Give every `step`-th face of a set (helen_train, helen_test or afw)."""
    folder = reference / "faces" / name
    with np.load(folder.with_suffix(".npz")) as content:
        names, landmarks = content["names"][::step], content["landmarks"][::step]
    for file, points in zip(names, landmarks, strict=True):
        image = cv2.imread(str(folder / f"{file}.jpg"), cv2.IMREAD_COLOR)
        assert image is not None, file
        yield AnnotatedFace(str(file), image, points)
