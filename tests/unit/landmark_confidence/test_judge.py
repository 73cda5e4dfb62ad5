from pathlib import Path

import numpy as np
import pytest

from openface_core.errors import ModelFileError
from openface_core.inference import OnnxSettings
from openface_core.landmark_confidence import LandmarkJudge
from openface_core.landmark_confidence.face_crop import CHANNELS, CROP_PX
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.synthetic_models.networks import constant_network

CPU = OnnxSettings("cpu")
GREY = np.zeros((40, 50), dtype=np.uint8)
ANGLES = np.zeros(3)


def judge(folder: Path, *answer: float) -> LandmarkJudge:
    shape = ("n", CHANNELS, CROP_PX, CROP_PX)
    answers = np.array([answer], dtype=np.float32)
    path = constant_network(
        folder / "validator.onnx", shape, {"probability": answers}, "faces",
        {"probability": ("n", len(answer))},
    )  # fmt: skip
    return LandmarkJudge(path, synthetic_pdm().mean_mm, CPU)


def face() -> np.ndarray:
    return synthetic_pdm().mean_mm.reshape(3, -1)[:2].T.astype(np.float32)


@pytest.mark.parametrize(("answer", "expected"), [(0.75, 0.75), (1.5, 1.0), (-0.5, 0.0)])
def test_the_network_s_answer_is_the_confidence(
    tmp_path: Path, answer: float, expected: float
) -> None:
    model = judge(tmp_path, answer)
    assert model.confidence(GREY, face(), ANGLES) == expected
    assert model.confidence(GREY.astype(np.float32), face(), ANGLES) == expected


@pytest.mark.parametrize("points", [np.full((68, 2), np.nan), np.zeros((68, 2))])
def test_landmarks_that_are_no_face_have_none(tmp_path: Path, points: np.ndarray) -> None:
    assert judge(tmp_path, 0.9).confidence(GREY, points, ANGLES) == 0.0
    assert judge(tmp_path, 0.9).confidence(GREY[:0], face(), ANGLES) == 0.0


def test_other_arrays_are_refused(tmp_path: Path) -> None:
    model = judge(tmp_path, 0.9)
    with pytest.raises(ValueError, match="grey frame"):
        model.confidence(np.zeros((4, 4, 3), np.uint8), face(), ANGLES)
    with pytest.raises(ValueError, match="landmarks"):
        model.confidence(GREY, face()[:5], ANGLES)


def test_a_network_without_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="gives no numbers"):
        judge(tmp_path, np.nan)


def test_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="expected one probability"):
        judge(tmp_path, 0.1, 0.9)
