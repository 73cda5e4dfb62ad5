"""The direction in which each eye looks, from its iris and the place of its eyeball.

The centre of the eyeball lies behind the middle of the two corners of the eye, by an offset that
turns with the head. The line from the camera to the iris meets the eyeball where the pupil is;
gaze goes from the centre through that point.

References
----------
``EstimateGaze``, ``GetPupilPosition`` and ``GetGazeAngle`` of OpenFace 2.2
(``GazeEstimation.cpp``); E. Wood et al., "Rendering of Eyes for Eye-Shape Registration and Gaze
Estimation", ICCV 2015.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.eye_points import EYE_CORNERS, EYE_COUNT, IRIS
from openface_core.kernel import kernel
from openface_core.shape.rotations import rotation_matrix

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

EYEBALL_RADIUS_MM: Final = 12.0
EYEBALL_OFFSET_MM: Final = (0.0, -3.5, 7.0)
"""From the middle of an eye's corners to the eyeball's centre, in the head's own frame."""

_IRIS_POINTS: Final = IRIS.stop
_CORNERS: Final = np.array(EYE_CORNERS)


@kernel
def _centres(
    face_mm: Float32Array,
    rotation: Float64Array,
    corners: NDArray[np.int64],
    out: Float64Array,
) -> None:
    """Write the centre of each eyeball; see :func:`eyeball_centres_mm`."""
    for eye in range(corners.shape[0]):
        first, second = corners[eye, 0], corners[eye, 1]
        for a in range(3):
            # Halved first: the sum of two float32 would be rounded to single precision.
            out[eye, a] = 0.5 * face_mm[first, a] + 0.5 * face_mm[second, a]
            for b in range(3):
                out[eye, a] += rotation[a, b] * EYEBALL_OFFSET_MM[b]


@kernel
def _directions(eyes_mm: Float32Array, centres_mm: Float64Array, out: Float64Array) -> None:
    """Write the gaze of each eye; see :func:`gaze_about`."""
    iris = np.empty(3, dtype=np.float64)
    for eye in range(eyes_mm.shape[0]):
        centre = centres_mm[eye]
        for a in range(3):
            total = 0.0
            for i in range(_IRIS_POINTS):
                total += eyes_mm[eye, i, a]
            iris[a] = total / _IRIS_POINTS
        distance = math.sqrt(iris[0] ** 2 + iris[1] ** 2 + iris[2] ** 2)
        along = (iris[0] * centre[0] + iris[1] * centre[1] + iris[2] * centre[2]) / distance
        squared = centre[0] ** 2 + centre[1] ** 2 + centre[2] ** 2
        discriminant = along * along - squared + EYEBALL_RADIUS_MM**2
        if discriminant < 0.0:
            # The line misses the eyeball: OpenFace puts the pupil right behind the camera.
            for a in range(3):
                out[eye, a] = -centre[a]
            out[eye, 2] -= 1.0
        else:
            place = (along - math.sqrt(discriminant)) / distance
            for a in range(3):
                out[eye, a] = place * iris[a] - centre[a]
        length = math.sqrt(out[eye, 0] ** 2 + out[eye, 1] ** 2 + out[eye, 2] ** 2)
        for a in range(3):
            out[eye, a] /= length


def eyeball_centres_mm(
    face_mm: Float32Array, head_rotation_radians: NDArray[np.floating]
) -> Float64Array:
    """Return where the centres of the eyeballs are, by the corners of the eyes.

    Parameters
    ----------
    face_mm : (68, 3) ndarray of float32
        Landmarks of the face in camera coordinates, millimetres.
    head_rotation_radians : (3,) ndarray
        Euler angles of the head, ``R = Rx Ry Rz``, in camera coordinates.

    Returns
    -------
    (2, 3) ndarray of float64
        Camera coordinates.
    """
    rotation = rotation_matrix(head_rotation_radians)
    out = np.empty((EYE_COUNT, 3))
    _centres(np.ascontiguousarray(face_mm, dtype=np.float32), rotation, _CORNERS, out)
    return out


def gaze_about(eyes_mm: Float32Array, centres_mm: Float64Array) -> Float64Array:
    """Return the direction of each eye's gaze about the centre of its eyeball.

    Parameters
    ----------
    eyes_mm : (2, 28, 3) ndarray of float32
        Points of both eyes in camera coordinates, millimetres. Of the iris the direction counts in
        which the camera sees it, and not how far away it is.
    centres_mm : (2, 3) ndarray of float64
        Centres of the eyeballs in camera coordinates.

    Returns
    -------
    (2, 3) ndarray of float64
        Unit vectors in camera coordinates: x right, y down, z away from the camera. NaN where an
        iris lies in the camera itself.
    """
    out = np.empty((EYE_COUNT, 3))
    _directions(np.ascontiguousarray(eyes_mm, dtype=np.float32), centres_mm, out)
    return out


def gaze_directions(
    eyes_mm: Float32Array, face_mm: Float32Array, head_rotation_radians: NDArray[np.floating]
) -> Float64Array:
    """Return the direction of each eye's gaze, with eyeballs by the corners of the eyes.

    Parameters
    ----------
    eyes_mm
        See :func:`gaze_about`.
    face_mm, head_rotation_radians
        See :func:`eyeball_centres_mm`.

    Returns
    -------
    (2, 3) ndarray of float64
        As :func:`gaze_about`.
    """
    return gaze_about(eyes_mm, eyeball_centres_mm(face_mm, head_rotation_radians))


def gaze_angles(directions: NDArray[np.floating]) -> Float32Array:
    """Return the angles of the gaze of both eyes together.

    Parameters
    ----------
    directions : (..., 2, 3) ndarray
        Directions of gaze of the two eyes.

    Returns
    -------
    (..., 2) ndarray of float32
        Angles of their mean, radians: left to right, negative to the left in the picture, and up
        to down, negative upwards; both 0 for a gaze straight along the camera's axis.
    """
    x, y, z = np.moveaxis(np.asarray(directions, dtype=np.float64).mean(axis=-2), -1, 0)
    return np.stack([np.arctan2(x, -z), np.arctan2(y, -z)], axis=-1).astype(np.float32)
