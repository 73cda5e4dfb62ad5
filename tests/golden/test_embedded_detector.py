"""The embedded detector against annotations and against the reference RetinaFace."""

from pathlib import Path

import pytest

from models.evaluation.annotated_faces import annotated_faces
from models.evaluation.detector_accuracy import count_agreeing, count_annotated, frames_of
from models.locate import EMBEDDED_FOLDER
from openface_core.detection import DetectionSettings, RetinaFaceDetector
from openface_core.inference import OnnxSettings

CPU = OnnxSettings("cpu")
LEAST_FOUND = {"helen_test": 0.98, "afw": 0.95}  # share of the annotated faces
MOST_FALSE = 1 / 20  # false faces per picture
LEAST_AGREEING = 0.99  # share of the faces that RetinaFace finds in videos
LEAST_AGREEING_SMALL = 0.75  # likewise where faces are 30 px high for the network
MOST_FALSE_IN_VIDEOS = 0.15  # per frame: moving hands, which are smaller than the faces
VIDEOS = {
    "subj01.mp4": 40,
    "glasses.mp4": 60,
    "expressive.mp4": 40,
    "single_face.mp4": 30,
    "multi_face.avi": 35,
}
"""Every how many frames of each video are looked at."""


@pytest.fixture(scope="module")
def embedded() -> RetinaFaceDetector:
    path = EMBEDDED_FOLDER / "detector.onnx"
    return RetinaFaceDetector(path, onnx=CPU)


@pytest.fixture(scope="module")
def other(reference: Path) -> RetinaFaceDetector:
    path = reference / "models" / "retinaface_mobilenet025.onnx"
    return RetinaFaceDetector(path, DetectionSettings(score_threshold=0.15), CPU)


@pytest.mark.parametrize("name", LEAST_FOUND)
def test_annotated_faces_are_found(
    reference: Path, embedded: RetinaFaceDetector, other: RetinaFaceDetector, name: str
) -> None:
    counts = count_annotated(annotated_faces(reference / "faces", name, 3), embedded, other)
    assert counts.found / counts.faces >= LEAST_FOUND[name]
    assert counts.false / counts.images <= MOST_FALSE


def test_the_faces_of_retinaface_are_found(
    reference: Path, embedded: RetinaFaceDetector, other: RetinaFaceDetector
) -> None:
    faces = found = false = frames_seen = 0
    for name, step in VIDEOS.items():
        frames = frames_of(reference / "videos" / name, step)
        counts = count_agreeing(frames, embedded, other, 0.5)
        faces, found = faces + counts.faces, found + counts.found
        false, frames_seen = false + counts.false, frames_seen + counts.images
    assert faces > 80
    assert found / faces >= LEAST_AGREEING
    assert false / frames_seen <= MOST_FALSE_IN_VIDEOS


def test_most_small_faces_are_found(
    reference: Path, embedded: RetinaFaceDetector, other: RetinaFaceDetector
) -> None:
    frames = frames_of(reference / "videos" / "four_people.mp4", 1)
    counts = count_agreeing(frames, embedded, other, 0.5)
    assert counts.faces == 20
    assert counts.found / counts.faces >= LEAST_AGREEING_SMALL


def test_almost_nothing_is_found_where_there_is_no_face(
    reference: Path, embedded: RetinaFaceDetector
) -> None:
    frames = list(frames_of(reference / "videos" / "no_face.mp4", 4))
    assert len(frames) > 20
    found = sum(len(embedded.detect(frame)) for frame in frames)
    assert found / len(frames) <= MOST_FALSE
