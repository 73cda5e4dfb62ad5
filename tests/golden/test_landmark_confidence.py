"""Confidence of landmarks against the C++ program, frame by frame."""

from pathlib import Path

import numpy as np
import pytest

from openface_core.landmark_confidence import LandmarkValidator
from openface_core.media import open_media
from openface_core.model_files import read_landmark_validator
from openface_core.refinement import grey_from_bgr
from tests.fixtures.golden_sets import golden_set

CONFIDENCE_TOLERANCE = 1e-6
"""The C++ program keeps the confidence as float32; neighbouring ones differ by 0.0333."""

SUCCESS_ABOVE = 0.725

RESTORED_LANDMARKS = {"expressive": [98]}
"""Frames (0-based) on which the C++ program lost the face, searched it anew and failed: it then
restores the landmarks of before the search, and keeps the confidence of those it found."""


@pytest.fixture(scope="module")
def validator(reference: Path) -> LandmarkValidator:
    path = reference / "openface" / "model" / "detection_validation" / "validator_cnn.txt"
    return LandmarkValidator(read_landmark_validator(path))


@pytest.mark.parametrize("name", ["subj01", "glasses", "expressive"])
def test_confidence_and_success(reference: Path, validator: LandmarkValidator, name: str) -> None:
    golden = golden_set(name).arrays("clnf_landmarks.npz")
    landmarks = golden["landmarks2d"].reshape(-1, 2, 68).transpose(0, 2, 1)
    with open_media(str(reference / "videos" / f"{name}.mp4")) as media:
        found = np.array(
            [
                validator.confidence(grey_from_bgr(frame.image), points, parameters[1:4])
                for frame, points, parameters in zip(
                    media, landmarks, golden["params_global"], strict=True
                )
            ]
        )
    different = np.flatnonzero(np.abs(found - golden["confidence"]) > CONFIDENCE_TOLERANCE)
    assert different.tolist() == RESTORED_LANDMARKS.get(name, [])
    np.testing.assert_array_equal(found > SUCCESS_ABOVE, golden["success"] > 0)


@pytest.mark.parametrize("turn", [0.0, -0.35, -0.8, -1.2, 0.35, 0.8, 1.2])
def test_no_view_trusts_what_is_no_face(
    reference: Path, validator: LandmarkValidator, turn: float
) -> None:
    face = golden_set("subj01").landmarks[0]
    rotation = np.array([0.0, turn, 0.0])
    with open_media(str(reference / "videos" / "subj01.mp4")) as media:
        grey = grey_from_bgr(next(iter(media)).image)
    noise = np.random.default_rng(0).integers(0, 256, grey.shape, dtype=np.uint8)
    for frame, landmarks in (
        (np.zeros_like(grey), face),
        (np.full_like(grey, 200), face),
        (noise, face),
        (grey, np.full_like(face, 300.0)),
        (grey, face[:, ::-1]),
        (grey, 0.02 * face + np.float32(300.0)),
        (grey, face - (face[:, 0].mean(), 0.0)),
    ):
        assert validator.confidence(frame, landmarks, rotation) < 0.3
    assert validator.confidence(grey, face, rotation) > SUCCESS_ABOVE
