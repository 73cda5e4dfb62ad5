"""A detected face is looked at upside down, too: networks read many an upturned face as upright.

They have learned from upright faces, and see eyes, nose and mouth where hair, nose and chin are.
Patch experts find the right reading far more likely than the wrong one.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.face_tracking.overlap import SAME_FACE_OVERLAP, overlap
from openface_core.faces import Face
from openface_core.landmarks import LandmarkNetwork, LandmarkResult
from openface_core.landmarks.conventions import five_points_of
from openface_core.partial_pictures import AnyPicture, contiguous
from openface_core.shape.rolled import roll_onto

_MOST_ROLL_IN_FRAME: Final = math.radians(60.0)
"""No head rolls by so much from one frame to the next."""

_UPTURNED: Final = math.radians(120.0)
"""Of two readings of a face that are farther apart than this, one is upside down."""

_LEAST_GAIN: Final = 0.1
_LEAST_LEAD: Final = 0.2
"""In log likelihood, for the other reading to be taken, and for the first one to be kept."""


def seen_upturned(
    network: LandmarkNetwork, image_bgr: AnyPicture, landmarks: NDArray[np.float32]
) -> LandmarkResult | None:
    """Return what a network sees of a face where its crop is turned upside down.

    Parameters
    ----------
    network : LandmarkNetwork
        The network.
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The upright frame.
    landmarks : (68, 2) ndarray of float32
        What it sees otherwise, finite, pixels.

    Returns
    -------
    LandmarkResult or None
        None where it sees no face so, or the same again.
    """
    square = network.square_about(landmarks)
    turned = replace(square, cos=-square.cos, sin=-square.sin)
    seen = network.look(contiguous(image_bgr), turned)
    again = None if seen is None else network.follow(image_bgr, seen.landmarks)
    if again is None or not abs(roll_onto(landmarks, again.landmarks)) > _MOST_ROLL_IN_FRAME:
        return None
    return again


def likelier(face: Face, other: Face | None) -> Face | None:
    """Return one of two readings of a face, None where neither is much likelier.

    Another reading counts if it is trusted. Log likelihoods of the patch experts decide where both
    have them, else confidences.
    """
    if other is None or not other.is_found:
        return face
    gain = other.log_likelihood - face.log_likelihood
    if math.isnan(gain):
        return other if (other.confidence or 0.0) > (face.confidence or 0.0) else face
    if gain > _LEAST_GAIN:
        return other
    return None if gain > -_LEAST_LEAD else face


def rolled_over(face: Face | None, last: Face | None) -> bool:
    """Return whether a face is rolled otherwise than it can be after the frame before.

    Parameters
    ----------
    face : Face or None
        The face; none, or one without landmarks, is not.
    last : Face or None
        What was followed in the frame before; it counts where it was trusted and is in the place.
    """
    if last is None or not last.is_found:
        return False
    return abs(_roll_between(last, face)) > _MOST_ROLL_IN_FRAME


def is_as_before(face: Face, trusted: Face | None) -> bool:
    """Return whether a face is where a trusted one was, and rolled alike."""
    return trusted is not None and abs(_roll_between(trusted, face)) <= _MOST_ROLL_IN_FRAME


def _roll_between(before: Face, after: Face | None) -> float:
    """Return the roll from one face to another in its place; NaN where there are not both."""
    if after is None or after.landmarks is None or before.landmarks is None:
        return math.nan
    if overlap(box_of(before.landmarks), box_of(after.landmarks)) < SAME_FACE_OVERLAP:
        return math.nan
    return roll_onto(before.landmarks, after.landmarks)


def is_upturned(landmarks: NDArray[np.float32], five_points: NDArray[np.float32]) -> bool:
    """Return whether landmarks (68, 2) are upside down to a detector's five points (5, 2)."""
    return abs(roll_onto(five_points_of(landmarks), five_points)) > _UPTURNED
