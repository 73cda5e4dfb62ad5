"""Rotations as OpenFace writes them: Euler angles with ``R = Rx(rx) Ry(ry) Rz(rz)``, in radians.

Source: the convention of OpenFace's ``RotationHelpers.h``.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

FloatArray = NDArray[np.floating]
Number = float | np.floating


@kernel
def euler_to_matrix(rx: Number, ry: Number, rz: Number, out: FloatArray) -> None:
    """Write the rotation matrix of three Euler angles.

    Parameters
    ----------
    rx, ry, rz : float
        Angles about the x, y and z axis, radians.
    out : (3, 3) ndarray
        Receives ``Rx(rx) Ry(ry) Rz(rz)``.
    """
    s1, s2, s3 = math.sin(rx), math.sin(ry), math.sin(rz)
    c1, c2, c3 = math.cos(rx), math.cos(ry), math.cos(rz)
    out[0, 0] = c2 * c3
    out[0, 1] = -c2 * s3
    out[0, 2] = s2
    out[1, 0] = c1 * s3 + c3 * s1 * s2
    out[1, 1] = c1 * c3 - s1 * s2 * s3
    out[1, 2] = -c2 * s1
    out[2, 0] = s1 * s3 - c1 * c3 * s2
    out[2, 1] = c3 * s1 + c1 * s2 * s3
    out[2, 2] = c1 * c2


def rotation_matrix(angles_radians: FloatArray) -> NDArray[np.float64]:
    """Return the rotation matrix, (3, 3), of three Euler angles; see :func:`euler_to_matrix`."""
    out = np.empty((3, 3))
    rx, ry, rz = (float(angle) for angle in angles_radians)
    euler_to_matrix(rx, ry, rz, out)
    return out


@kernel
def matrix_to_euler(rotation: FloatArray, out: FloatArray) -> None:
    """Write the Euler angles of a rotation matrix, by way of its quaternion.

    Parameters
    ----------
    rotation : (3, 3) ndarray
        Rotation matrix.
    out : (3,) ndarray
        Receives rx, ry, rz in radians. Half turns, where OpenFace's formula has no value, give 0.
    """
    # float() keeps the arithmetic in double precision when the matrix is float32.
    q0 = math.sqrt(max(1.0 + float(rotation[0, 0] + rotation[1, 1] + rotation[2, 2]), 0.0)) / 2.0
    if q0 == 0.0:
        out[0] = out[1] = out[2] = 0.0
        return
    q1 = (rotation[2, 1] - rotation[1, 2]) / (4.0 * q0)
    q2 = (rotation[0, 2] - rotation[2, 0]) / (4.0 * q0)
    q3 = (rotation[1, 0] - rotation[0, 1]) / (4.0 * q0)
    sine = min(1.0, max(-1.0, 2.0 * (q0 * q2 + q1 * q3)))
    out[0] = math.atan2(2.0 * (q0 * q1 - q2 * q3), q0 * q0 - q1 * q1 - q2 * q2 + q3 * q3)
    out[1] = math.asin(sine)
    out[2] = math.atan2(2.0 * (q0 * q3 - q1 * q2), q0 * q0 + q1 * q1 - q2 * q2 - q3 * q3)


@kernel
def axis_angle_to_matrix(wx: Number, wy: Number, wz: Number, out: FloatArray) -> None:
    """Write the rotation matrix of an axis-angle vector (Rodrigues' formula).

    Parameters
    ----------
    wx, wy, wz : float
        Axis times angle, radians.
    out : (3, 3) ndarray
        Receives the rotation matrix.
    """
    angle = math.sqrt(wx * wx + wy * wy + wz * wz)
    if angle < 1e-12:
        # First order is exact to rounding here, and the axis would be undefined.
        out[0, 0] = out[1, 1] = out[2, 2] = 1.0
        out[0, 1], out[0, 2], out[1, 2] = -wz, wy, -wx
        out[1, 0], out[2, 0], out[2, 1] = wz, -wy, wx
        return
    x, y, z = wx / angle, wy / angle, wz / angle
    s, c = math.sin(angle), math.cos(angle)
    v = 1.0 - c
    out[0, 0] = c + x * x * v
    out[0, 1] = x * y * v - z * s
    out[0, 2] = x * z * v + y * s
    out[1, 0] = y * x * v + z * s
    out[1, 1] = c + y * y * v
    out[1, 2] = y * z * v - x * s
    out[2, 0] = z * x * v - y * s
    out[2, 1] = z * y * v + x * s
    out[2, 2] = c + z * z * v
