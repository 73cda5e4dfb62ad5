"""The two sides of a face: whether they are measured, when they can be compared, and their eyes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_TURN_DEGREES = 10.0
"""Sides are compared up to this turn of the head to either side, as the camera sees it."""

MEASURES = 3
"""Numbers of a frame that :func:`side_measures` gives."""

_YAW = 2
"""Place of the turn among the global parameters of the fitted shape."""

# Corners of each eye, and points of its upper and lower lid that face each other; the eye at the
# left in the picture first.
_CORNERS = np.array([[36, 39], [42, 45]])
_UPPER = np.array([[37, 38], [43, 44]])
_LOWER = np.array([[41, 40], [47, 46]])


@dataclass(frozen=True)
class SidesSettings:
    """Whether the left and the right side of faces are measured.

    Parameters
    ----------
    measure : bool
        Whether they are.
    mirrored : bool
        Whether videos are mirrored, as phones show their front camera: the person's left is then
        at the left in the picture.
    """

    measure: bool = False
    mirrored: bool = False


def are_comparable(
    global_parameters: NDArray[np.float32], success: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return in which frames a difference between both sides means something.

    Parameters
    ----------
    global_parameters : (n, 6) ndarray of float32
        Of the fitted shape: the third is its turn in radians, as the camera sees it.
    success : (n,) ndarray of bool
        Frames with a measured face.

    Returns
    -------
    (n,) ndarray of bool
        Where the head is not turned too far; false without a face.
    """
    turn = np.abs(np.where(success, global_parameters[:, _YAW], np.float32(np.inf)))
    return np.asarray(turn <= math.radians(MAX_TURN_DEGREES))


def eye_openings(landmarks: NDArray[np.float32], *, is_mirrored: bool) -> NDArray[np.float32]:
    """Return how far the person's left and right eye are open.

    Parameters
    ----------
    landmarks : (n, 68, 2) ndarray of float32
        Landmarks, pixels; best those that were seen, see :attr:`Face.seen_landmarks`: in a fitted
        shape, an eye that shuts shuts the other one as well.
    is_mirrored : bool
        Whether the person's left eye is at the left in the picture.

    Returns
    -------
    (n, 2) ndarray of float32
        Mean distance of the lids over the distance of the corners, which turns of the head leave
        more alike than the distance of the eyes. About 0.3 in an open eye.

    References
    ----------
    The eye aspect ratio: T. Soukupova, J. Cech, "Real-Time Eye Blink Detection using Facial
    Landmarks", Computer Vision Winter Workshop 2016.
    """
    points = landmarks.astype(np.float64)
    lids = points[:, _UPPER] - points[:, _LOWER]
    corners = points[:, _CORNERS[:, 1]] - points[:, _CORNERS[:, 0]]
    width = np.maximum(np.hypot(corners[..., 0], corners[..., 1]), np.finfo(np.float64).tiny)
    opening = np.hypot(lids[..., 0], lids[..., 1]).mean(axis=2) / width
    in_order = opening if is_mirrored else opening[:, ::-1]
    return np.ascontiguousarray(in_order, dtype=np.float32)


def side_measures(fields: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Return what the summary of both sides needs of the frames, beside action units.

    Parameters
    ----------
    fields : mapping of str to ndarray
        Stored fields of n frames.

    Returns
    -------
    (n, 3) ndarray of float32
        Whether both sides can be compared, 1 or 0; openings of the person's left and right eye,
        NaN without a face.
    """
    comparable = are_comparable(fields["global_parameters"], fields["success"])
    valid = comparable[:, None].astype(np.float32)
    return np.concatenate([valid, fields["eye_openings"]], axis=1)
