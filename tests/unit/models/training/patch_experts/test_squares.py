"""Squares lie where searches begin, and blocks are what the experts will see."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.patch_experts.faces import LabelledFace, labelled_faces
from models.training.patch_experts.squares import (
    DIRECT_LANDMARKS,
    STARTS,
    Squares,
    cut_squares,
    write_blocks,
)
from models.training.photographs import Photograph
from openface_core.landmarks.conventions import MIRRORED_ORDER
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm

SIDE = 21


def face_points(number: int) -> np.ndarray:
    return project_face(
        synthetic_pdm(), 0.8, (0.1, 0.1, 0.0), (78.0, 80.0), plausible_shape_parameters(number)
    )


@pytest.fixture
def faces(tmp_path: Path) -> tuple[LabelledFace, ...]:
    """Two pictures whose grey value says where a pixel lies: columns rise by 1, rows not."""
    found = []
    for number in range(2):
        path = tmp_path / f"{number}.png"
        ramp = np.tile(np.arange(160, dtype=np.uint8), (160, 1))
        cv2.imwrite(str(path), cv2.merge([ramp] * 3))
        points = face_points(number)
        photograph = Photograph("made", str(number), path, None)
        found.append(LabelledFace(number, photograph, points, points + np.float32(1.5)))
    return tuple(found)


def test_the_offset_leads_from_the_middle_of_a_square_to_the_label(
    faces: tuple[LabelledFace, ...],
) -> None:
    scale = 0.5
    (squares,) = cut_squares(faces, synthetic_pdm(), [scale], [SIDE], 3)
    assert squares.areas.shape == (STARTS * len(faces), 68, SIDE, SIDE)
    middle = squares.areas[:, :, SIDE // 2, SIDE // 2].astype(np.float64)
    labels = np.repeat([face.label_px for face in faces], STARTS, axis=0)
    # Of a ramp, the grey value is the column, in pixels of the picture.
    seen = middle + squares.offsets[..., 0] * 0.8 / scale
    error = np.abs(seen - labels[..., 0])
    assert np.median(error) < 1.5
    assert np.abs(squares.offsets).max() > 0.5


def test_a_face_has_its_own_displacements(faces: tuple[LabelledFace, ...]) -> None:
    (both,) = cut_squares(faces, synthetic_pdm(), [0.5], [SIDE], 3)
    (one,) = cut_squares(faces[1:], synthetic_pdm(), [0.5], [SIDE], 3)
    np.testing.assert_array_equal(one.areas, both.areas[STARTS:])
    np.testing.assert_array_equal(one.offsets, both.offsets[STARTS:])


@pytest.mark.parametrize("is_flipped", [False, True])
def test_blocks_are_those_of_the_response_maps(is_flipped: bool) -> None:
    rng = np.random.default_rng(2)
    squares = Squares(
        rng.integers(0, 256, (2, 68, SIDE, SIDE), dtype=np.uint8),
        np.zeros((2, 68, 2), dtype=np.float32),
    )
    landmarks = np.stack([DIRECT_LANDMARKS, MIRRORED_ORDER[DIRECT_LANDMARKS]])
    count = len(DIRECT_LANDMARKS)
    positions = rng.integers(0, SIDE - 10, (count, 1, 4, 2))
    found = np.empty((count, 4, 122), dtype=np.float32)
    write_blocks(
        squares.areas, np.array([1]), landmarks, np.array([is_flipped]), positions, 11, found
    )
    expert = 5
    area = squares.areas[1, landmarks[int(is_flipped), expert]].astype(np.float32)
    seen = area[:, ::-1] if is_flipped else area
    for block, (row, column) in zip(found[expert], positions[expert, 0], strict=True):
        pixels = seen[row : row + 11, column : column + 11].T.ravel().astype(np.float64)
        centred = pixels - pixels.mean()
        expected = np.concatenate([[1.0], centred / np.linalg.norm(centred)])
        np.testing.assert_allclose(block, expected, atol=2e-6)


def test_faces_of_which_teacher_and_network_see_different_ones_are_left_out() -> None:
    photographs = [Photograph("made", str(k), Path(), None) for k in range(4)]
    taught = np.stack([face_points(k) for k in range(4)])
    own = taught + np.float32(1)
    own[1] += 60
    taught[2] = np.nan
    faces = labelled_faces(photographs, taught, own)
    assert [face.number for face in faces] == [0, 3]
    np.testing.assert_array_equal(faces[1].label_px, taught[3])
    np.testing.assert_array_equal(faces[1].found_px, own[3])
