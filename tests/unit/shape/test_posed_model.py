"""The posed shape model: what it means, and the steps in which OpenFace rounds it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.shape.jacobi import orthonormal_float32
from openface_core.shape.posed_model import (
    deformed_by_opencv,
    deformed_shape,
    rounded_rotation,
    turn_by,
)
from tests.fixtures.faces.shape import plausible_shape_parameters, synthetic_pdm
from tests.twins import rotations as twin

ROTATION_TOLERANCE = 3e-7
TURN_TOLERANCE_RADIANS = 1.2e-5
"""OpenCV takes a rotation by less than this for none."""

_angle = st.floats(-1.375, 1.375, width=32)
_step = st.floats(-0.0625, 0.0625, width=32)


@given(_angle, _angle, _angle)
def test_a_rotation_is_that_of_its_angles(rx: float, ry: float, rz: float) -> None:
    found = np.empty((3, 3), dtype=np.float32)
    rounded_rotation(np.float32(rx), np.float32(ry), np.float32(rz), found)
    np.testing.assert_allclose(found, twin.euler_to_matrix(rx, ry, rz), atol=ROTATION_TOLERANCE)


@given(_angle, _angle, _angle, _step, _step, _step)
def test_a_small_rotation_is_applied_on_the_right(
    rx: float, ry: float, rz: float, wx: float, wy: float, wz: float
) -> None:
    angles = np.array([rx, ry, rz], dtype=np.float32)
    before = twin.euler_to_matrix(*angles.astype(np.float64))
    turn_by(angles, np.array([wx, wy, wz], dtype=np.float32))
    left, _, right = np.linalg.svd(np.eye(3) + twin.skew(np.array([wx, wy, wz])))
    expected = before @ left @ right
    if np.trace(expected) < -0.9:  # close to a half turn the quaternion loses its digits
        return
    found = twin.euler_to_matrix(*angles.astype(np.float64))
    np.testing.assert_allclose(found, expected, atol=TURN_TOLERANCE_RADIANS)


def test_no_turn_changes_nothing_that_counts() -> None:
    for angle in (0.0, 0.3, -1.2):
        angles = np.full(3, angle, dtype=np.float32)
        turn_by(angles, np.zeros(3, dtype=np.float32))
        np.testing.assert_allclose(angles, angle, atol=2e-7)


def test_half_a_turn_gives_numbers() -> None:
    angles = np.array([math.pi, 0.0, 0.0], dtype=np.float32)
    turn_by(angles, np.zeros(3, dtype=np.float32))
    assert np.isfinite(angles).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_nearly_orthonormal_matrix_becomes_the_nearest_rotation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = twin.euler_to_matrix(*rng.uniform(-1, 1, 3))
    matrix = (turn + rng.normal(scale=0.02, size=(3, 3))).astype(np.float32)
    left, _, right = np.linalg.svd(matrix.astype(np.float64))
    orthonormal_float32(matrix)
    np.testing.assert_allclose(matrix, left @ right, atol=5e-7)
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("deformed", [deformed_shape, deformed_by_opencv])
@pytest.mark.parametrize("points", [68, 28])
def test_a_shape_is_the_mean_and_its_modes(points: int, deformed: Callable[..., None]) -> None:
    pdm = synthetic_pdm()
    rows = np.concatenate([axis * 68 + np.arange(points) for axis in range(3)])
    mean, components = pdm.mean_mm[rows], pdm.components_mm[rows]
    local = plausible_shape_parameters(3).astype(np.float32)
    found = np.empty(3 * points, dtype=np.float32)
    deformed(mean, np.ascontiguousarray(components.T), local, found)
    expected = mean + components.astype(np.float64) @ local
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
