"""Landmarks that are wrong in a known way, made of right ones."""

import numpy as np
from numpy.typing import NDArray

from models.evaluation.annotated_faces import OUTER_EYE_CORNERS

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

MOST_ERROR = 0.1
"""Landmarks are right up to this mean distance, in units of :func:`face_unit`."""

_SHIFT = 0.02, 0.5
"""Least and greatest displacement, in the same units."""
_SCALE_LOG = 0.05, 0.7
_TURN_RADIANS = 0.05, 0.8
_COLLAPSED = 0.1, 0.6
_KINDS = 5


def face_unit(points: NDArray[np.floating]) -> float:
    """Return what errors of a face's landmarks (68, 2) are compared with, pixels.

    It is the distance of the outer eye corners; in a face turned aside, where these come close to
    each other, half the height of the landmarks' box.
    """
    left, right = (points[corner] for corner in OUTER_EYE_CORNERS)
    apart = float(np.linalg.norm(left - right))
    return max(apart, float(np.ptp(points, axis=0).max()) / 2.0)


def landmark_error(points: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    """Return the mean distance of landmarks (68, 2), in units of :func:`face_unit`."""
    return float(np.linalg.norm(points - right, axis=1).mean() / face_unit(right))


def displaced(
    right: NDArray[np.floating], other: NDArray[np.floating], chance: np.random.Generator
) -> Float64Array:
    """Return a face's landmarks moved, scaled, turned, collapsed, or of another face's shape.

    Parameters
    ----------
    right : (68, 2) ndarray
        The face's landmarks.
    other : (68, 2) ndarray
        Those of another face.
    chance : Generator
        Decides how, and how far.
    """
    kind = chance.integers(_KINDS)
    centre, unit = right.mean(axis=0), face_unit(right)
    about = right - centre
    sign = chance.choice([-1.0, 1.0])
    if kind == 0:
        return np.asarray(right + chance.normal(size=2) * unit * chance.uniform(*_SHIFT))
    if kind == 1:
        return np.asarray(about * np.exp(sign * chance.uniform(*_SCALE_LOG)) + centre)
    if kind == 2:
        angle = sign * chance.uniform(*_TURN_RADIANS)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray(about @ turn.T + centre)
    if kind == 3:
        shape = other - other.mean(axis=0)
        return np.asarray(shape * (unit / face_unit(other)) + centre)
    noise = chance.normal(size=right.shape) * unit * _SHIFT[0]
    return np.asarray(about * chance.uniform(*_COLLAPSED) + centre + noise)


def scattered(right: NDArray[np.floating], chance: np.random.Generator) -> Float64Array:
    """Return a face's landmarks, each moved by itself, and all a little."""
    unit = face_unit(right)
    all_by = chance.normal(size=2) * unit * 0.05
    each_by = chance.normal(size=right.shape) * unit * chance.uniform(0.0, 0.12)
    return np.asarray(right + all_by + each_by)
