"""Counting what a detector finds, with detectors whose findings are known."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.evaluation.annotated_faces import AnnotatedFace
from models.evaluation.detector_accuracy import count_agreeing, count_annotated, overlaps
from openface_core.detection import FaceDetections

FACE = (10.0, 10.0, 50.0, 60.0)
NEAR = (12.0, 8.0, 51.0, 60.0)
ELSEWHERE = (100.0, 100.0, 130.0, 130.0)
IMAGE = np.zeros((150, 150, 3), np.uint8)


class Known:
    """Finds the same boxes in every picture."""

    def __init__(self, boxes: Sequence[tuple[float, ...]], scores: Sequence[float]) -> None:
        self.found = FaceDetections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(scores, np.float32),
            np.zeros((len(boxes), 5, 2), np.float32),
        )

    def detect(self, image: np.ndarray) -> FaceDetections:
        return self.found


def annotated() -> AnnotatedFace:
    corners = np.array([FACE[:2], FACE[2:]], np.float32)
    return AnnotatedFace("face", IMAGE, np.repeat(corners, 34, axis=0))


def test_overlaps_of_known_boxes() -> None:
    one = np.array([[0, 0, 2, 2], [0, 0, 1, 1]], np.float32)
    other = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]], np.float32)
    np.testing.assert_allclose(overlaps(one, other), [[1, 1 / 3, 0], [0.25, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("boxes", "others", "found", "false"),
    [
        ([NEAR], [], 1, 0),
        ([], [], 0, 0),
        ([ELSEWHERE], [], 0, 1),
        ([NEAR, ELSEWHERE], [ELSEWHERE], 1, 0),  # a second face, which nobody annotated
    ],
)
def test_annotated_faces_are_counted(
    boxes: list[tuple[float, ...]], others: list[tuple[float, ...]], found: int, false: int
) -> None:
    detector, other = Known(boxes, [0.9] * len(boxes)), Known(others, [0.9] * len(others))
    counts = count_annotated([annotated()] * 2, detector, other)
    assert (counts.images, counts.faces) == (2, 2)
    assert (counts.found, counts.false) == (2 * found, 2 * false)


def test_faces_of_the_other_detector_are_counted_where_it_is_certain() -> None:
    other = Known([FACE, ELSEWHERE], [0.9, 0.3])
    detector = Known([NEAR, ELSEWHERE], [0.9, 0.9])
    counts = count_agreeing([IMAGE], detector, other, 0.5)
    assert (counts.images, counts.faces, counts.found, counts.false) == (1, 1, 1, 0)
    assert counts.overlap == pytest.approx(
        float(overlaps(detector.found.boxes[:1], other.found.boxes[:1])[0, 0])
    )
    nothing = count_agreeing([IMAGE], Known([], []), other, 0.5)
    assert (nothing.faces, nothing.found) == (1, 0)
    assert "| video | 1 | 1 | 0 | 0.00 |" in nothing.row("video")
