"""Landmarks from networks or from a file."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.errors import LandmarkFileError
from openface_core.landmarks.files import GivenLandmarks
from openface_core.media import DecodedFrame
from transforms.face_source import GivenFaces, NetworkFaces
from transforms.metrics import NoFace

FRAME = DecodedFrame(0, 0.0, np.zeros((60, 80, 3), dtype=np.uint8))
POINTS = np.arange(136, dtype=np.float32).reshape(68, 2)


class FakeDetector:
    def __init__(self, widths: list[float]) -> None:
        self.widths = widths

    def detect(self, image: np.ndarray) -> FaceDetections:
        boxes = np.array([[0, 0, w, 20] for w in self.widths], dtype=np.float32).reshape(-1, 4)
        count = len(boxes)
        return FaceDetections(
            boxes,
            np.linspace(0.9, 0.6, count, dtype=np.float32),
            np.zeros((count, 5, 2), dtype=np.float32),
        )


class FakeNetwork:
    def __init__(self, finds: bool = True) -> None:
        self.finds = finds
        self.box: Any = None

    def locate(self, image: np.ndarray, box: np.ndarray, five_points: np.ndarray) -> Any:
        self.box = box
        return SimpleNamespace(landmarks=POINTS) if self.finds else None


def test_the_widest_face_is_measured() -> None:
    network = FakeNetwork()
    source = NetworkFaces(FakeDetector([10, 30, 20]), network)  # type: ignore[arg-type]
    face = source.observe(FRAME)
    assert face.landmarks is POINTS
    assert face.no_face is None
    assert network.box[2] == 30
    assert face.confidence == pytest.approx(0.75)
    source.check_frame_count(12345)


def test_no_face() -> None:
    face = NetworkFaces(FakeDetector([]), FakeNetwork()).observe(FRAME)  # type: ignore[arg-type]
    assert (face.landmarks, face.confidence) == (None, None)
    assert face.no_face is NoFace.NOT_DETECTED


def test_a_box_without_landmarks_keeps_its_confidence() -> None:
    face = NetworkFaces(FakeDetector([9]), FakeNetwork(False)).observe(FRAME)  # type: ignore[arg-type]
    assert face.landmarks is None
    assert face.no_face is NoFace.NO_LANDMARKS
    assert face.confidence == pytest.approx(0.9)


def given(confidence: list[float] | None) -> GivenFaces:
    landmarks = np.stack([POINTS, np.full((68, 2), np.nan, dtype=np.float32)])
    values = None if confidence is None else np.array(confidence, dtype=np.float32)
    return GivenFaces(GivenLandmarks(landmarks, np.array([True, False]), values), "points.csv")


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [([0.5, 0.25], [0.5, 0.25, None]), ([0.5, np.nan], [0.5, None, None]), (None, [None] * 3)],
)
def test_given_faces(confidence: list[float] | None, expected: list[float | None]) -> None:
    source = given(confidence)
    faces = [source.observe(DecodedFrame(index, None, FRAME.image)) for index in range(3)]
    assert faces[0].landmarks is not None
    np.testing.assert_array_equal(faces[0].landmarks, POINTS)
    assert faces[1].landmarks is None
    assert faces[2].landmarks is None  # beyond the end of the file
    assert [face.confidence for face in faces] == expected
    assert [face.no_face for face in faces] == [None, NoFace.NOT_GIVEN, NoFace.NOT_GIVEN]


def test_the_file_must_be_as_long_as_the_video() -> None:
    given(None).check_frame_count(2)
    with pytest.raises(LandmarkFileError, match="for 2 frames, the video has 3") as caught:
        given(None).check_frame_count(3)
    assert caught.value.subject == "points.csv"
