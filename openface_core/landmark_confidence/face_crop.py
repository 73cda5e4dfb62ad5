"""The picture that a network judges landmarks by: the face they describe, and where they lie in it.

Landmarks are brought to a standard place by the similarity that fits them best to a mean face, and
the picture along with them. Right landmarks make every face look alike there; wrong ones do not.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.landmark_confidence.piecewise_affine import Grey

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

CROP_PX: Final = 48
CHANNELS: Final = 2
"""The grey picture, normalised; and a spot for each landmark."""

_FACE_SHARE = 0.72
"""Of the crop's side that the mean face takes."""
_DOWN_PX = 2.0
"""The middle of the landmarks lies so far below that of the crop: there is a forehead above."""

_LEAST_DEVIATION = 4.0
"""Grey values; keeps the noise of an even surface from looking like a face."""
_SPOT_PX = 0.8
_SPOT_REACH = 2
_MOST_SAMPLES = 6
"""Samples of a pixel along each axis, where the face is larger than the crop."""


def standard_face(mean_mm: NDArray[np.floating]) -> Float32Array:
    """Return where the points of a mean face lie in the crop.

    Parameters
    ----------
    mean_mm : (3 * n,) ndarray
        Mean of a shape model: x, then y, then z.

    Returns
    -------
    (n, 2) ndarray of float32
        Pixels of the crop.
    """
    points = np.asarray(mean_mm, dtype=np.float64).reshape(3, -1)[:2].T
    points = points - points.mean(axis=0)
    size = np.ptp(points, axis=0).max()
    middle = (CROP_PX - 1) / 2.0
    placed = points / size * (CROP_PX * _FACE_SHARE) + (middle, middle + _DOWN_PX)
    return np.asarray(placed, dtype=np.float32)


@kernel
def _between(
    grey: Grey, left: int, top: int, right: int, bottom: int, across: float, down: float
) -> float:
    """Return the grey value between four pixels, bilinearly."""
    above = (1.0 - across) * grey[top, left] + across * grey[top, right]
    below = (1.0 - across) * grey[bottom, left] + across * grey[bottom, right]
    value: float = (1.0 - down) * above + down * below
    return value


@kernel
def _grey_at(grey: Grey, x: float, y: float) -> float:
    """Return the grey value at a place, bilinearly; beyond the picture its edge goes on."""
    height, width = grey.shape
    x = min(max(x, 0.0), width - 1.0)
    y = min(max(y, 0.0), height - 1.0)
    left, top = int(x), int(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    return _between(grey, left, top, right, bottom, x - left, y - top)


class _Place(NamedTuple):
    """How the crop lies in the frame.

    A place (u, v) of the crop, about its middle, is at ``across * u + down * v`` and
    ``across * v - down * u`` about the frame's.

    Parameters
    ----------
    across, down : float
        Pixels of the frame per pixel of the crop.
    x, y, u, v : float
        The middle, in the frame and in the crop.
    """

    across: float
    down: float
    x: float
    y: float
    u: float
    v: float


@kernel
def _is_inside(grey: Grey, place: _Place, side: int) -> bool:
    """Return whether the whole crop lies so far in the frame that nothing beyond it is sampled."""
    height, width = grey.shape
    for corner in range(4):
        u = (side if corner & 1 else -1) - place.u
        v = (side if corner >> 1 else -1) - place.v
        x = place.across * u + place.down * v + place.x
        y = place.across * v - place.down * u + place.y
        if not (0.0 <= x < width - 1.0 and 0.0 <= y < height - 1.0):
            return False
    return True


@kernel
def _write_samples(
    grey: Grey, place: _Place, samples: int, is_inside: bool, out: Float32Array
) -> None:
    """Write the mean of so many times so many samples of each pixel of the crop."""
    across, down, x_middle, y_middle, u_middle, v_middle = place
    side = out.shape[0]
    totals, within = np.empty(side), np.empty(samples)
    for k in range(samples):
        within[k] = (k + 0.5) / samples - 0.5
    for i in range(side):
        totals[:] = 0.0
        for k in range(samples):
            v = i - v_middle + within[k]
            row_x, row_y = down * v + x_middle, across * v + y_middle
            for j in range(side):
                for m in range(samples):
                    u = j - u_middle + within[m]
                    x, y = row_x + across * u, row_y - down * u
                    if is_inside:
                        left, top = int(x), int(y)
                        totals[j] += _between(grey, left, top, left + 1, top + 1, x - left, y - top)
                    else:
                        totals[j] += _grey_at(grey, x, y)
        for j in range(side):
            out[i, j] = totals[j] / (samples * samples)


@kernel
def _normalise(plane: Float32Array) -> None:
    """Bring the values of a picture to mean 0 and deviation 1, or below where it is even."""
    total = 0.0
    count = plane.shape[0] * plane.shape[1]
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            total += plane[i, j]
    mean = total / count
    squares = 0.0
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            squares += (plane[i, j] - mean) ** 2
    scale = 1.0 / (np.sqrt(squares / count) + _LEAST_DEVIATION)
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            plane[i, j] = (plane[i, j] - mean) * scale


@kernel
def _add_spot(plane: Float32Array, x: float, y: float) -> None:
    side = plane.shape[0]
    if not (-_SPOT_REACH < x < side + _SPOT_REACH and -_SPOT_REACH < y < side + _SPOT_REACH):
        return
    middle_x, middle_y = int(np.rint(x)), int(np.rint(y))
    for i in range(max(0, middle_y - _SPOT_REACH), min(side, middle_y + _SPOT_REACH + 1)):
        for j in range(max(0, middle_x - _SPOT_REACH), min(side, middle_x + _SPOT_REACH + 1)):
            distance = ((j - x) ** 2 + (i - y) ** 2) / (_SPOT_PX * _SPOT_PX)
            plane[i, j] += np.exp(-0.5 * distance)


class _Likeness(NamedTuple):
    """The similarity that brings landmarks to the standard face: ``a`` and ``b`` turn and scale.

    Parameters
    ----------
    is_any : bool
        False where there is none.
    a, b : float
        Crop = (a x - b y, b x + a y) about both means.
    x, y, u, v : float
        Means of the landmarks, and of the standard face.
    """

    is_any: bool
    a: float
    b: float
    x: float
    y: float
    u: float
    v: float


@kernel
def _likeness(landmarks: Float32Array, standard: Float32Array) -> _Likeness:
    n = landmarks.shape[0]
    x_mean = y_mean = u_mean = v_mean = 0.0
    for i in range(n):
        x_mean += landmarks[i, 0] / n
        y_mean += landmarks[i, 1] / n
        u_mean += standard[i, 0] / n
        v_mean += standard[i, 1] / n
    spread = along = across = 0.0
    for i in range(n):
        x, y = landmarks[i, 0] - x_mean, landmarks[i, 1] - y_mean
        u, v = standard[i, 0] - u_mean, standard[i, 1] - v_mean
        spread += x * x + y * y
        along += x * u + y * v
        across += x * v - y * u
    if not (np.isfinite(spread) and spread > 1.0):
        return _Likeness(False, 0.0, 0.0, x_mean, y_mean, u_mean, v_mean)
    a, b = along / spread, across / spread
    return _Likeness(a * a + b * b > 1e-8, a, b, x_mean, y_mean, u_mean, v_mean)


@kernel
def _place_of(likeness: _Likeness) -> _Place:
    squared = likeness.a * likeness.a + likeness.b * likeness.b
    return _Place(
        likeness.a / squared,
        likeness.b / squared,
        likeness.x,
        likeness.y,
        likeness.u,
        likeness.v,
    )


@kernel
def _write_reach(landmarks: Float32Array, standard: Float32Array, out: Float64Array) -> None:
    likeness = _likeness(landmarks, standard)
    out[:] = np.nan
    if not likeness.is_any:
        return
    place = _place_of(likeness)
    out[:2], out[2:] = np.inf, -np.inf
    for corner in range(4):
        u = (CROP_PX if corner & 1 else -1) - place.u
        v = (CROP_PX if corner >> 1 else -1) - place.v
        x = place.across * u + place.down * v + place.x
        y = place.across * v - place.down * u + place.y
        out[0], out[1] = min(out[0], x), min(out[1], y)
        out[2], out[3] = max(out[2], x), max(out[3], y)


def box_of_crop(
    landmarks: Float32Array, standard: Float32Array, shape: tuple[int, ...]
) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of what :func:`cut_face` looks at, NaN where at nothing.

    Parameters
    ----------
    landmarks, standard
        See :func:`cut_face`.
    shape : tuple of int
        That of the frame, whose edge is looked at by crops beyond it.
    """
    out = np.empty(4)
    _write_reach(landmarks, standard, out)
    left, top, right, bottom = out.tolist()
    height, width = shape[:2]
    return (
        min(left - 1.0, width - 1.0),
        min(top - 1.0, height - 1.0),
        max(right + 2.0, 1.0),
        max(bottom + 2.0, 1.0),
    )


@kernel
def cut_face(
    grey: Grey,
    landmarks: Float32Array,
    standard: Float32Array,
    out: Float32Array,
) -> bool:
    """Cut the picture that landmarks are judged by.

    Parameters
    ----------
    grey : (H, W) ndarray of uint8 or float32
        The grey frame, values 0 to 255; not empty.
    landmarks : (n, 2) ndarray of float32
        Landmarks, pixels.
    standard : (n, 2) ndarray of float32
        See :func:`standard_face`.
    out : (2, 48, 48) ndarray of float32
        Receives the picture; see :data:`CHANNELS`.

    Returns
    -------
    bool
        False for landmarks that no picture can be cut by: all in one place, not finite, or without
        any likeness to a face.
    """
    likeness = _likeness(landmarks, standard)
    if not likeness.is_any:
        return False
    _, a, b, x_mean, y_mean, u_mean, v_mean = likeness
    samples = min(max(int(np.rint(0.5 / np.sqrt(a * a + b * b))), 1), _MOST_SAMPLES)
    place = _place_of(likeness)
    _write_samples(grey, place, samples, _is_inside(grey, place, out.shape[1]), out[0])
    out[1, :, :] = 0.0
    _normalise(out[0])
    for i in range(landmarks.shape[0]):
        x, y = landmarks[i, 0] - x_mean, landmarks[i, 1] - y_mean
        _add_spot(out[1], a * x - b * y + u_mean, b * x + a * y + v_mean)
    return True
