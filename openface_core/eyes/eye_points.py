"""Which point of an eye model is which, and where it lies among the 68 of the face.

Source: ``main_clnf_general.txt`` and ``GazeEstimation.cpp`` of OpenFace 2.2.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

EYE_COUNT: Final = 2
EYE_POINT_COUNT: Final = 28

IRIS: Final = slice(0, 8)
LIDS: Final = slice(8, 20)
PUPIL: Final = slice(20, 28)
"""Outlines of the iris, of the lids, and of the pupil."""

MIRRORED_EYE_POINTS: Final = (
    *(4, 3, 2, 1, 0, 7, 6, 5),
    *(14, 13, 12, 11, 10, 9, 8, 19, 18, 17, 16, 15),
    *(22, 21, 20, 27, 26, 25, 24, 23),
)
"""For each point of an eye, which point of the other eye takes its place in a mirror image."""

LID_POINTS: Final = (8, 10, 12, 14, 16, 18)
"""The points of an eye model that the face model has too, in the order of the face model."""

CORNER_POINTS: Final = (LID_POINTS[0], LID_POINTS[3])
"""The two corners among the points of an eye model."""

FACE_LID_POINTS: Final = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))
"""The same points among the 68 of the face (iBUG order), one row per eye."""

EYE_CORNERS: Final = ((36, 39), (42, 45))
"""The two corners of each eye among the 68."""


def face_lid_points(landmarks: NDArray[np.float32], eye: int) -> NDArray[np.float32]:
    """Return the face's landmarks of one eye in the places of an eye model.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32
        Landmarks of the face, pixels.
    eye : int
        0 for the left eye in the picture, 1 for the right one.

    Returns
    -------
    (28, 2) ndarray of float32
        The six points that both have; zero, which a shape fit takes for missing, elsewhere.
    """
    points = np.zeros((EYE_POINT_COUNT, 2), dtype=np.float32)
    points[list(LID_POINTS)] = landmarks[list(FACE_LID_POINTS[eye])]
    return points
