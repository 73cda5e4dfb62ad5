"""Squares lie where searches begin, maps are the teacher's, and blocks are what experts see."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.degradation import degraded
from models.training.patch_experts.faces import LocatedFace, faces_of_part, located_faces
from models.training.patch_experts.squares import (
    SEARCHES,
    SUPPORT_PX,
    Squares,
    SquareSettings,
    cut_squares,
    write_blocks,
)
from models.training.patch_experts.views import views_of
from models.training.photographs import Photograph
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.refinement.patch_experts import CcnfExperts
from openface_core.refinement.view_grid import ViewGrid
from openface_core.shape import calc_params
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm

WINDOW = 11
SIDE = WINDOW + SUPPORT_PX - 1
VIEWS = views_of(MIRRORED_ORDER)


def face_points(number: int) -> np.ndarray:
    return project_face(
        synthetic_pdm(), 0.8, (0.1, 0.1, 0.0), (78.0, 80.0), plausible_shape_parameters(number)
    )


@pytest.fixture
def faces(tmp_path: Path) -> tuple[LocatedFace, ...]:
    """Two pictures whose grey value says where a pixel lies: columns rise by 1, rows not."""
    found = []
    for number in range(2):
        path = tmp_path / f"{number}.png"
        ramp = np.tile(np.arange(160, dtype=np.uint8), (160, 1))
        cv2.imwrite(str(path), cv2.merge([ramp] * 3))
        photograph = Photograph("made", str(number), path, None)
        found.append(LocatedFace(number, photograph, face_points(number)))
    return tuple(found)


def teacher() -> CcnfExperts:
    """One neuron for each landmark and view, without smoothing, that likes edges."""
    views, landmarks = 7, 68
    angles = np.zeros((views, 3), dtype=np.float32)
    angles[:, 1] = np.radians([0, -20, -45, -70, 70, 45, 20])
    weights = np.zeros((views, SUPPORT_PX**2), dtype=np.float32)
    weights[:, :60] = np.arange(1, views + 1)[:, None]
    return CcnfExperts(
        ViewGrid(
            0.5,
            SUPPORT_PX,
            angles,
            np.ones((views, landmarks), dtype=bool),
            np.ones((views, landmarks), dtype=np.float32),
        ),
        np.repeat(np.arange(views)[:, None], landmarks, axis=1),
        np.ones((views, landmarks), dtype=np.int64),
        weights,
        np.zeros(views, dtype=np.float32),
        np.full(views, 0.4),
        np.zeros((views, landmarks, 0)),
        {},
    )


def cut(faces: tuple[LocatedFace, ...], seed: int = 3) -> Squares:
    settings = SquareSettings(1.0, seed, 1)
    (squares,) = cut_squares(faces, synthetic_pdm(), [teacher()], [WINDOW], settings)
    return squares


def test_squares_lie_about_the_landmarks(faces: tuple[LocatedFace, ...]) -> None:
    squares = cut(faces)
    assert squares.areas.shape == (SEARCHES * len(faces), 68, SIDE, SIDE)
    first = squares.areas[::SEARCHES, :, SIDE // 2, SIDE // 2].astype(np.float64)
    # Of a ramp, the grey value is the column, in pixels of the picture.
    expected = np.stack([face.points_px[:, 0] for face in faces])
    assert 0.1 < np.abs(first - expected).mean() < 5


def test_maps_are_what_the_teacher_answers_there(faces: tuple[LocatedFace, ...]) -> None:
    rng = np.random.default_rng(8)
    for face in faces:
        spots = cv2.resize(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8), (160, 160))
        cv2.imwrite(str(face.photograph.path), spots)
    squares = cut(faces)
    experts = teacher()
    for row in range(len(squares.areas)):
        view = squares.views[row]
        weights = experts.weights[view].reshape(SUPPORT_PX, SUPPORT_PX)
        for y, x in ((0, 0), (5, 5), (10, 3)):
            block = squares.areas[row, 30, y : y + SUPPORT_PX, x : x + SUPPORT_PX].astype(float)
            block -= block.mean()
            block /= max(np.linalg.norm(block), 1e-9)
            # Without smoothing, a map is divided by the strength of its neurons.
            expected = 1 / (1 + np.exp(-(weights * block).sum()))
            assert squares.maps[row, 30, y, x] == pytest.approx(expected, abs=0.03)


def test_a_face_has_its_own_displacements(faces: tuple[LocatedFace, ...]) -> None:
    both, one = cut(faces), cut(faces[1:])
    np.testing.assert_array_equal(one.areas, both.areas[SEARCHES:])
    np.testing.assert_array_equal(one.maps, both.maps[SEARCHES:])
    np.testing.assert_array_equal(one.views, both.views[SEARCHES:])


def test_the_third_search_asks_about_the_face_from_beside(faces: tuple[LocatedFace, ...]) -> None:
    views = cut(faces).views.reshape(len(faces), SEARCHES)
    assert (views[:, :2] == 0).all()
    assert np.isin(views[:, 2], (1, 6)).all()


def test_views_learn_from_their_own_searches(faces: tuple[LocatedFace, ...]) -> None:
    squares = cut(faces)
    rows = [set(squares.rows_of(view).tolist()) for view in VIEWS]
    assert rows[0] == {0, 1, 3, 4}
    assert rows[1] == {2, 5}
    assert rows[2] == set()


@pytest.mark.parametrize("is_flipped", [False, True])
def test_blocks_are_those_of_the_response_maps(is_flipped: bool) -> None:
    rng = np.random.default_rng(2)
    areas = rng.integers(0, 256, (2, 68, SIDE, SIDE), dtype=np.uint8)
    landmarks = VIEWS[0].landmark_pairs
    positions = rng.integers(0, WINDOW, (4, 2))
    found = np.empty((landmarks.shape[1], 4, 122), dtype=np.float32)
    write_blocks(areas, np.array([1]), landmarks, np.array([is_flipped]), positions, 11, found)
    expert = 5
    area = areas[1, landmarks[int(is_flipped), expert]].astype(np.float32)
    seen = area[:, ::-1] if is_flipped else area
    for block, (row, column) in zip(found[expert], positions, strict=True):
        pixels = seen[row : row + 11, column : column + 11].T.ravel().astype(np.float64)
        centred = pixels - pixels.mean()
        expected = np.concatenate([[1.0], centred / np.linalg.norm(centred)])
        np.testing.assert_allclose(block, expected, atol=2e-6)


def test_faces_are_where_the_teacher_or_people_see_them() -> None:
    taught = np.stack([face_points(k) for k in range(4)])
    marked = taught + np.float32(0.5)
    photographs = [Photograph("made", str(k), Path(), None) for k in range(2)]
    photographs += [Photograph("made", str(k), Path(), marked[k]) for k in range(2, 4)]
    taught[1] = np.nan
    taught[3] += 60
    faces = located_faces(photographs, taught)
    assert [face.number for face in faces] == [0, 2, 3]
    np.testing.assert_array_equal(faces[1].points_px, taught[2])
    np.testing.assert_array_equal(faces[2].points_px, marked[3])


def test_small_faces_have_no_part() -> None:
    pdm = synthetic_pdm()
    face = LocatedFace(0, Photograph("made", "0", Path(), None), face_points(0))
    scale = calc_params(pdm, face.points_px).scale_px_per_mm
    (part,) = faces_of_part([face], pdm, range(68), 0.9 * scale)
    np.testing.assert_array_equal(part.points_px, face.points_px)
    assert faces_of_part([face], pdm, range(68), 1.1 * scale) == ()


def test_a_degraded_picture_keeps_its_shape_and_is_another() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    versions = [degraded(image, 0.8, np.random.default_rng(k)) for k in range(12)]
    assert all(v.shape == image.shape and v.dtype == np.uint8 for v in versions)
    assert sum((v != image).any() for v in versions) >= 8
    again = degraded(image, 0.8, np.random.default_rng(3))
    np.testing.assert_array_equal(again, versions[3])


def test_without_views_beside_all_searches_are_of_the_nearest(
    faces: tuple[LocatedFace, ...],
) -> None:
    settings = SquareSettings(0.5, 3, 2, looks_beside=False)
    (squares,) = cut_squares(faces, synthetic_pdm(), [teacher()], [WINDOW], settings)
    assert (squares.views == 0).all()


def test_the_other_side_is_another_view(faces: tuple[LocatedFace, ...]) -> None:
    settings = SquareSettings(0.5, 3, 1, looks_beside=False)
    (squares,) = cut_squares(faces, synthetic_pdm(), [teacher()], [WINDOW], settings)
    both = squares.with_mirrored(squares)
    assert both.views.tolist() == [0] * len(squares.views) + [1] * len(squares.views)
    np.testing.assert_array_equal(both.areas[len(squares.areas) :], squares.areas)
