"""Which of the faces that a detector sees is the one that was followed."""

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.detection import FaceDetections, select_face

SAME_FACE_OVERLAP = 0.2
"""Least overlap of a detector's box, which reaches over the forehead, with a face's landmarks."""


def overlap(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the intersection over union of two boxes x_min, y_min, x_max, y_max."""
    left, top, right, bottom = first.tolist()
    other_left, other_top, other_right, other_bottom = second.tolist()
    width = min(right, other_right) - max(left, other_left)
    height = min(bottom, other_bottom) - max(top, other_top)
    shared = max(width, 0.0) * max(height, 0.0)
    other_area = (other_right - other_left) * (other_bottom - other_top)
    areas = (right - left) * (bottom - top) + other_area
    return shared / (areas - shared) if areas > shared else 0.0


def overlapping(faces: FaceDetections, landmarks: NDArray[np.float32] | None) -> int | None:
    """Return which face is the one that was followed.

    Parameters
    ----------
    faces : FaceDetections
        The faces of the frame.
    landmarks : (68, 2) ndarray of float32 or None
        Where the face was last; None where none was followed.

    Returns
    -------
    int or None
        Index of the face that overlaps it most; None where none does.
    """
    if landmarks is None or not len(faces):
        return None
    box = box_of(landmarks)
    overlaps = [overlap(box, face) for face in faces.boxes]
    best = int(np.argmax(overlaps))
    return best if overlaps[best] >= SAME_FACE_OVERLAP else None


def select_widest(faces: FaceDetections, _landmarks: NDArray[np.float32] | None) -> int | None:
    """Choose the face to go on with, wherever the one was that was followed."""
    return select_face(faces)
