"""The two sides of a face: whether they are measured, when they can be compared, and their eyes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import small_kernel
from openface_core.landmarks.conventions import LEFT_HALF, MIRRORED_ORDER
from openface_core.shape.rolled import turns_aside_radians

MAX_TURN_DEGREES = 10.0
"""Sides are compared up to this turn of the head to either side, as the camera sees it; of a head
that lies on its side, as a camera that lies there, too, would."""

LEAST_LOG_DENSITY = 0.0
"""Sides are compared where the patch experts of each see it as well as this, in the mean over its
landmarks. It is 0.3 to 0.9 in clear faces that nothing covers, and below 0 in nearly all halves
behind a hand; but it is that in a quarter of faces in photographs of all kinds, too."""

MEASURES = 3
"""Numbers of a frame that :func:`side_measures` gives."""

_ROTATION = slice(1, 4)
"""Places of the Euler angles among the global parameters of the fitted shape."""

_HALVES = np.stack([LEFT_HALF, MIRRORED_ORDER[LEFT_HALF]])
"""Landmarks of the half at the left in the picture, and those of the other one, (2, 29)."""

_LEAST_WIDTH_PX = 1e-12

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
    global_parameters: NDArray[np.float32],
    success: NDArray[np.bool_],
    side_log_densities: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Return in which frames a difference between both sides means something.

    Parameters
    ----------
    global_parameters : (n, 6) ndarray of float32
        Of the fitted shape: the second to the fourth are its Euler angles in radians, as the camera
        sees it.
    success : (n,) ndarray of bool
        Frames with a measured face.
    side_log_densities : (n, 2) ndarray of float32
        See :func:`side_log_densities`; NaN where no patch experts take part, which then have no
        say.

    Returns
    -------
    (n,) ndarray of bool
        Where the head is not turned too far, and neither half is covered; false without a face.
    """
    aside = turns_aside_radians(global_parameters[:, _ROTATION])
    turn = np.abs(np.where(success, aside, np.float32(np.inf)))
    is_covered = (side_log_densities < LEAST_LOG_DENSITY).any(axis=1)
    return np.asarray((turn <= math.radians(MAX_TURN_DEGREES)) & ~is_covered)


def side_log_densities(
    log_densities: NDArray[np.float64] | None, *, is_mirrored: bool
) -> NDArray[np.float32]:
    """Return how well the patch experts see the person's left and right half.

    Parameters
    ----------
    log_densities : (68,) ndarray of float64 or None
        See :attr:`Face.log_densities`.
    is_mirrored : bool
        Whether the person's left half is at the left in the picture.

    Returns
    -------
    (2,) ndarray of float32
        Mean over the landmarks that show, those of the midline left out; NaN where there are none.
    """
    found = np.full(2, np.nan, dtype=np.float32)
    if log_densities is not None:
        _write_means(log_densities, is_mirrored, found)
    return found


@small_kernel
def _distance(points: NDArray[np.float32], one: int, other: int) -> float:
    across = np.float64(points[one, 0]) - np.float64(points[other, 0])
    down = np.float64(points[one, 1]) - np.float64(points[other, 1])
    return math.hypot(across, down)


@small_kernel
def _write_openings(
    landmarks: NDArray[np.float32], is_mirrored: bool, out: NDArray[np.float32]
) -> None:
    """Write :func:`eye_openings`."""
    for frame in range(landmarks.shape[0]):
        points = landmarks[frame]
        for eye in range(2):
            lids = 0.0
            for k in range(2):
                lids += _distance(points, _UPPER[eye, k], _LOWER[eye, k]) / 2.0
            width = _distance(points, _CORNERS[eye, 0], _CORNERS[eye, 1])
            side = eye if is_mirrored else 1 - eye
            out[frame, side] = lids / max(width, _LEAST_WIDTH_PX)


@small_kernel
def _write_means(
    log_densities: NDArray[np.float64], is_mirrored: bool, out: NDArray[np.float32]
) -> None:
    """Write :func:`side_log_densities`."""
    for half in range(2):
        total, count = 0.0, 0
        for k in range(_HALVES.shape[1]):
            value = np.float64(log_densities[_HALVES[half, k]])
            if np.isfinite(value):
                total += value
                count += 1
        side = half if is_mirrored else 1 - half
        out[side] = total / count if count > 0 else np.nan


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
    out = np.empty((len(landmarks), 2), dtype=np.float32)
    _write_openings(np.ascontiguousarray(landmarks, dtype=np.float32), is_mirrored, out)
    return out


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
    comparable = are_comparable(
        fields["global_parameters"], fields["success"], fields["side_log_densities"]
    )
    valid = comparable[:, None].astype(np.float32)
    return np.concatenate([valid, fields["eye_openings"]], axis=1)
