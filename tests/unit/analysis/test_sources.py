"""Landmarks from networks or from a file."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openface_core.analysis.sources import GivenFaces, TrackedFace, TrackedFaces
from openface_core.errors import LandmarkFileError
from openface_core.faces import Face, FacesInFrame, FaceStatus
from openface_core.landmarks.files import GivenLandmarks
from openface_core.media import DecodedFrame

FRAME = DecodedFrame(0, 0.0, np.zeros((60, 80, 3), dtype=np.uint8))
POINTS = np.arange(136, dtype=np.float32).reshape(68, 2)


class FakeTracker:
    """Answers always the same, and remembers what it was shown."""

    def __init__(self, face: Face | FacesInFrame) -> None:
        self.face = face
        self.indices: list[int] = []

    def observe(self, image: np.ndarray, index: int) -> Face | FacesInFrame:
        self.indices.append(index)
        return self.face


METER: Any = object()


def tracked(face: Face, first_index: int = 0) -> tuple[TrackedFace, FakeTracker]:
    tracker = FakeTracker(face)
    return TrackedFace(tracker, METER, first_index), tracker  # type: ignore[arg-type]


def test_a_tracked_face_is_passed_on_as_it_is() -> None:
    found = Face(FaceStatus.FOUND, POINTS, 0.9)
    source, _ = tracked(found)
    assert source.observe(FRAME).faces == {0: found}
    assert source.meter is METER
    assert not source.are_several
    source.check_frame_count(12345)


def test_several_tracked_faces_are_passed_on_as_they_are() -> None:
    seen = FacesInFrame({0: Face(FaceStatus.FOUND, POINTS, 0.9), 2: Face(FaceStatus.NOT_TRUSTED)})
    tracker = FakeTracker(seen)
    source = TrackedFaces(tracker, METER, 7)  # type: ignore[arg-type]
    assert source.observe(FRAME) is seen
    assert tracker.indices == [7]
    assert source.are_several


def test_frames_are_counted_from_the_begin_of_the_video() -> None:
    source, tracker = tracked(Face(FaceStatus.FOUND, POINTS), first_index=300)
    for index in range(3):
        source.observe(DecodedFrame(index, None, FRAME.image))
    assert tracker.indices == [300, 301, 302]


def given(confidence: list[float] | None) -> GivenFaces:
    landmarks = np.stack([POINTS, np.full((68, 2), np.nan, dtype=np.float32)])
    values = None if confidence is None else np.array(confidence, dtype=np.float32)
    known = GivenLandmarks(landmarks, np.array([True, False]), values)
    return GivenFaces(known, METER, "points.csv")


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [([0.5, 0.25], [0.5, 0.25, None]), ([0.5, np.nan], [0.5, None, None]), (None, [None] * 3)],
)
def test_given_faces(confidence: list[float] | None, expected: list[float | None]) -> None:
    source = given(confidence)
    seen = [source.observe(DecodedFrame(index, None, FRAME.image)) for index in range(3)]
    faces = [frame.faces[0] for frame in seen]
    assert faces[0].landmarks is not None
    np.testing.assert_array_equal(faces[0].landmarks, POINTS)
    assert faces[1].landmarks is None
    assert faces[2].landmarks is None  # beyond the end of the file
    assert [face.confidence for face in faces] == expected
    assert [face.status for face in faces] == [
        FaceStatus.FOUND,
        FaceStatus.NOT_GIVEN,
        FaceStatus.NOT_GIVEN,
    ]


def test_the_file_must_be_as_long_as_the_video() -> None:
    given(None).check_frame_count(2)
    with pytest.raises(LandmarkFileError, match="for 2 frames, the video has 3") as caught:
        given(None).check_frame_count(3)
    assert caught.value.subject == "points.csv"


def test_a_file_of_several_faces_may_end_before_the_video() -> None:
    source = given(None)
    of_several = GivenFaces(replace(source.given, is_of_several=True), METER, "points.csv")
    assert of_several.check_frame_count(2) == ()
    (line,) = of_several.check_frame_count(3)
    assert line.startswith("the file of landmarks ends with frame 2 of 3")
    with pytest.raises(LandmarkFileError, match="for 2 frames, the video has 1"):
        of_several.check_frame_count(1)
