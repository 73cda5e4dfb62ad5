"""Component 3 against the C++ program: one frame of tracking from the frame before.

The C++ tracker's parameters of a frame are the start of the next one, so every frame is a test of
its own and errors do not add up.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.landmark_confidence import LandmarkValidator
from openface_core.media import open_media
from openface_core.model_files import read_face_landmark_model, read_landmark_validator
from openface_core.refinement import FaceLandmarkModel, FaceRefiner, RefinedFace, grey_from_bgr
from openface_core.shape import ShapeFit
from tests.fixtures.golden_sets import golden_set

LIKELIHOOD_TOLERANCE = 1e-6
REDETECTED = {"expressive": (94, 108)}
"""Frames (from 0) in which the C++ tracker lost the face and started anew from a detection."""
VALIDATION_BOUNDARY = 0.725
STEP = 3


@pytest.fixture(scope="module")
def face_model(reference: Path) -> FaceLandmarkModel:
    return read_face_landmark_model(reference / "openface" / "model" / "main_clnf_general.txt")


@pytest.fixture(scope="module")
def refiner(face_model: FaceLandmarkModel) -> FaceRefiner:
    return FaceRefiner(face_model)


def start_of_frame(name: str, i: int) -> ShapeFit:
    """Return the C++ tracker's parameters of the frame before `i`."""
    golden = golden_set(name).arrays("clnf_landmarks.npz")
    scale, rotation, translation = np.split(golden["params_global"][i - 1], [1, 4])
    return ShapeFit(float(scale[0]), rotation, translation, golden["params_local"][i - 1], 0)


def tracked_frames(
    reference: Path, refiner: FaceRefiner, name: str, step: int
) -> tuple[list[RefinedFace], NDArray[np.float32], NDArray[np.float32]]:
    """Refine every `step`-th frame from the golden frame before it.

    Returns the refined faces, and the golden landmarks (k, 68, 2) and likelihoods (k,).
    """
    golden = golden_set(name).arrays("clnf_landmarks.npz")
    landmarks = golden["landmarks2d"].reshape(-1, 2, 68).transpose(0, 2, 1)
    success = golden["success"].astype(bool)
    faces, indices = [], []
    with open_media(str(reference / "videos" / f"{name}.mp4")) as media:
        for i, frame in enumerate(media):
            is_tracked = i > 0 and success[i - 1] and success[i]
            if i % step or not is_tracked or i in REDETECTED.get(name, ()):
                continue
            start = start_of_frame(name, i)
            faces.append(refiner.refine(grey_from_bgr(frame.image), start))
            indices.append(i)
    return faces, landmarks[indices], golden["model_likelihood"][indices]


@pytest.mark.parametrize("name", ["glasses", "subj01", "expressive"])
def test_a_frame_is_tracked_as_by_the_cpp_program(
    reference: Path, refiner: FaceRefiner, name: str
) -> None:
    faces, expected, likelihoods = tracked_frames(reference, refiner, name, STEP)
    assert len(faces) >= 50
    found = np.stack([face.face.landmarks for face in faces])
    np.testing.assert_array_equal(found, expected)
    found_likelihoods = [face.face.log_likelihood for face in faces]
    np.testing.assert_allclose(found_likelihoods, likelihoods, rtol=0, atol=LIKELIHOOD_TOLERANCE)
    # The parts have a say where the face is large enough: not in glasses, at 0.64 pixels per mm.
    assert all(part.is_refined for face in faces for part in face.parts.values()) == (
        name != "glasses"
    )


def test_the_frames_left_out_are_those_that_the_validator_rejects(
    reference: Path, refiner: FaceRefiner
) -> None:
    file = reference / "openface" / "model" / "detection_validation" / "validator_cnn.txt"
    validator = LandmarkValidator(read_landmark_validator(file))
    (first, second) = REDETECTED["expressive"]
    confidences = {}
    with open_media(str(reference / "videos" / "expressive.mp4")) as media:
        for i, frame in enumerate(media):
            if i in (first - 1, first, second, second + 1):
                grey = grey_from_bgr(frame.image)
                face = refiner.refine(grey, start_of_frame("expressive", i)).face
                angles = face.fit.rotation_radians
                confidences[i] = validator.confidence(grey, face.landmarks, angles)
            if i > second:
                break
    assert max(confidences[first], confidences[second]) < VALIDATION_BOUNDARY
    assert min(confidences[first - 1], confidences[second + 1]) > VALIDATION_BOUNDARY
