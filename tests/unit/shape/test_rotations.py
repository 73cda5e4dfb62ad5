"""Euler angles, axis-angle vectors and matrices."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.shape.rotations import axis_angle_to_matrix, euler_to_matrix, matrix_to_euler
from tests.twins import rotations as twin

ROTATION_TOLERANCE = 1e-12
ROUND_TRIP_TOLERANCE_RADIANS = 1e-6
"""Near a quarter turn of ry the arc sine is ill-conditioned."""

_angle = st.floats(-math.pi, math.pi)
_quarter = st.floats(-1.5, 1.5)
_component = st.floats(-3.0, 3.0)


@given(_angle, _angle, _angle)
def test_euler_angles_give_the_product_of_three_rotations(rx: float, ry: float, rz: float) -> None:
    out = np.empty((3, 3))
    euler_to_matrix(rx, ry, rz, out)
    np.testing.assert_allclose(
        out, twin.euler_to_matrix(rx, ry, rz), rtol=0, atol=ROTATION_TOLERANCE
    )
    np.testing.assert_allclose(out @ out.T, np.eye(3), rtol=0, atol=ROTATION_TOLERANCE)
    assert np.linalg.det(out) == pytest.approx(1.0)


@given(_quarter, _quarter, _quarter)
def test_euler_angles_survive_the_way_through_the_matrix(rx: float, ry: float, rz: float) -> None:
    matrix, back = np.empty((3, 3)), np.empty(3)
    euler_to_matrix(rx, ry, rz, matrix)
    matrix_to_euler(matrix, back)
    if np.trace(matrix) < -0.99:  # close to a half turn the quaternion's formula loses its digits
        return
    np.testing.assert_allclose(back, (rx, ry, rz), rtol=0, atol=ROUND_TRIP_TOLERANCE_RADIANS)
    np.testing.assert_allclose(
        back, twin.matrix_to_euler(matrix), rtol=0, atol=ROUND_TRIP_TOLERANCE_RADIANS
    )


@given(_component, _component, _component)
def test_axis_angle_gives_the_matrix_exponential(wx: float, wy: float, wz: float) -> None:
    out = np.empty((3, 3))
    axis_angle_to_matrix(wx, wy, wz, out)
    expected = twin.axis_angle_to_matrix(np.array([wx, wy, wz]))
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("angle", [0.0, 1e-300, 1e-13, 1e-12, 1e-9])
def test_tiny_turns_are_accurate(angle: float) -> None:
    out = np.empty((3, 3))
    axis_angle_to_matrix(angle, -angle, 2.0 * angle, out)
    expected = np.eye(3) + twin.skew(angle * np.array([1.0, -1.0, 2.0]))
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-16 + 10 * angle**2)


@pytest.mark.parametrize("axis", range(3))
def test_half_turns_have_finite_angles(axis: int) -> None:
    """OpenFace's formula divides by zero here, and its angles then become 0."""
    matrix = -np.eye(3)
    matrix[axis, axis] = 1.0
    angles = np.full(3, np.nan)
    matrix_to_euler(matrix, angles)
    np.testing.assert_array_equal(angles, 0.0)


def test_positive_ry_turns_the_z_axis_to_the_right() -> None:
    out = np.empty((3, 3))
    euler_to_matrix(0.0, 0.3, 0.0, out)
    np.testing.assert_allclose(out @ (0.0, 0.0, 1.0), (math.sin(0.3), 0.0, math.cos(0.3)))
