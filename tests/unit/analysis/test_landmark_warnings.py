"""Landmarks that are not taken as they were given."""

from typing import Any

import numpy as np

from openface_core.analysis.landmark_warnings import LandmarkWatch
from openface_core.faces import Face, FacesInFrame, FaceStatus
from openface_core.media import DecodedFrame

FRAME = np.zeros((2, 2, 3), dtype=np.uint8)
POSE: Any = object()


def told(*faces: Face) -> tuple[str, ...]:
    watch = LandmarkWatch()
    for index, face in enumerate(faces):
        watch.add(DecodedFrame(index, None, FRAME), FacesInFrame({0: face}))
    return watch.warnings


def test_there_is_nothing_to_say_of_landmarks_that_are_taken() -> None:
    assert told(Face(FaceStatus.FOUND, pose=POSE), Face(FaceStatus.NOT_GIVEN)) == ()


def test_dropped_landmarks_are_counted() -> None:
    dropped = Face(FaceStatus.NOT_A_FACE)
    (line,) = told(dropped, dropped, Face(FaceStatus.FOUND, pose=POSE))
    assert line == (
        "the landmarks of 2 frames are those of no face in the picture, and were dropped "
        "(frames 1-2)"
    )


def test_missing_points_are_told() -> None:
    partly = Face(FaceStatus.FOUND, missing_points=3, pose=POSE)
    (line,) = told(Face(FaceStatus.FOUND, pose=POSE), partly)
    assert line.startswith("landmarks of 1 frames are marked missing by an x of 0")
    assert line.endswith("(frame 2)")
