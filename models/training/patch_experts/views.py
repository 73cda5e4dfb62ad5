"""The head orientations that experts are trained for, and what each shows the mirror image of.

OpenFace's patch experts know seven views. These have networks for the three that look ahead or to
one side; the other side's are the same in a mirror, and half profiles serve for whole ones, of
which the photographs hold too few.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class View:
    """A head orientation, together with its mirror image.

    Parameters
    ----------
    yaw_degrees : float
        Where the head is turned.
    teacher, teacher_mirrored : int
        The teacher's view, and that of the mirror image; one and the same straight ahead.
    landmarks : (l,) ndarray of int64
        Landmarks with a network of their own. Straight ahead that is the first of each mirror pair,
        and the middle line.
    mirrored : (n,) ndarray of int64
        What each of all n landmarks is in the mirror.
    """

    yaw_degrees: float
    teacher: int
    teacher_mirrored: int
    landmarks: Int64Array
    mirrored: Int64Array

    @property
    def is_frontal(self) -> bool:
        """Whether the view is its own mirror image."""
        return self.teacher == self.teacher_mirrored

    @property
    def landmark_pairs(self) -> Int64Array:
        """What each network sees, (2, l): as it is, and in a mirror."""
        return np.stack([self.landmarks, self.mirrored[self.landmarks]])


def views_of(mirrored: Int64Array) -> tuple[View, ...]:
    """Return the views of landmarks, of which it is known what they are in the mirror, (n,)."""
    every = np.arange(len(mirrored))
    return (
        View(0.0, 0, 0, every[every <= mirrored], mirrored),
        View(-20.0, 1, 6, every, mirrored),
        View(-45.0, 2, 5, every, mirrored),
    )


def eye_view(mirrored: Int64Array, has_other_side: bool = True) -> View:
    """Return the one view of an eye; the other eye is what its mirror image learns from.

    Parameters
    ----------
    mirrored : (n,) ndarray of int64
        Which point of the other eye takes the place of each.
    has_other_side : bool
        Whether the other eye is seen as view 1; otherwise the view is taken for a frontal one.
    """
    return View(0.0, 0, int(has_other_side), np.arange(len(mirrored)), mirrored)
