"""The similarity transform against its twin by singular values, and against known truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.alignment import ALIGNED_SIZE_PX, SCALE_PX_PER_MM, warp_matrix
from openface_core.alignment.similarity import RIGID_POINTS
from tests.fixtures.faces.shape import (
    MODES,
    plausible_shape_parameters,
    project_face,
    synthetic_pdm,
)
from tests.twins.alignment import RIGID
from tests.twins.alignment import warp_matrix as matrix_twin

LINEAR_TOLERANCE = 2e-7
OFFSET_TOLERANCE_PX = 1e-4

_angle = st.floats(-0.8, 0.8)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 50),
    st.floats(0.5, 4.0),
    st.tuples(_angle, _angle, st.floats(-3.1, 3.1)),
    st.tuples(st.floats(0.0, 500.0), st.floats(0.0, 500.0)),
)
def test_equals_its_twin(
    seed: int, scale: float, rotation: tuple[float, float, float], origin: tuple[float, float]
) -> None:
    mean = synthetic_pdm().mean_mm
    parameters = plausible_shape_parameters(seed)
    landmarks = project_face(synthetic_pdm(), scale, rotation, origin, parameters)
    translation = np.array(origin, dtype=np.float32)
    found = warp_matrix(landmarks, translation, mean)
    expected = matrix_twin(landmarks, translation, mean)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, :2], expected[:, :2], rtol=1e-6, atol=LINEAR_TOLERANCE)
    np.testing.assert_allclose(found[:, 2], expected[:, 2], rtol=1e-6, atol=OFFSET_TOLERANCE_PX)


@pytest.mark.parametrize("roll", [0.0, 0.7, -2.0, 3.1])
def test_mean_face_arrives_where_it_belongs(roll: float) -> None:
    """At 0.7 px per mm, upright, its origin at (56, 56), whatever the roll in the frame."""
    pdm = synthetic_pdm()
    landmarks = project_face(pdm, 2.3, (0.0, 0.0, roll), (310.0, 170.0), np.zeros(MODES))
    matrix = warp_matrix(landmarks, np.array([310.0, 170.0], dtype=np.float32), pdm.mean_mm)
    aligned = landmarks @ matrix[:, :2].T + matrix[:, 2]
    expected = SCALE_PX_PER_MM * pdm.mean_mm.reshape(3, -1)[:2].T + ALIGNED_SIZE_PX // 2
    np.testing.assert_allclose(aligned, expected, rtol=0, atol=1e-3)


def test_transform_is_a_proper_similarity() -> None:
    landmarks = project_face(
        synthetic_pdm(), 1.1, (0.2, 0.4, 0.3), (90.0, 80.0), plausible_shape_parameters(3)
    )
    matrix = warp_matrix(landmarks, np.array([90.0, 80.0]), synthetic_pdm().mean_mm)
    # The decomposition that OpenFace takes it from is in single precision.
    np.testing.assert_allclose(matrix[0, 0], matrix[1, 1], rtol=0, atol=LINEAR_TOLERANCE)
    np.testing.assert_allclose(matrix[0, 1], -matrix[1, 0], rtol=0, atol=LINEAR_TOLERANCE)
    assert np.linalg.det(matrix[:, :2]) > 0.0


def test_only_the_rigid_points_decide() -> None:
    assert len(RIGID_POINTS) == 24
    np.testing.assert_array_equal(RIGID_POINTS, RIGID)
    pdm, origin = synthetic_pdm(), np.array([90.0, 80.0], dtype=np.float32)
    landmarks = project_face(pdm, 1.1, (0.0, 0.1, 0.2), (90.0, 80.0), np.zeros(MODES))
    moved = landmarks.copy()
    moved[np.setdiff1d(np.arange(68), RIGID_POINTS)] += 25.0
    first, second = (warp_matrix(points, origin, pdm.mean_mm) for points in (landmarks, moved))
    np.testing.assert_array_equal(first, second)
    moved[36] += 5.0
    assert not np.array_equal(warp_matrix(moved, origin, pdm.mean_mm), first)


def test_translation_follows_the_models_origin_and_not_the_landmarks_mean() -> None:
    pdm = synthetic_pdm()
    landmarks = project_face(pdm, 1.0, (0.0, 0.0, 0.0), (100.0, 100.0), np.zeros(MODES))
    here = warp_matrix(landmarks, np.array([100.0, 100.0], dtype=np.float32), pdm.mean_mm)
    there = warp_matrix(landmarks, np.array([110.0, 95.0], dtype=np.float32), pdm.mean_mm)
    np.testing.assert_array_equal(here[:, :2], there[:, :2])
    np.testing.assert_allclose(here[:, 2] - there[:, 2], (7.0, -3.5), rtol=0, atol=1e-4)


def test_mirrored_landmarks_still_give_a_rotation() -> None:
    pdm = synthetic_pdm()
    landmarks = project_face(pdm, 1.0, (0.1, 0.2, 0.3), (100.0, 90.0), np.zeros(MODES))
    mirrored = landmarks * np.array([-1.0, 1.0], dtype=np.float32)
    origin = np.array([-100.0, 90.0], dtype=np.float32)
    found = warp_matrix(mirrored, origin, pdm.mean_mm)
    np.testing.assert_allclose(
        found, matrix_twin(mirrored, origin, pdm.mean_mm), rtol=0, atol=OFFSET_TOLERANCE_PX
    )


def test_coinciding_landmarks_have_no_finite_transform() -> None:
    landmarks = np.full((68, 2), 12.0, dtype=np.float32)
    matrix = warp_matrix(landmarks, np.zeros(2, dtype=np.float32), synthetic_pdm().mean_mm)
    assert not np.isfinite(matrix).any()
