"""Crops of eyes and the network on them, with networks whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.eyes.eye_network import EyeNetwork, eye_tensor
from openface_core.eyes.eye_points import FACE_LID_POINTS, LID_POINTS, MIRRORED_EYE_POINTS
from openface_core.eyes.eye_square import EYE_SQUARE_MM, eye_squares
from openface_core.inference import OnnxSettings
from openface_core.landmarks.conventions import MIRRORED_ORDER
from tests.fixtures.faces.drawn import drawn_face, face_points
from tests.fixtures.synthetic_models.eye_network import SHAPE, eye_answer, write_eye_network
from tests.fixtures.synthetic_models.networks import constant_network

CPU = OnnxSettings("cpu")
SCALE = 1.5
PLACE_TOLERANCE_PX = 1e-3
GREY_TOLERANCE = 2e-5
LANDMARKS = face_points((150.0, 120.0), 90.0)
PICTURE = drawn_face(LANDMARKS, (240, 301))


def turned(points: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    angle = np.deg2rad(degrees)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return ((points - 150.0) @ axes + 150.0).astype(np.float32)


@pytest.fixture
def network(tmp_path: Path) -> EyeNetwork:
    return EyeNetwork(write_eye_network(tmp_path / "eyes.onnx"), CPU)


def test_points_are_shares_of_the_square_from_its_middle(network: EyeNetwork) -> None:
    found = network.find(PICTURE, LANDMARKS, SCALE)
    assert found is not None
    side = EYE_SQUARE_MM * SCALE
    answer = eye_answer()
    middles = [LANDMARKS[list(lids)].mean(axis=0) for lids in FACE_LID_POINTS]
    np.testing.assert_allclose(found[0], middles[0] + side * answer[0], atol=PLACE_TOLERANCE_PX)
    seen_in_mirror = answer[1, list(MIRRORED_EYE_POINTS)] * (-1, 1)
    np.testing.assert_allclose(
        found[1], middles[1] + side * seen_in_mirror, atol=PLACE_TOLERANCE_PX
    )


@pytest.mark.parametrize("degrees", [30.0, 90.0, 180.0])
def test_eyes_turn_with_the_face(network: EyeNetwork, degrees: float) -> None:
    upright = network.find(PICTURE, LANDMARKS, SCALE)
    found = network.find(PICTURE, turned(LANDMARKS, degrees), SCALE)
    assert upright is not None
    assert found is not None
    np.testing.assert_allclose(found, turned(upright, degrees), atol=PLACE_TOLERANCE_PX)


def test_both_eyes_of_a_mirrored_face_are_seen_alike() -> None:
    mirrored = LANDMARKS[MIRRORED_ORDER] * (-1, 1) + (300, 0)
    flipped = np.ascontiguousarray(PICTURE[:, ::-1])
    first = eye_tensor(PICTURE, eye_squares(LANDMARKS, SCALE))
    second = eye_tensor(flipped, eye_squares(mirrored.astype(np.float32), SCALE))
    assert np.ptp(first) > 0.3
    np.testing.assert_allclose(first, second[::-1], atol=1e-3)


def test_the_input_is_grey_from_0_to_1() -> None:
    picture = np.full((240, 300, 3), (10, 100, 200), dtype=np.uint8)
    tensor = eye_tensor(picture, eye_squares(LANDMARKS, SCALE))
    assert tensor.shape == (2, 1, 48, 48)
    grey = (0.114 * 10 + 0.587 * 100 + 0.299 * 200) / 255
    np.testing.assert_allclose(tensor, grey, atol=GREY_TOLERANCE)


def test_eyes_in_one_place_are_taken_to_be_level() -> None:
    left, right = eye_squares(np.zeros((68, 2), dtype=np.float32), SCALE)
    assert (left.cos, left.sin) == (right.cos, right.sin) == (1.0, 0.0)


@given(st.integers(0, 2**32 - 1))
def test_each_eye_of_a_face_becomes_that_of_its_mirror_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    eye = rng.normal(size=(28, 2))
    assert (eye[list(MIRRORED_EYE_POINTS)][list(MIRRORED_EYE_POINTS)] == eye).all()


def test_the_lids_change_places_as_those_of_the_face_do() -> None:
    for own, left, right in zip(LID_POINTS, *FACE_LID_POINTS, strict=True):
        partner = LID_POINTS[FACE_LID_POINTS[1].index(int(MIRRORED_ORDER[left]))]
        assert MIRRORED_EYE_POINTS[own] == partner
        assert MIRRORED_ORDER[MIRRORED_ORDER[right]] == right


@pytest.mark.parametrize("scale", [np.nan, np.inf, 0.0, 1e-3, 1e6])
def test_faces_of_no_size_have_no_eyes(network: EyeNetwork, scale: float) -> None:
    assert network.find(PICTURE, LANDMARKS, scale) is None


def test_landmarks_that_are_not_finite_have_no_eyes(network: EyeNetwork) -> None:
    landmarks = LANDMARKS.copy()
    landmarks[40] = np.nan
    assert network.find(PICTURE, landmarks, SCALE) is None


def test_an_answer_that_is_not_finite_is_none(tmp_path: Path) -> None:
    answer = np.zeros(SHAPE, dtype=np.float32)
    answer[1, 3] = np.nan
    path = write_eye_network(tmp_path / "eyes.onnx", answer)
    assert EyeNetwork(path, CPU).find(PICTURE, LANDMARKS, SCALE) is None


def test_a_network_without_numbers_is_refused(tmp_path: Path) -> None:
    path = write_eye_network(tmp_path / "eyes.onnx", np.full(SHAPE, np.nan, dtype=np.float32))
    with pytest.raises(ModelFileError, match="gives no numbers"):
        EyeNetwork(path, CPU)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        EyeNetwork(tmp_path / "eyes.onnx", CPU)


def test_other_networks_are_refused(tmp_path: Path) -> None:
    few = write_eye_network(tmp_path / "few.onnx", np.zeros((2, 27, 2), dtype=np.float32))
    with pytest.raises(ModelFileError, match="expected 28 points of each of 2 eyes"):
        EyeNetwork(few, CPU)
    other = constant_network(
        tmp_path / "other.onnx", (1, 3, 48, 48), {"points": np.zeros(SHAPE, dtype=np.float32)}
    )
    with pytest.raises(ModelFileError, match="expected the input eyes"):
        EyeNetwork(other, CPU)
