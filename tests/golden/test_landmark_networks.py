"""The landmark networks on real faces: accuracy, mirror symmetry, tilted faces, no face.

Errors are mean distances over the 68 points, over the distance of the outer eye corners.
"""

import dataclasses
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest

from models.evaluation.annotated_faces import AnnotatedFace, annotated_faces
from models.locate import EMBEDDED_FOLDER, SPECS_FOLDER
from openface_core.detection import RetinaFaceDetector, select_face
from openface_core.inference import OnnxSettings
from openface_core.landmarks import LandmarkNetwork, LandmarkResult, load_landmark_spec
from tests.fixtures.faces.mirror import MIRROR

CPU = OnnxSettings("cpu")
MOBILEFACENET = "cunjian_mobilefacenet68"
EMBEDDED = "embedded68"
NETWORKS = ("ghostone98", MOBILEFACENET, "openseeface_lm_model0", "mp_face_landmark", EMBEDDED)

# Greatest mean error over a whole set, some 2 % above what was measured.
MEAN_ERROR = {
    ("helen_test", "ghostone98"): 0.0465,
    ("helen_test", MOBILEFACENET): 0.0340,
    ("helen_test", "openseeface_lm_model0"): 0.0575,
    ("helen_test", "mp_face_landmark"): 0.0510,
    ("helen_test", EMBEDDED): 0.0340,
    ("afw", "ghostone98"): 0.0605,
    ("afw", MOBILEFACENET): 0.0410,
    ("afw", "openseeface_lm_model0"): 0.0690,
    ("afw", "mp_face_landmark"): 0.0630,
    ("afw", EMBEDDED): 0.0425,
}
QUICK_STEP = 10
QUICK_ALLOWANCE = 1.15  # a tenth of a set may be harder than the whole
MIRROR_BIAS_CROP_PX = dict(zip(NETWORKS, (0.15, 0.15, 0.6, 0.25, 0.1), strict=True))
TILT_DISTANCE = 0.07
GENUINE_DISTANCE = dict(zip(NETWORKS, (0.027, 0.023, 0.039, 0.038, 0.030), strict=True))


def open_network(reference: Path, name: str) -> LandmarkNetwork:
    spec = load_landmark_spec(SPECS_FOLDER / f"{name}.toml")
    own = name == EMBEDDED
    folder = EMBEDDED_FOLDER if own else reference / "models"
    return LandmarkNetwork(spec, folder / spec.model, CPU)


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest, reference: Path) -> LandmarkNetwork:
    return open_network(reference, request.param)


@pytest.fixture(scope="module")
def detector(reference: Path) -> RetinaFaceDetector:
    return RetinaFaceDetector(reference / "models" / "retinaface_mobilenet025.onnx", onnx=CPU)


def locate(
    network: LandmarkNetwork, detector: RetinaFaceDetector, face: AnnotatedFace
) -> LandmarkResult | None:
    found = detector.detect(face.image)
    best = face.best(found)
    return network.locate(face.image, found.boxes[best], found.five_points[best])


def mean_error(
    network: LandmarkNetwork, detector: RetinaFaceDetector, reference: Path, name: str, step: int
) -> float:
    errors = []
    for face in annotated_faces(reference / "faces", name, step):
        result = locate(network, detector, face)
        assert result is not None, face.name
        errors.append(face.normalised_error(result.landmarks))
    return float(np.mean(errors))


@pytest.mark.parametrize("name", ["helen_test", "afw"])
def test_accuracy_on_a_tenth_of_the_faces(
    reference: Path, network: LandmarkNetwork, detector: RetinaFaceDetector, name: str
) -> None:
    bound = MEAN_ERROR[name, network.spec.name] * QUICK_ALLOWANCE
    assert mean_error(network, detector, reference, name, QUICK_STEP) < bound


@pytest.mark.slow
@pytest.mark.parametrize("name", ["helen_test", "afw"])
def test_accuracy_on_all_faces(
    reference: Path, network: LandmarkNetwork, detector: RetinaFaceDetector, name: str
) -> None:
    assert mean_error(network, detector, reference, name, 1) < MEAN_ERROR[name, network.spec.name]


def test_mirrored_faces_show_no_constant_shift(
    reference: Path, network: LandmarkNetwork, detector: RetinaFaceDetector
) -> None:
    """A shift by half a pixel would part the points of a face and of its mirror image."""
    shifts = []
    for face in annotated_faces(reference / "faces", "helen_train", step=12):
        found = detector.detect(face.image)
        if len(found) == 0:
            continue
        best = face.best(found)
        box, five = found.boxes[best], found.five_points[best]
        last = face.image.shape[1] - 1
        result = network.locate(face.image, box, five)
        mirrored_box = np.array([last - box[2], box[1], last - box[0], box[3]])
        mirrored_five = np.stack([last - five[:, 0], five[:, 1]], axis=1)[[1, 0, 2, 4, 3]]
        mirrored = network.locate(face.image[:, ::-1], mirrored_box, mirrored_five)
        if result is None or mirrored is None:
            continue
        back = last - mirrored.landmarks[MIRROR, 0]
        side = float(np.ptp(result.landmarks, axis=0).max()) * network.spec.passes[-1].side
        shift = float((result.landmarks[:, 0] - back).mean()) / 2
        shifts.append(shift * network.spec.input.size_px / side)
    assert len(shifts) > 60
    assert abs(float(np.mean(shifts))) < MIRROR_BIAS_CROP_PX[network.spec.name]


@pytest.mark.parametrize("degrees", [30, -45, 90])
def test_tilted_faces_give_tilted_landmarks(
    reference: Path, network: LandmarkNetwork, detector: RetinaFaceDetector, degrees: int
) -> None:
    distances = []
    for face in annotated_faces(reference / "faces", "helen_train", step=60):
        level = locate(network, detector, face)
        assert level is not None
        middle = (face.image.shape[0] - 1) / 2
        matrix = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
        tilted = cv2.warpAffine(face.image, matrix, face.image.shape[:2])
        found = detector.detect(tilted)
        chosen = select_face(found)
        if chosen is None:
            continue
        result = network.locate(tilted, found.boxes[chosen], found.five_points[chosen])
        assert result is not None
        expected = level.landmarks @ matrix[:, :2].T + matrix[:, 2]
        distance = np.linalg.norm(result.landmarks - expected, axis=1).mean()
        distances.append(distance / np.linalg.norm(expected[45] - expected[36]))
    assert len(distances) >= 8
    assert float(np.median(distances)) < TILT_DISTANCE


def test_distance_to_genuine_openface(
    reference: Path, network: LandmarkNetwork, detector: RetinaFaceDetector
) -> None:
    """The landmarks lie near those that OpenFace wrote for a video."""
    table = pd.read_csv(reference / "videos" / "subj01.openface.csv", skipinitialspace=True)
    distances = []
    with av.open(str(reference / "videos" / "subj01.mp4")) as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i % 16:
                continue
            image = frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
            found = detector.detect(image)
            result = network.locate(image, found.boxes[0], found.five_points[0])
            assert result is not None
            row = table.iloc[i]
            genuine = np.array([[row[f"x_{k}"], row[f"y_{k}"]] for k in range(68)])
            distance = np.linalg.norm(result.landmarks - genuine, axis=1).mean()
            distances.append(distance / np.linalg.norm(genuine[45] - genuine[36]))
    assert float(np.mean(distances)) < GENUINE_DISTANCE[network.spec.name]


def test_the_crop_of_the_second_pass_is_near_the_best(
    reference: Path, network: LandmarkNetwork, detector: RetinaFaceDetector
) -> None:
    """Neither a tighter nor a looser crop is clearly better."""
    here = mean_error(network, detector, reference, "helen_train", 30)
    first, second = network.spec.passes
    for change in (-0.15, 0.3):
        rule = dataclasses.replace(second, side=second.side + change)
        spec = dataclasses.replace(network.spec, passes=(first, rule))
        other = LandmarkNetwork(spec, network._model.path, CPU)
        assert mean_error(other, detector, reference, "helen_train", 30) > here


@pytest.mark.parametrize("name", ["mp_face_landmark", EMBEDDED])
def test_presence_is_low_where_there_is_no_face(reference: Path, name: str) -> None:
    network = open_network(reference, name)
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert network.locate(noise, np.array([80, 40, 240, 200], dtype=np.float32)) is None
