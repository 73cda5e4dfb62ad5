"""RetinaFace on real pictures: every annotated face is found."""

from pathlib import Path

import av
import numpy as np
import pytest

from models.evaluation.annotated_faces import annotated_faces
from openface_core.detection import DetectionSettings, RetinaFaceDetector, select_face
from openface_core.inference import OnnxSettings

LEAST_OVERLAP = 0.4  # intersection over union with the box of the landmarks
LEAST_OVERLAP_OF_SIZES = 0.75
MEDIAN_EYE_DISTANCE = 0.06  # of the distance of the outer eye corners
CPU = OnnxSettings("cpu")
MODELS = ("retinaface_mobilenet025", "retinaface_mobilenet025_biubug6")


@pytest.fixture(scope="module", params=MODELS)
def detector(request: pytest.FixtureRequest, reference: Path) -> RetinaFaceDetector:
    return RetinaFaceDetector(reference / "models" / f"{request.param}.onnx", onnx=CPU)


def frames(reference: Path, name: str, step: int) -> list[np.ndarray]:
    with av.open(str(reference / "videos" / name)) as container:
        stream = enumerate(container.decode(video=0))
        return [f.to_ndarray(format="bgr24") for i, f in stream if i % step == 0]


@pytest.mark.parametrize(("name", "count"), [("helen_test", 330), ("afw", 337)])
def test_every_annotated_face_is_found(
    reference: Path, detector: RetinaFaceDetector, name: str, count: int
) -> None:
    faces = list(annotated_faces(reference / "faces", name))
    assert len(faces) == count
    missed = []
    for face in faces:
        found = detector.detect(face.image)
        if not any(face.overlap(box) >= LEAST_OVERLAP for box in found.boxes):
            missed.append(face.name)
    assert missed == []


def test_the_five_points_are_on_eyes_and_mouth(
    reference: Path, detector: RetinaFaceDetector
) -> None:
    errors = []
    for face in annotated_faces(reference / "faces", "helen_test", step=10):
        found = detector.detect(face.image)
        five = found.five_points[face.best(found)]
        points = face.landmarks
        places = [points[36:42].mean(axis=0), points[42:48].mean(axis=0), points[48], points[54]]
        scale = np.linalg.norm(points[45] - points[36])
        errors.append(np.linalg.norm(five[[0, 1, 3, 4]] - np.array(places), axis=1) / scale)
    assert (np.median(errors, axis=0) < MEDIAN_EYE_DISTANCE).all()


def test_people_are_counted(reference: Path, detector: RetinaFaceDetector) -> None:
    assert [len(detector.detect(f)) for f in frames(reference, "four_people.mp4", 1)] == [4] * 5
    assert {len(detector.detect(f)) for f in frames(reference, "multi_face.avi", 100)} == {3}
    assert {len(detector.detect(f)) for f in frames(reference, "no_face.mp4", 20)} == {0}


def test_a_frame_may_be_shrunk_or_not(reference: Path, detector: RetinaFaceDetector) -> None:
    frame = frames(reference, "subj01.mp4", 1000)[0]
    model = detector._model.path
    boxes = []
    for limit in (320, 640, None):
        settings = DetectionSettings(max_side_px=limit)
        found = RetinaFaceDetector(model, settings, CPU).detect(frame)
        assert len(found) == 1
        boxes.append(found.boxes[0].astype(float))
    for box in boxes[1:]:
        low, high = np.maximum(box[:2], boxes[0][:2]), np.minimum(box[2:], boxes[0][2:])
        areas = [np.prod(b[2:] - b[:2]) for b in (box, boxes[0])]
        assert np.prod(high - low) / max(areas) > LEAST_OVERLAP_OF_SIZES


def test_the_selected_face_is_the_widest(reference: Path, detector: RetinaFaceDetector) -> None:
    found = detector.detect(frames(reference, "multi_face.avi", 1000)[0])
    chosen = select_face(found)
    assert chosen is not None
    widths = found.boxes[:, 2] - found.boxes[:, 0]
    assert widths[chosen] == widths.max()


def test_detection_repeats_bit_for_bit(reference: Path, detector: RetinaFaceDetector) -> None:
    frame = frames(reference, "multi_face.avi", 1000)[0]
    first, second = detector.detect(frame), detector.detect(frame)
    assert first.boxes.tobytes() == second.boxes.tobytes()
    assert first.five_points.tobytes() == second.five_points.tobytes()


@pytest.mark.parametrize("size", [(1, 1), (1, 640), (3, 2), (16, 16), (33, 47)])
def test_any_size_will_do(detector: RetinaFaceDetector, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    found = detector.detect(noise)
    assert np.isfinite(found.boxes).all()
