"""What given landmarks lack, and whether they can be those of a face."""

from collections.abc import Callable

import numpy as np
import pytest

from openface_core.faces.given_points import completed, may_be_face
from openface_core.shape import ShapeFit, calc_params, project_shape
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm

PDM = synthetic_pdm()
FRAME = (180, 200, 3)


def face(yaw: float = -0.2) -> np.ndarray:
    shape = plausible_shape_parameters(3, 0.3)
    return np.asarray(project_face(PDM, 0.9, (0.1, yaw, 0.05), (100.0, 90.0), shape))


def is_face(points: np.ndarray) -> bool:
    landmarks = points.astype(np.float32)
    return may_be_face(PDM, calc_params(PDM, landmarks), landmarks, FRAME)


@pytest.mark.parametrize("yaw", [-1.0, 0.0, 1.2])
def test_faces_are_faces(yaw: float) -> None:
    assert is_face(face(yaw))


def test_a_face_may_lie_in_part_beyond_the_picture() -> None:
    assert is_face(face() - 60.0)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda points: points + 1e6,
        lambda points: points - (400.0, 0.0),
        lambda points: points * (1.0, 0.02) + (0.0, 80.0),
        lambda points: (points - 90.0) * 0.02 + 90.0,
        lambda points: (points - 90.0) * 100.0 + 90.0,
        lambda points: np.random.default_rng(0).permutation(points),
        lambda points: np.where(np.arange(68)[:, None] < 40, 0.0, points),
    ],
    ids=[
        "far off",
        "beside it",
        "a line",
        "two pixels",
        "huge",
        "mixed up",
        "mostly missing",
    ],
)
def test_other_points_are_not(spoilt: Callable[[np.ndarray], np.ndarray]) -> None:
    assert not is_face(spoilt(face()))


@pytest.mark.parametrize(("strength", "expected"), [(3.5, True), (12.0, False)])
def test_a_shape_beyond_all_faces_is_none(strength: float, expected: bool) -> None:
    """Landmarks in the order of a mirror image have such a fit."""
    parameters = np.float32(strength) * np.sqrt(PDM.eigenvalues)
    place, angles = np.array([100.0, 90.0]), np.zeros(3)
    fit = ShapeFit(0.5, angles.astype(np.float32), place.astype(np.float32), parameters, 5)
    assert may_be_face(PDM, fit, project_shape(PDM, fit), FRAME) is expected


def test_missing_points_are_those_of_the_shape() -> None:
    points = face().astype(np.float32)
    partly = points.copy()
    partly[3:9, 0] = 0.0
    fit = calc_params(PDM, partly)
    whole = completed(PDM, fit, partly)
    seen = partly[:, 0] != 0.0
    np.testing.assert_array_equal(whole[seen], partly[seen])
    np.testing.assert_array_equal(whole[~seen], project_shape(PDM, fit)[~seen])
    assert np.abs(whole - points).max() < 5.0
    assert completed(PDM, fit, points) is points
