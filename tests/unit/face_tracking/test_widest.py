"""Which of several faces is the widest, where boxes do not say."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.face_tracking.widest import WidestFace

LANDMARKS = np.array([[100, 100], [160, 180], [130, 140]], dtype=np.float32)
OTHER, NARROW, WIDEST = (0, 0, 95, 120), (300, 0, 350, 60), (100, 80, 200, 200)


def faces(*boxes: tuple[float, float, float, float], **more: Any) -> FaceDetections:
    count = len(boxes)
    return FaceDetections(
        np.array(boxes, dtype=np.float32).reshape(-1, 4),
        np.full(count, 0.9, dtype=np.float32),
        np.zeros((count, 5, 2), dtype=np.float32),
        **more,
    )


class Network:
    """Sees landmarks of a given width where a box begins at a given place."""

    def __init__(self, width_px: dict[float, float | None]) -> None:
        self.width_px = width_px
        self.asked: list[float] = []

    def locate(self, image: np.ndarray, box: np.ndarray, five: np.ndarray) -> Any:
        self.asked.append(float(box[0]))
        width = self.width_px[float(box[0])]
        points = np.array([[0, 0], [width or 0, 5]], dtype=np.float32)
        return None if width is None else SimpleNamespace(landmarks=points)


def choice(network: Network) -> WidestFace:
    models: Any = SimpleNamespace(network=network)
    frame: Any = SimpleNamespace(image_bgr=np.zeros((4, 4, 3), dtype=np.uint8))
    return WidestFace(models, frame)


def test_of_boxes_that_are_nearly_as_wide_landmarks_tell_the_widest_face() -> None:
    network = Network({0.0: 90.0, 100.0: 80.0})
    assert choice(network)(faces(WIDEST, OTHER, NARROW), None) == 1
    assert network.asked == [100.0, 0.0], "the narrow one is not looked at"


def test_a_box_that_is_much_wider_needs_no_look() -> None:
    network = Network({})
    assert choice(network)(faces(NARROW, WIDEST), None) == 1
    assert network.asked == []


def test_boxes_of_landmarks_need_no_look() -> None:
    found = faces(WIDEST, OTHER, landmark_boxes=np.zeros((2, 4), dtype=np.float32))
    assert choice(Network({}))(found, None) == 0


@pytest.mark.parametrize(("other", "chosen"), [(None, 0), (10.0, 2)])
def test_boxes_in_which_no_landmarks_are_seen(other: float | None, chosen: int) -> None:
    network = Network({100.0: None, 0.0: other})
    assert choice(network)(faces(WIDEST, NARROW, OTHER), None) == chosen


def test_the_followed_face_is_not_left_for_a_wider_one() -> None:
    same = (98.0, 80.0, 162.0, 178.0)
    assert choice(Network({}))(faces((300, 80, 400, 200), same), LANDMARKS) == 1


def test_no_face() -> None:
    assert choice(Network({}))(faces(), None) is None
