"""Landmarks from networks or from a file."""

from typing import Any

import numpy as np
import pytest

from openface_core.analysis.settings import RunSettings
from openface_core.analysis.sources import GivenFaces, TrackedFaces
from openface_core.errors import LandmarkFileError
from openface_core.face_tracking import TrackedFace, TrackingFailure
from openface_core.landmarks.files import GivenLandmarks
from openface_core.media import DecodedFrame
from transforms.metrics import NoFace

FRAME = DecodedFrame(0, 0.0, np.zeros((60, 80, 3), dtype=np.uint8))
POINTS = np.arange(136, dtype=np.float32).reshape(68, 2)


class FakeTracker:
    """Answers with one face, and remembers what it was shown."""

    def __init__(self, face: TrackedFace) -> None:
        self.face = face
        self.numbers: list[int] = []

    def observe(self, image: np.ndarray, number: int) -> TrackedFace:
        self.numbers.append(number)
        return self.face


def tracked(face: TrackedFace, first_frame: int = 0) -> tuple[TrackedFaces, FakeTracker]:
    source = TrackedFaces(None, RunSettings(), first_frame)  # type: ignore[arg-type]
    tracker = FakeTracker(face)
    source._tracker = tracker  # type: ignore[assignment]
    return source, tracker


def test_a_tracked_face_keeps_its_fit() -> None:
    fit: Any = object()
    source, _ = tracked(TrackedFace(POINTS, fit, None, 0.9))
    face = source.observe(FRAME)
    assert face.landmarks is POINTS
    assert face.fit is fit
    assert face.confidence == 0.9
    assert face.no_face is None
    source.check_frame_count(12345)


def test_frames_are_counted_from_the_begin_of_the_video() -> None:
    source, tracker = tracked(TrackedFace(POINTS, None, None, 0.9), first_frame=300)
    for index in range(3):
        source.observe(DecodedFrame(index, None, FRAME.image))
    assert tracker.numbers == [300, 301, 302]


@pytest.mark.parametrize("failure", list(TrackingFailure))
def test_every_failure_is_counted_under_a_reason_of_its_own(failure: TrackingFailure) -> None:
    face = tracked(TrackedFace(None, None, None, 0.3, failure))[0].observe(FRAME)
    assert face.landmarks is None
    assert face.confidence == 0.3
    assert face.no_face is not None
    assert face.no_face.name == failure.name
    assert face.measure(None, FRAME.image) is None  # type: ignore[arg-type]


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
