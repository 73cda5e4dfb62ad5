"""Which of a frame's faces is gone on with."""

import numpy as np
import pytest

from openface_core.boxes import box_of
from openface_core.detection import FaceDetections
from openface_core.face_tracking.overlap import overlap, overlapping, select_widest

LANDMARKS = np.array([[100, 100], [160, 180], [130, 140]], dtype=np.float32)


def faces(*boxes: tuple[float, float, float, float]) -> FaceDetections:
    count = len(boxes)
    return FaceDetections(
        np.array(boxes, dtype=np.float32).reshape(-1, 4),
        np.full(count, 0.9, dtype=np.float32),
        np.zeros((count, 5, 2), dtype=np.float32),
    )


SAME = (98.0, 80.0, 162.0, 178.0)
WIDER = (300.0, 80.0, 400.0, 200.0)


def test_the_box_of_landmarks() -> None:
    np.testing.assert_array_equal(box_of(LANDMARKS), [100, 100, 160, 180])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 2, 2), 1.0),
        ((1, 0, 3, 2), 1 / 3),
        ((2, 0, 4, 2), 0.0),
        ((3, 3, 5, 5), 0.0),
        ((0.5, 0.5, 1.5, 1.5), 0.25),
        ((1, 1, 1, 1), 0.0),
    ],
)
def test_intersection_over_union(other: tuple[float, float, float, float], expected: float) -> None:
    box = np.array([0, 0, 2, 2], dtype=np.float32)
    assert overlap(box, np.array(other, dtype=np.float32)) == pytest.approx(expected)
    assert overlap(np.array(other, dtype=np.float32), box) == pytest.approx(expected)


def test_the_followed_face_is_not_left_for_a_wider_one() -> None:
    assert overlapping(faces(WIDER, SAME), LANDMARKS) == 1


def test_it_may_be_gone() -> None:
    assert overlapping(faces((0, 0, 50, 50), WIDER), LANDMARKS) is None


def test_none_was_followed() -> None:
    assert overlapping(faces(WIDER, SAME), None) is None


@pytest.mark.parametrize("landmarks", [None, LANDMARKS])
def test_no_face(landmarks: np.ndarray | None) -> None:
    assert overlapping(faces(), landmarks) is None


def test_as_by_openface_a_wider_face_may_be_taken_for_the_followed_one() -> None:
    assert select_widest(faces(WIDER, SAME), LANDMARKS) == 0
    assert select_widest(faces(), LANDMARKS) is None
