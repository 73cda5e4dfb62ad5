"""Faces that lie on a side or stand on their head.

CalcParams begins upright, and beyond some 107 degrees of roll it ends at a negative scale. So
points of a face that is rolled by much are turned by quarter turns, which are exact, and the fit to
them is turned back.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.finite import all_finite
from openface_core.kernel import small_kernel
from openface_core.shape.calc_params import ShapeFit, calc_params
from openface_core.shape.pdm import Float32Array, PointDistributionModel
from openface_core.shape.rotations import rotation_matrix

_MOST_ROLL: Final = math.radians(60.0)
"""Up to this, a face is taken for upright; CalcParams and patch experts do well."""

_COSINES: Final = (1, 0, -1, 0)
_SINES: Final = (0, 1, 0, -1)
"""Of so many quarter turns."""


@small_kernel
def _along_and_across(
    template: NDArray[np.float64], points: NDArray[np.float64]
) -> tuple[float, float]:
    """Return how far points (n, 2) lie along a template's, and across them, summed up."""
    count = points.shape[0]
    x = y = other_x = other_y = 0.0
    for i in range(count):
        x += points[i, 0] - points[0, 0]  # few digits hang on the place then
        y += points[i, 1] - points[0, 1]
        other_x += template[i, 0]
        other_y += template[i, 1]
    x, y, other_x, other_y = x / count, y / count, other_x / count, other_y / count
    along = across = 0.0
    for i in range(count):
        own_x, own_y = points[i, 0] - points[0, 0] - x, points[i, 1] - points[0, 1] - y
        to_x, to_y = template[i, 0] - other_x, template[i, 1] - other_y
        along += own_x * to_x + own_y * to_y
        across += own_y * to_x - own_x * to_y
    return along, across


def roll_onto(template: NDArray[np.floating], points: NDArray[np.floating]) -> float:
    """Return the roll of points against a template, both (n, 2), in radians.

    Positive from x towards y, from -pi to pi; NaN where points or template coincide or are not
    finite.
    """
    if template.shape != points.shape:  # compiled code would read on
        raise ValueError(f"points {points.shape} are not those of a template {template.shape}")
    along, across = _along_and_across(
        np.ascontiguousarray(template, dtype=np.float64),
        np.ascontiguousarray(points, dtype=np.float64),
    )
    length = math.hypot(along, across)
    return math.atan2(across, along) if 0.0 < length < math.inf else math.nan


def roll_of(pdm: PointDistributionModel, points: NDArray[np.floating]) -> float:
    """Return the roll of the points (n, 2) of a shape model, see :func:`roll_onto`."""
    return roll_onto(pdm.front_mm, points)


def quarter_turns(roll: float) -> int:
    """Return by how many quarter turns, 0 to 3, a face of some roll is away from upright.

    0 up to 60 degrees, and for NaN; the nearest number beyond.
    """
    if not abs(roll) > _MOST_ROLL:
        return 0
    return round(roll / (math.pi / 2.0)) % 4


def turned_points(points: NDArray[np.floating], turns: int) -> Float32Array:
    """Return points (..., 2), turned about the origin by quarter turns from x towards y."""
    cosine, sine = np.float32(_COSINES[turns % 4]), np.float32(_SINES[turns % 4])
    x, y = points[..., 0], points[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1, dtype=np.float32)


def turned_fit(fit: ShapeFit, turns: int) -> ShapeFit:
    """Return the fit to :func:`turned_points` of the points that a fit is for."""
    return ShapeFit(
        fit.scale_px_per_mm,
        _turned_angles(fit.rotation_radians, turns),
        turned_points(fit.translation_px, turns),
        fit.shape_parameters,
        fit.iterations,
    )


def _turned_angles(angles: Float32Array, turns: int) -> Float32Array:
    """Return the Euler angles of a turn about the line of sight after a rotation."""
    matrix = rotation_matrix(angles)
    cosine, sine = _COSINES[turns % 4], _SINES[turns % 4]
    top = cosine * matrix[0] - sine * matrix[1]
    middle = sine * matrix[0] + cosine * matrix[1]
    # Not by way of a quaternion, which has no value for half turns.
    return np.array(
        [
            math.atan2(-middle[2], matrix[2, 2]),
            math.asin(min(1.0, max(-1.0, float(top[2])))),
            math.atan2(-top[1], top[0]),
        ],
        dtype=np.float32,
    )


def fit_at_any_roll(
    pdm: PointDistributionModel, landmarks: Float32Array, start: ShapeFit | None = None
) -> ShapeFit:
    """Find pose and shape as :func:`calc_params`, however the face is rolled.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    landmarks : (n, 2) ndarray of float32
        Detected points, pixels. A point whose x is exactly 0 counts as missing.
    start : ShapeFit or None
        A fit to points nearby; beyond 60 degrees of roll it is of no use.

    Returns
    -------
    ShapeFit
        Up to 60 degrees of roll that of :func:`calc_params`.
    """
    is_seen = landmarks[:, 0] != 0.0
    if not all_finite(landmarks) or not is_seen.any():
        return calc_params(pdm, landmarks)
    turns = quarter_turns(roll_onto(pdm.front_mm[is_seen], landmarks[is_seen]))
    if turns == 0:
        return calc_params(pdm, landmarks, start)
    upright = turned_points(landmarks, -turns)
    whole = np.floor(upright[is_seen].min(axis=0)) - 1  # no x is 0 by the turn
    upright = upright - whole
    upright[~is_seen] = 0.0
    fit = calc_params(pdm, upright)
    if not fit.is_finite:
        return fit
    near = ShapeFit(
        fit.scale_px_per_mm,
        fit.rotation_radians,
        fit.translation_px + whole,
        fit.shape_parameters,
        fit.iterations,
    )
    return turned_fit(near, turns)


@small_kernel
def _write_turns_aside(rotations: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Write :func:`turns_aside_radians`."""
    for i in range(rotations.shape[0]):
        pitch, yaw = np.float64(rotations[i, 0]), np.float64(rotations[i, 1])
        roll = np.float64(rotations[i, 2])
        # The turn within the picture that is nearest to the rotation.
        along = (math.cos(yaw) + math.cos(pitch)) * math.cos(roll)
        along -= math.sin(pitch) * math.sin(yaw) * math.sin(roll)
        across = (math.cos(yaw) + math.cos(pitch)) * math.sin(roll)
        across += math.sin(pitch) * math.sin(yaw) * math.cos(roll)
        rolled = math.atan2(across, along)
        if _MOST_ROLL < abs(rolled) < 0.75 * math.pi:
            out[i] = math.copysign(1.0, -rolled) * math.asin(math.sin(pitch) * math.cos(yaw))
        elif abs(rolled) > _MOST_ROLL:
            out[i] = -rotations[i, 1]
        else:
            out[i] = rotations[i, 1]


def turns_aside_radians(rotations: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far heads are turned to a side, as seen in a picture turned by quarter turns.

    Parameters
    ----------
    rotations : (n, 3) ndarray of float32
        Euler angles of fitted shapes, ``R = Rx Ry Rz``, radians.

    Returns
    -------
    (n,) ndarray of float32
        The second angle, up to 60 degrees of roll; beyond, that of :func:`turned_fit` to a face
        near upright: one that lies on its side turns to a side where the first angle is large. NaN
        where the angles are.
    """
    out = np.empty(len(rotations), dtype=np.float32)
    _write_turns_aside(np.ascontiguousarray(rotations, dtype=np.float32), out)
    return out
