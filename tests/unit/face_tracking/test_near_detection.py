"""A face that was followed is looked for about where it was last."""

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.face_tracking.near_detection import detect_near

FACE = np.array([[130, 110], [190, 110], [130, 190], [190, 190]], dtype=np.float32)
SIDE = 201  # two and a half times its height, and one


class BrightDetector:
    """Sees a face in each stretch of rows and columns that is bright, and one that is far off."""

    def __init__(self, landmark_boxes: bool = False) -> None:
        self.has_landmark_boxes = landmark_boxes
        self.seen: list[np.ndarray] = []

    def detect(self, image_bgr: np.ndarray) -> FaceDetections:
        self.seen.append(image_bgr)
        rows, columns = np.nonzero(image_bgr[:, :, 0] == 200)
        own = [columns.min(), rows.min(), columns.max() + 1.0 / 3, rows.max()]
        boxes = np.array([[0, 0, 5, 5], own], dtype=np.float32)
        five_points = np.repeat(boxes[:, None, :2], 5, axis=1)
        landmark_boxes = boxes - np.tile(boxes[:, :2], 2) * (0, 0, 1, 1)
        return FaceDetections(
            boxes,
            np.array([0.9, 0.8], dtype=np.float32),
            five_points,
            landmark_boxes.astype(np.float32) if self.has_landmark_boxes else None,
        )


def picture(width: int, height: int, left: int = 0, top: int = 0) -> np.ndarray:
    """A frame with a bright face in the middle of the landmarks, moved by so many pixels."""
    image = np.full((height, width, 3), 9, dtype=np.uint8)
    image[top + 115 : top + 185, left + 135 : left + 185] = 200
    return image


def test_only_a_face_that_overlaps_the_landmarks_is_found() -> None:
    found = detect_near(BrightDetector(), picture(640, 480), FACE)
    np.testing.assert_allclose(found.boxes, [[135, 115, 184 + 1 / 3, 184]], atol=1e-3)
    np.testing.assert_allclose(found.five_points[0], [[135, 115]] * 5)
    assert found.scores.tolist() == pytest.approx([0.8])
    assert found.landmark_boxes is None


def test_boxes_of_landmarks_keep_their_size() -> None:
    found = detect_near(BrightDetector(landmark_boxes=True), picture(640, 480), FACE)
    assert found.landmark_boxes is not None
    np.testing.assert_allclose(found.landmark_boxes, [[135, 115, 49 + 1 / 3, 69]], atol=1e-3)


@pytest.mark.parametrize("place", [(1, 0), (640, 37), (5000, 3000)])
def test_the_size_of_the_frame_makes_no_difference(place: tuple[int, int]) -> None:
    here, there = BrightDetector(), BrightDetector()
    one = detect_near(here, picture(640, 480), FACE)
    large = picture(640 + place[0] + 80, 480 + place[1] + 90, *place)
    moved = detect_near(there, large, FACE + np.array(place, dtype=np.float32))
    np.testing.assert_array_equal(here.seen[0], there.seen[0])
    np.testing.assert_array_equal(moved.boxes - np.tile(place, 2), one.boxes)
    np.testing.assert_array_equal(moved.five_points - np.array(place), one.five_points)


def test_beyond_the_frame_it_is_black() -> None:
    detector = BrightDetector()
    detect_near(detector, picture(200, 200), FACE)
    (seen,) = detector.seen
    assert seen.shape == (SIDE, SIDE, 3)
    # About x 160 and, since there is a forehead, y 142.
    assert seen[: 200 - 41, : 200 - 59].all()
    assert not seen[200 - 41 :].any()
    assert not seen[:, 200 - 59 :].any()


@pytest.mark.parametrize("landmarks", [FACE + 1000, FACE - 1000])
def test_landmarks_outside_of_the_frame_are_looked_for_in_the_black(landmarks: np.ndarray) -> None:
    class Blind(BrightDetector):
        def detect(self, image_bgr: np.ndarray) -> FaceDetections:
            self.seen.append(image_bgr)
            nothing = np.empty((0, 4), dtype=np.float32)
            return FaceDetections(nothing, nothing[:, 0], np.empty((0, 5, 2), dtype=np.float32))

    detector = Blind()
    assert len(detect_near(detector, picture(640, 480), landmarks)) == 0
    assert not detector.seen[0].any()


def test_landmarks_larger_than_frames_are_looked_for_in_the_whole() -> None:
    detector = BrightDetector()
    image = picture(640, 480)
    assert len(detect_near(detector, image, FACE * 1000)) == 2
    assert detector.seen[0] is image
