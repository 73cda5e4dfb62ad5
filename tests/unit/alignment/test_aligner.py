"""The three steps together, on rendered faces."""

import numpy as np
import pytest

from openface_core.alignment import FaceAligner, apply_mask, warp_affine
from openface_core.shape import calc_params
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import (
    MODES,
    plausible_shape_parameters,
    project_face,
    synthetic_pdm,
)
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.twins import alignment as twin

ORIGIN = (200.0, 160.0)
SIZE = (400, 330)


def _aligner() -> FaceAligner:
    return FaceAligner(synthetic_pdm().mean_mm, synthetic_triangles())


@pytest.mark.parametrize("seed", range(3))
def test_aligned_face_is_the_masked_warp(seed: int) -> None:
    pdm, parameters = synthetic_pdm(), plausible_shape_parameters(seed)
    pose = (1.2, (0.1, 0.2 * seed - 0.2, 0.15), ORIGIN)
    frame = render_face(pdm, *pose, parameters, SIZE)
    landmarks = project_face(pdm, *pose, parameters)
    translation = calc_params(pdm, landmarks).translation_px
    face = _aligner().align(frame, landmarks, translation)
    assert face.image.shape == (112, 112, 3)
    assert face.image.dtype == np.uint8

    expected = twin.warp_affine(frame, face.matrix, 112)
    points = twin.mask_points(landmarks, face.matrix)
    mask = twin.mask_of_points(points, synthetic_triangles(), 112)
    apply_mask(expected, mask, expected)
    np.testing.assert_array_equal(face.image, expected)


def test_size_place_and_roll_of_the_face_in_the_frame_hardly_matter() -> None:
    pdm, aligner = synthetic_pdm(), _aligner()
    pictures = []
    for scale, roll, origin in ((1.4, 0.0, (200.0, 160.0)), (1.7, 0.4, (180.0, 175.0))):
        pose = (scale, (0.0, 0.0, roll), origin)
        frame = render_face(pdm, *pose, np.zeros(MODES), SIZE)
        landmarks = project_face(pdm, *pose, np.zeros(MODES))
        face = aligner.align(frame, landmarks, np.array(origin, dtype=np.float32))
        pictures.append(face.image.astype(np.float64))
    assert np.abs(pictures[0] - pictures[1]).mean() < 4.0  # levels of 255


def test_pupils_arrive_where_the_landmarks_say() -> None:
    pdm = synthetic_pdm()
    pose = (2.0, (0.0, 0.0, 0.5), ORIGIN)
    landmarks = project_face(pdm, *pose, np.zeros(MODES))
    frame = render_face(pdm, *pose, np.zeros(MODES), SIZE)
    face = _aligner().align(frame, landmarks, np.array(ORIGIN, dtype=np.float32))
    aligned = 0.7 * pdm.mean_mm.reshape(3, -1)[:2].T + 56.0
    for eye in (aligned[36:42], aligned[42:48]):
        x, y = np.rint(eye.mean(axis=0)).astype(int)
        assert face.image[y - 1 : y + 2, x - 1 : x + 2].mean() < 40
        # The white of the eye between pupil and inner corner, and the skin below.
        assert face.image[y - 1 : y + 2, x - 9 : x + 10].max() > 180
        assert face.image[y + 10, x].mean() > 100


def test_nothing_outside_of_the_mask_reaches_the_face() -> None:
    pdm = synthetic_pdm()
    pose = (1.4, (0.0, 0.0, 0.0), ORIGIN)
    landmarks = project_face(pdm, *pose, np.zeros(MODES))
    origin = np.array(ORIGIN, dtype=np.float32)
    white = np.full((SIZE[1], SIZE[0], 3), 255, dtype=np.uint8)
    face = _aligner().align(white, landmarks, origin)
    assert set(np.unique(face.image)) == {0, 255}
    assert not face.image[:, :2].any()
    assert not face.image[-2:].any()
    assert (warp_affine(white, face.matrix, 112) == 255).all()


def test_landmarks_without_a_meaning_give_a_black_face() -> None:
    landmarks = np.full((68, 2), 20.0, dtype=np.float32)
    white = np.full((50, 50, 3), 255, dtype=np.uint8)
    face = _aligner().align(white, landmarks, np.array([20.0, 20.0], dtype=np.float32))
    assert not face.image.any()
    assert not np.isfinite(face.matrix).any()


def test_face_out_of_the_frame_is_black() -> None:
    pdm = synthetic_pdm()
    landmarks = project_face(pdm, 1.0, (0.0, 0.0, 0.0), (5000.0, 5000.0), np.zeros(MODES))
    white = np.full((50, 50, 3), 255, dtype=np.uint8)
    face = _aligner().align(white, landmarks, np.array([5000.0, 5000.0], dtype=np.float32))
    assert not face.image.any()
