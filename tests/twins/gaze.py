"""Gaze by the book: where a line meets a sphere, by Pythagoras."""

import numpy as np
from numpy.typing import NDArray

from tests.twins.rotations import euler_to_matrix


def gaze_direction(
    eye_mm: NDArray[np.floating],
    inner_and_outer_corner_mm: NDArray[np.floating],
    head_rotation: tuple[float, float, float],
) -> NDArray[np.float64]:
    """Return the unit vector of one eye's gaze.

    Parameters
    ----------
    eye_mm : (28, 3) ndarray
        Points of the eye in camera coordinates; the first eight outline the iris.
    inner_and_outer_corner_mm : (2, 3) ndarray
        The corners of the eye in camera coordinates.
    head_rotation : tuple of float
        Euler angles of the head, radians.
    """
    offset = euler_to_matrix(*head_rotation) @ np.array([0.0, -3.5, 7.0])
    centre = inner_and_outer_corner_mm.astype(np.float64).mean(axis=0) + offset
    iris = eye_mm[:8].astype(np.float64).mean(axis=0)
    ray = iris / np.linalg.norm(iris)
    nearest = (centre @ ray) * ray
    squared = 12.0**2 - np.sum((centre - nearest) ** 2)
    pupil = np.array([0.0, 0.0, -1.0]) if squared < 0 else nearest - np.sqrt(squared) * ray
    gaze = pupil - centre
    return gaze / np.linalg.norm(gaze)
