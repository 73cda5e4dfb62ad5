"""OpenFace's face detector against the C++ program's, frame by frame."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from openface_core.detection import MtcnnDetector
from openface_core.media import open_media
from openface_core.model_files import read_mtcnn
from tests.fixtures.ceclm_sets import ceclm_set

EQUAL_SHARE = {"glasses": 0.99, "subj01": 1.0}
"""Where two boxes' probabilities are one but for the last bit, the other one may win."""
EVERY_FRAMES = 2

POINTS_TOLERANCE = 0.12
"""Of the width of the face, from the C++ program's own landmarks."""


@pytest.fixture(scope="module")
def detector(reference: Path) -> MtcnnDetector:
    folder = reference / "openface" / "model" / "mtcnn_detector"
    return MtcnnDetector(read_mtcnn(folder / "MTCNN_detector.txt"))


@pytest.mark.parametrize("name", ["glasses", "subj01"])
def test_boxes_are_those_of_the_cpp_program_to_the_last_digit(
    reference: Path, detector: MtcnnDetector, name: str
) -> None:
    with np.load(reference / "golden" / name / "mtcnn.npz", allow_pickle=False) as golden:
        boxes, scores = golden["box_xywh"], golden["confidence"]
        np.testing.assert_array_equal(golden["frame"], np.arange(len(boxes)) + 1)
    with open_media(str(reference / "videos" / f"{name}.mp4")) as media:
        equal = []
        frames = zip(media, boxes, scores, strict=True)
        for frame, box, score in islice(frames, 0, None, EVERY_FRAMES):
            found = detector.detect(frame.image)
            assert len(found) == 1
            assert found.landmark_boxes is not None
            equal.append(found.scores[0] == score and (found.landmark_boxes[0] == box).all())
    assert np.mean(equal) >= EQUAL_SHARE[name]


@pytest.mark.parametrize("name", ["glasses", "expressive"])
def test_the_first_face_lies_where_the_cpp_tracker_began(
    reference: Path, detector: MtcnnDetector, name: str
) -> None:
    with open_media(str(reference / "videos" / f"{name}.mp4")) as media:
        found = detector.detect(next(iter(media)).image)
    assert found.landmark_boxes is not None
    (box,) = found.landmark_boxes
    golden = ceclm_set(name)
    np.testing.assert_array_equal(box, golden.arrays["f0001.bbox"])
    points = golden.landmarks(0)
    places = points[36:42].mean(axis=0), points[42:48].mean(axis=0), points[30], *points[[48, 54]]
    distances = np.linalg.norm(found.five_points[0] - np.array(places), axis=1)
    assert distances.max() <= POINTS_TOLERANCE * box[2]
