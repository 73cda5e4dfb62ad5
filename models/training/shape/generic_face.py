"""A crude face of our own from which the poses of the first photographs are guessed.

Its points lie where any textbook on drawing puts them: eyes half way up the head, their centres
63 mm apart, the nose a ridge on an ellipsoid, the jaw receding towards the ears.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.conventions import MIRRORED_ORDER

Float64Array = NDArray[np.float64]

PUPIL_DISTANCE_MM = 63.0
"""Mean distance of adults' pupils: it sets the scale of the shape model."""


def ring(
    angles_degrees: Sequence[float] | Float64Array, width_mm: float, height_mm: float
) -> Float64Array:
    """Return points x, y of an ellipse about 0, angles from the right side downwards."""
    angles = np.radians(angles_degrees)
    return np.stack([width_mm / 2 * np.cos(angles), height_mm / 2 * np.sin(angles)], axis=1)


def generic_face_mm() -> Float64Array:
    """Return the face.

    Returns
    -------
    (68, 3) ndarray of float64
        iBUG points, millimetres: x right in the picture, y down, z away from the camera; mirrored
        points are exactly that.
    """
    points = np.zeros((68, 3))
    turn = np.linspace(-np.pi / 2, np.pi / 2, 17)
    points[:17, 0], points[:17, 1] = 70.0 * np.sin(turn), -30.0 + 105.0 * np.cos(turn) ** 0.8
    points[:17, 2] = 45.0 * np.sin(turn) ** 2
    brow = np.linspace(-60.0, -12.0, 5)
    points[17:22, 0] = brow
    points[17:22, 1] = -57.0 - 7.0 * np.sin(np.linspace(0.2, np.pi - 0.5, 5))
    points[17:22, 2] = -12.0 + 25.0 * (brow / 60.0) ** 2
    points[27:31, 1], points[27:31, 2] = (-40.0, -28.0, -17.0, -6.0), (-13.0, -20.0, -28.0, -36.0)
    points[31:36, 0] = (-14.0, -7.0, 0.0, 7.0, 14.0)
    points[31:36, 1] = (6.0, 8.0, 9.0, 8.0, 6.0)
    points[31:36, 2] = (-18.0, -22.0, -25.0, -22.0, -18.0)
    eye = ring([180, 240, 300, 0, 60, 120], 30.0, 11.0)
    points[36:42, :2] = eye + np.array([-PUPIL_DISTANCE_MM / 2, -37.0])
    points[36:42, 2] = 2.0 - 6.0 * eye[:, 0] / 30.0
    outer = ring([180, 220, 250, 270, 290, 320, 0, 45, 70, 90, 110, 135], 52.0, 24.0)
    inner = ring([180, 240, 270, 300, 0, 60, 90, 120], 44.0, 8.0)
    mouth = np.concatenate([outer, inner])
    points[48:, :2] = mouth + np.array([0.0, 30.0])
    points[48:, 2] = -18.0 + 16.0 * (mouth[:, 0] / 26.0) ** 2
    points[22:27] = points[17:22][::-1] * (-1.0, 1.0, 1.0)
    points[42:48] = (points * (-1.0, 1.0, 1.0))[MIRRORED_ORDER[42:48]]
    return np.asarray(points - points.mean(axis=0))
