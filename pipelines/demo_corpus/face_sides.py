"""The two sides of the face in the photograph, which is not mirrored: her left is at the right."""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.conventions import MIRRORED_ORDER

Points = NDArray[np.float64]

BOTH, LEFT, RIGHT = "both", "left", "right"

SIDES = (BOTH, LEFT, RIGHT)
"""Where an action happens; left and right are the person's."""


def movement(action: str, side: str) -> str:
    """Return the name of an action on a side: that of the action itself on both."""
    return action if side == BOTH else f"{action}_{side}"


# The middle of the face, from the root of the nose to the chin.
ROOT_OF_NOSE, _CHIN = (225.4, 102.4), (221.0, 178.8)
UPRIGHT_RAD = -math.atan2(ROOT_OF_NOSE[0] - _CHIN[0], _CHIN[1] - ROOT_OF_NOSE[1])
"""Clockwise turn that sets the middle of the face upright."""

_FADING_PX = 8.0
"""So far to either side of the middle, a motion of one side fades out."""


def side_weight(points: Points, side: str) -> NDArray[np.float64]:
    """Return how much of a side's motion points of the photograph follow, 1 to 0.

    Parameters
    ----------
    points : (n, 2) ndarray of float64
        Pixels of the photograph.
    side : str
        One of `SIDES`.
    """
    if side == BOTH:
        return np.ones(len(points))
    (x, y), (chin_x, chin_y) = ROOT_OF_NOSE, _CHIN
    middle = x + (points[:, 1] - y) * (chin_x - x) / (chin_y - y)
    right_of_it = (points[:, 0] - middle) / _FADING_PX
    in_picture = right_of_it if side == LEFT else -right_of_it
    return np.asarray(0.5 + 0.5 * np.sin(np.pi / 2 * np.clip(in_picture, -1.0, 1.0)))


def made_of_one_half(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture (H, W, 3) made of its left half and the mirror image of that.

    Raises
    ------
    ValueError
        If its width is odd: the middle is between two columns.
    """
    if picture.shape[1] % 2:
        raise ValueError(f"expected a picture of even width, found {picture.shape[1]} px")
    half = picture[:, : picture.shape[1] // 2]
    return np.concatenate([half, half[:, ::-1]], axis=1)


def landmarks_of_one_half(points: Points, width_px: int) -> Points:
    """Return the landmarks (68, 2) in a picture that is made of its left half, of this width."""
    mirrored = points[MIRRORED_ORDER] * [-1.0, 1.0] + [width_px - 1.0, 0.0]
    is_left = points[:, 0] < points[MIRRORED_ORDER, 0]
    is_right = points[:, 0] > points[MIRRORED_ORDER, 0]
    result = np.where(is_right[:, None], mirrored, points)
    result[~(is_left | is_right), 0] = (width_px - 1.0) / 2.0
    return np.asarray(result)
