"""Closed eyes, which patch experts and shape model leave a little open.

Followed lids of a closed eye stay 5 to 9 % of the eye distance apart. Of the landmark networks,
``ghostone98`` sees closed eyes best: on annotated photographs (Helen's and AFW's testing parts,
1334 eyes) 40 of the 44 eyes that it draws narrower than 4 % are closed or nearly so (below 8 %).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.conventions import eye_distance_px

Float32Array = NDArray[np.float32]

NARROW = 0.09
"""Eyes narrower than this share of the eye distance are looked at by the network."""

CLOSED = 0.04
"""Eyes that it draws narrower than this are closed."""

_OPEN_FRAMES = 2
"""So many frames after the network saw nothing to close it is asked again, where lids stay."""

_STAY = 0.95
"""Lids whose opening keeps this share stay where they are."""

_UPPER = np.array([[37, 38], [43, 44]])
_LOWER = np.array([[41, 40], [47, 46]])


@dataclass(frozen=True, eq=False)
class LidsSeenOpen:
    """When the network saw that narrow eyes are not closed.

    Parameters
    ----------
    number : int
        Of the frame in the video, from 0.
    openings : (2,) ndarray of float64
        Of both eyes, by followed landmarks.
    """

    number: int
    openings: NDArray[np.float64]

    def holds(self, number: int, openings: NDArray[np.float64]) -> bool:
        """Return whether it need not be asked again in a frame, in which they are open so far."""
        stay = bool((openings >= _STAY * self.openings).all())
        return stay and number - self.number < _OPEN_FRAMES


def openings(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far both eyes are open, the left in the picture first.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of floating point
        Landmarks of a face.

    Returns
    -------
    (2,) ndarray of float64
        Distance of the middles of upper and lower lid over the distance of the eyes.
    """
    points = landmarks.astype(np.float64)
    gaps = points[_UPPER].mean(axis=1) - points[_LOWER].mean(axis=1)
    return np.asarray(np.hypot(*gaps.T) / eye_distance_px(points))


def with_closed_lids(landmarks: Float32Array, seen: Float32Array) -> NDArray[np.float64] | None:
    """Return landmarks whose eyes are closed where a network sees them closed.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32
        Followed landmarks, pixels.
    seen : (68, 2) ndarray of float32
        The network's.

    Returns
    -------
    (68, 2) ndarray of float64 or None
        The lids of closed eyes come together about their middle, as far as the network's. None
        where there is nothing to close.
    """
    own, other = openings(landmarks), openings(seen)
    is_closed = (own < NARROW) & (other < CLOSED) & (other < own)
    if not is_closed.any():
        return None
    closed = landmarks.astype(np.float64)
    for eye in np.flatnonzero(is_closed):
        share = 0.5 * (1.0 - other[eye] / own[eye])
        upper, lower = closed[_UPPER[eye]], closed[_LOWER[eye]]
        closed[_UPPER[eye]] = upper + share * (lower - upper)
        closed[_LOWER[eye]] = lower + share * (upper - lower)
    return closed
