"""The shape model in a picture, rounded as the C++ program rounds it.

Where a landmark comes to lie between two of the rounded places of a response map's density, the
last digit decides which one counts, and that is seen in the landmarks. So every rounding here is
OpenFace's: sums in the order of its libraries, and products fused where its compiler fuses them.

References
----------
``PDM::CalcShape3D``, ``PDM::CalcShape2D``, ``Utilities::Euler2RotationMatrix`` and
``PDM::UpdateModelParameters`` of OpenFace 2.2, ``cv::Rodrigues`` and ``cv::SVD`` of OpenCV 4.6.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.matrix_product import LEAST_BLAS_ROWS, laned_combination
from openface_core.shape.jacobi import orthonormal_float32
from openface_core.shape.pdm import Float32Array
from openface_core.shape.rotations import axis_angle_to_matrix

_SMALL_ANGLE = 1e-5


@kernel
def rounded_rotation(rx: np.float32, ry: np.float32, rz: np.float32, out: Float32Array) -> None:
    """Write the rotation matrix (3, 3) of Euler angles in radians, float32."""
    s1, c1 = np.float32(math.sin(np.float64(rx))), np.float32(math.cos(np.float64(rx)))
    s2, c2 = np.float32(math.sin(np.float64(ry))), np.float32(math.cos(np.float64(ry)))
    s3, c3 = np.float32(math.sin(np.float64(rz))), np.float32(math.cos(np.float64(rz)))
    out[0, 0] = c2 * c3
    out[0, 1] = -c2 * s3
    out[0, 2] = s2
    out[1, 0] = fused(c1, s3, c3 * s1 * s2)
    out[1, 1] = fused(-(s1 * s2), s3, c1 * c3)
    out[1, 2] = -c2 * s1
    out[2, 0] = fused(s1, s3, -(c1 * c3 * s2))
    out[2, 1] = fused(c1 * s2, s3, c3 * s1)
    out[2, 2] = c1 * c2


@kernel
def deformed_shape(
    mean: Float32Array, modes: Float32Array, local: Float32Array, out: Float32Array
) -> None:
    """Write the 3D shape (3 n,) of shape parameters (m,): all X, all Y, all Z."""
    laned_combination(modes, local, out)
    for i in range(mean.shape[0]):
        out[i] += mean[i]


@kernel
def deformed_by_opencv(
    mean: Float32Array, modes: Float32Array, local: Float32Array, out: Float32Array
) -> None:
    """Write the same as :func:`deformed_shape`, as the steps of CalcParams have it.

    OpenCV sums products of few rows in double precision, and leaves others to OpenBLAS.
    """
    length = mean.shape[0]
    if length >= LEAST_BLAS_ROWS:
        deformed_shape(mean, modes, local, out)
        return
    total = np.empty(length, dtype=np.float64)
    for i in range(length):
        total[i] = mean[i]
    for b in range(modes.shape[0]):
        weight = np.float64(local[b])
        for i in range(length):
            total[i] += weight * modes[b, i]
    for i in range(length):
        out[i] = total[i]


@kernel
def place_shape(
    shape: Float32Array, rotation: Float32Array, parameters: Float32Array, out: Float32Array
) -> None:
    """Write the projection (n, 2) of a 3D shape (3 n,) by pose parameters (6,), pixels."""
    n = out.shape[0]
    scale, tx, ty = parameters[0], parameters[4], parameters[5]
    r00, r01, r02 = rotation[0, 0], rotation[0, 1], rotation[0, 2]
    r10, r11, r12 = rotation[1, 0], rotation[1, 1], rotation[1, 2]
    for i in range(n):
        x, y, z = shape[i], shape[n + i], shape[2 * n + i]
        across = fused(r02, z, fused(r00, x, r01 * y))
        down = fused(r12, z, fused(r10, x, r11 * y))
        out[i, 0] = fused(scale, across, tx)
        out[i, 1] = fused(scale, down, ty)


@kernel
def project(
    mean: Float32Array,
    modes: Float32Array,
    parameters: Float32Array,
    local: Float32Array,
    shape: Float32Array,
    out: Float32Array,
) -> None:
    """Write the 3D shape (3 n,) and its projection (n, 2) for pose and shape parameters."""
    rotation = np.empty((3, 3), dtype=np.float32)
    rounded_rotation(parameters[1], parameters[2], parameters[3], rotation)
    deformed_shape(mean, modes, local, shape)
    place_shape(shape, rotation, parameters, out)


@kernel
def _nearest_rotation(matrix: Float32Array, out: NDArray[np.float64]) -> None:
    """Write the rotation next to a matrix that is one but for rounding, in double precision.

    OpenCV takes it from a singular value decomposition; two of Newton's steps lead there too.
    """
    for i in range(3):
        for j in range(3):
            out[i, j] = matrix[i, j]
    gram, seen = np.empty((3, 3)), np.empty((3, 3))
    for _ in range(2):
        seen[:, :] = out
        for i in range(3):
            for j in range(3):
                total = seen[0, i] * seen[0, j] + seen[1, i] * seen[1, j] + seen[2, i] * seen[2, j]
                gram[i, j] = (1.5 if i == j else 0.0) - 0.5 * total
        for i in range(3):
            for j in range(3):
                out[i, j] = (
                    seen[i, 0] * gram[0, j] + seen[i, 1] * gram[1, j] + seen[i, 2] * gram[2, j]
                )


@kernel
def _axis_angle(matrix: Float32Array, out: Float32Array) -> None:
    """Write the axis times angle (3,) of a rotation matrix."""
    r = np.empty((3, 3))
    _nearest_rotation(matrix, r)
    x, y, z = r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]
    sine = math.sqrt((x * x + y * y + z * z) * 0.25)
    cosine = min(1.0, max(-1.0, (r[0, 0] + r[1, 1] + r[2, 2] - 1.0) * 0.5))
    angle = math.acos(cosine)
    if sine >= _SMALL_ANGLE:
        factor = 1.0 / (2.0 * sine) * angle
        out[0], out[1], out[2] = x * factor, y * factor, z * factor
        return
    out[:] = 0.0
    if cosine > 0.0:
        return
    # Half a turn: the axis follows from the diagonal, its signs from the first row.
    x = math.sqrt(max((r[0, 0] + 1.0) * 0.5, 0.0))
    y = math.sqrt(max((r[1, 1] + 1.0) * 0.5, 0.0)) * (-1.0 if r[0, 1] < 0.0 else 1.0)
    z = math.sqrt(max((r[2, 2] + 1.0) * 0.5, 0.0)) * (-1.0 if r[0, 2] < 0.0 else 1.0)
    if abs(x) < abs(y) and abs(x) < abs(z) and (r[1, 2] > 0.0) != (y * z > 0.0):
        z = -z
    factor = angle / math.sqrt(x * x + y * y + z * z)
    out[0], out[1], out[2] = x * factor, y * factor, z * factor


@kernel
def _euler_angles(r: Float32Array, out: Float32Array) -> None:
    """Write the Euler angles (3,) of a float32 rotation matrix, by way of its quaternion.

    Half turns, where OpenFace's formula has no value, give 0.
    """
    two, four = np.float32(2.0), np.float32(4.0)
    squared = np.float32(1.0) + r[0, 0] + r[1, 1] + r[2, 2]
    if not squared > np.float32(0.0):
        out[:] = 0.0
        return
    q0 = np.sqrt(squared) / two
    q1 = (r[2, 1] - r[1, 2]) / (four * q0)
    q2 = (r[0, 2] - r[2, 0]) / (four * q0)
    q3 = (r[1, 0] - r[0, 1]) / (four * q0)
    sine = min(np.float32(1.0), max(np.float32(-1.0), two * fused(q0, q2, q1 * q3)))
    pitch_sine = two * fused(q0, q1, -(q2 * q3))
    pitch_cosine = fused(q3, q3, fused(-q2, q2, fused(q0, q0, -(q1 * q1))))
    roll_sine = two * fused(q0, q3, -(q1 * q2))
    roll_cosine = fused(-q3, q3, fused(-q2, q2, fused(q0, q0, q1 * q1)))
    out[0] = math.atan2(np.float64(pitch_sine), np.float64(pitch_cosine))
    out[1] = math.asin(np.float64(sine))
    out[2] = math.atan2(np.float64(roll_sine), np.float64(roll_cosine))


@kernel
def turn_by(euler: Float32Array, step: Float32Array) -> None:
    """Apply a small rotation (3,), radians about x, y and z, on the right of Euler angles (3,)."""
    rotation = np.empty((3, 3), dtype=np.float32)
    rounded_rotation(euler[0], euler[1], euler[2], rotation)
    small = np.eye(3, dtype=np.float32)
    small[2, 1], small[1, 2] = step[0], -step[0]
    small[0, 2], small[2, 0] = step[1], -step[1]
    small[1, 0], small[0, 1] = step[2], -step[2]
    orthonormal_float32(small)
    turned = np.empty((3, 3), dtype=np.float32)
    for i in range(3):
        for j in range(3):
            first = fused(rotation[i, 1], small[1, j], rotation[i, 0] * small[0, j])
            turned[i, j] = fused(rotation[i, 2], small[2, j], first)
    axis = np.empty(3, dtype=np.float32)
    _axis_angle(turned, axis)
    # Written as a matrix and read again, as OpenFace does.
    exact = np.empty((3, 3))
    axis_angle_to_matrix(np.float64(axis[0]), np.float64(axis[1]), np.float64(axis[2]), exact)
    for i in range(3):
        for j in range(3):
            turned[i, j] = exact[i, j]
    _euler_angles(turned, euler)
