"""The two sides of the face in the photograph, which is not mirrored: her left is at the right."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

BOTH, LEFT, RIGHT = "both", "left", "right"

SIDES = (BOTH, LEFT, RIGHT)
"""Where an action happens; left and right are the person's."""


def movement(action: str, side: str) -> str:
    """Return the name of an action on a side: that of the action itself on both."""
    return action if side == BOTH else f"{action}_{side}"


# The middle of the face, from the root of the nose to the chin.
_ROOT_OF_NOSE, _CHIN = (225.4, 102.4), (221.0, 178.8)
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
    (x, y), (chin_x, chin_y) = _ROOT_OF_NOSE, _CHIN
    middle = x + (points[:, 1] - y) * (chin_x - x) / (chin_y - y)
    right_of_it = (points[:, 0] - middle) / _FADING_PX
    in_picture = right_of_it if side == LEFT else -right_of_it
    return np.asarray(0.5 + 0.5 * np.sin(np.pi / 2 * np.clip(in_picture, -1.0, 1.0)))
