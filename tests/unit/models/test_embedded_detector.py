"""The detector that comes with the program, on the photograph that comes with scikit-image."""

import cv2
import numpy as np
import pytest

from models.locate import EMBEDDED_FOLDER
from openface_core.detection import RetinaFaceDetector
from openface_core.inference import OnnxSettings

FILE = EMBEDDED_FOLDER / "detector.onnx"
FACE = np.array([177.0, 58.0, 270.0, 172.0])  # x_min, y_min, x_max, y_max in 512 x 512 pixels
NOSE = np.array([224.0, 125.0])
WITHIN_PX = 16.0
LARGEST_BYTES = 2**20


@pytest.fixture(scope="module")
def detector() -> RetinaFaceDetector:
    return RetinaFaceDetector(FILE, onnx=OnnxSettings("cpu"))


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.0, 1.25])
def test_the_astronaut_is_found_at_any_size(detector: RetinaFaceDetector, scale: float) -> None:
    data = pytest.importorskip("skimage.data")
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = detector.detect(np.asarray(scaled, dtype=np.uint8))
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0] / scale, FACE, atol=WITHIN_PX + 2 / scale)
    np.testing.assert_allclose(found.five_points[0, 2] / scale, NOSE, atol=WITHIN_PX)


def test_nothing_is_found_in_noise_or_on_a_wall(detector: RetinaFaceDetector) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    wall = np.full((101, 75, 3), (90, 120, 180), np.uint8)
    assert len(detector.detect(noise)) == 0
    assert len(detector.detect(wall)) == 0


def test_it_is_small() -> None:
    assert FILE.stat().st_size <= LARGEST_BYTES
