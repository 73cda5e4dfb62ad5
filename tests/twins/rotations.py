"""Twin of :mod:`openface_core.shape.rotations`: elementary rotations, multiplied out."""

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]


def euler_to_matrix(rx: float, ry: float, rz: float) -> Float64Array:
    """Return ``Rx(rx) Ry(ry) Rz(rz)`` from its three factors."""
    s, c = np.sin([rx, ry, rz]), np.cos([rx, ry, rz])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, c[0], -s[0]], [0.0, s[0], c[0]]])
    about_y = np.array([[c[1], 0.0, s[1]], [0.0, 1.0, 0.0], [-s[1], 0.0, c[1]]])
    about_z = np.array([[c[2], -s[2], 0.0], [s[2], c[2], 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(about_x @ about_y @ about_z)


def matrix_to_euler(rotation: Float64Array) -> Float64Array:
    """Return rx, ry, rz read off the matrix's entries; -pi/2 < ry < pi/2."""
    return np.array(
        [
            np.arctan2(-rotation[1, 2], rotation[2, 2]),
            np.arcsin(np.clip(rotation[0, 2], -1.0, 1.0)),
            np.arctan2(-rotation[0, 1], rotation[0, 0]),
        ]
    )


def skew(w: Float64Array) -> Float64Array:
    """Return the matrix of the cross product with `w`."""
    return np.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])


def axis_angle_to_matrix(w: Float64Array) -> Float64Array:
    """Return the matrix exponential of ``skew(w)``, by its power series in float64."""
    squarings = 20
    small = skew(w) / 2.0**squarings
    result = np.eye(3) + small + small @ small / 2.0 + small @ small @ small / 6.0
    for _ in range(squarings):
        result = result @ result
    return np.asarray(result)
