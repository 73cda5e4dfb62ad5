"""The faces that a detector finds in annotated photographs, and those of another one in videos.

The other detector, as a rule the reference RetinaFace, says which faces a video shows. A face is
found if a box with enough overlap has at least the probability that runs ask for. A false face
overlaps no annotated face and nothing that the other detector gives even a small probability.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.evaluation.annotated_faces import AnnotatedFace
from openface_core.detection import FaceDetections, FaceDetector

ANNOTATED_IOU = 0.4
"""Least intersection over union with the box of the annotated landmarks, from brows to chin."""
OTHER_IOU = 0.5
"""Least intersection over union with the other detector's box."""
_TOUCHING_IOU = 0.2

Image = NDArray[np.uint8]


@dataclass
class Counts:
    """What was found.

    Parameters
    ----------
    images, faces, found, false : int
        Pictures; faces that they show; those of them that were found; false faces.
    overlap : float
        Sum of the intersections over union of the faces found.
    """

    images: int = 0
    faces: int = 0
    found: int = 0
    false: int = 0
    overlap: float = 0.0

    def row(self, name: str) -> str:
        """Return the Markdown row of these counts."""
        share = 100 * self.found / max(1, self.faces)
        overlap = self.overlap / max(1, self.found)
        return (
            f"| {name} | {self.images} | {self.faces} | {self.found} | {share:.2f} | {overlap:.3f} "
            f"| {self.false} |"
        )


def overlaps(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersections over union of boxes (n, 4) and (m, 4): (n, m)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (one, other)]
    result: NDArray[np.float32] = both / (areas[0][:, None] + areas[1][None] - both)
    return result


def count_annotated(
    faces: Iterable[AnnotatedFace], detector: FaceDetector, other: FaceDetector
) -> Counts:
    """Count the annotated faces that a detector finds."""
    counts = Counts()
    for face in faces:
        found = detector.detect(face.image)
        counts.images += 1
        counts.faces += 1
        best = max((face.overlap(box) for box in found.boxes), default=0.0)
        if best >= ANNOTATED_IOU:
            counts.found += 1
            counts.overlap += best
        known = np.concatenate([face.box[None], other.detect(face.image).boxes])
        counts.false += _strangers(found, known)
    return counts


def count_agreeing(
    frames: Iterable[Image],
    detector: FaceDetector,
    other: FaceDetector,
    least_probability: float,
) -> Counts:
    """Count the faces of another detector that a detector finds too."""
    counts = Counts()
    for frame in frames:
        found, expected = detector.detect(frame), other.detect(frame)
        counts.images += 1
        certain = expected.boxes[expected.scores >= least_probability]
        counts.faces += len(certain)
        best = overlaps(certain, found.boxes).max(axis=1, initial=0.0)
        counts.found += int((best >= OTHER_IOU).sum())
        counts.overlap += float(best[best >= OTHER_IOU].sum())
        counts.false += _strangers(found, expected.boxes)
    return counts


def _strangers(found: FaceDetections, known: NDArray[np.float32]) -> int:
    """Count the boxes that are near no known face."""
    return int((overlaps(found.boxes, known).max(axis=1, initial=0.0) < _TOUCHING_IOU).sum())


def frames_of(path: Path, step: int) -> Iterator[Image]:
    """Yield every so many frames of a video, blue first."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                yield frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
