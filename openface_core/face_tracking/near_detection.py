"""The detector looks again for a face that was followed, about where that was last.

Of a whole frame it sees less where that is larger, since it is shrunk more then, and its boxes lie
elsewhere. The surroundings of a face are alike in a picture of one person and of several.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections, FaceDetector
from openface_core.exact_places import to_steps
from openface_core.face_tracking.overlap import SAME_FACE_OVERLAP, box_of, overlap

_SIDES_OF_FACE: Final = 2.5
"""The surroundings are so many times as large as the landmarks' box."""

_SHIFT_UP: Final = 0.1
"""Landmarks end at the brows, faces do not; so much of the box's height."""

_MOST_FRAMES: Final = 2.0
"""Surroundings that are longer than so many frames are those of no face."""


def detect_near(
    detector: FaceDetector, image_bgr: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> FaceDetections:
    """Find the faces that may be the one with these landmarks.

    Parameters
    ----------
    detector : FaceDetector
        Looks for faces.
    image_bgr : (H, W, 3) ndarray of uint8
        The upright frame.
    landmarks : (68, 2) ndarray of float32
        Where the face was last, finite, pixels.

    Returns
    -------
    FaceDetections
        Those that overlap it, in pixels of the frame. Whole pixels by which all is shifted shift
        them, and do nothing else.
    """
    low, high = box_of(landmarks).reshape(2, 2).astype(np.float64)
    size = high - low
    side = math.ceil(_SIDES_OF_FACE * float(size.max())) + 1
    if side > _MOST_FRAMES * max(image_bgr.shape):
        return detector.detect(image_bgr)
    centre = (low + high) / 2.0 - (0.0, _SHIFT_UP * size[1])
    left, top = (math.floor(value - side / 2.0) for value in centre)
    found = detector.detect(_surroundings(image_bgr, left, top, side))
    corner = np.array([left, top], dtype=np.float32)
    boxes = to_steps(found.boxes) + np.tile(corner, 2)
    own = [k for k, box in enumerate(boxes) if overlap(box_of(landmarks), box) >= SAME_FACE_OVERLAP]
    landmark_boxes = found.landmark_boxes
    if landmark_boxes is not None:
        landmark_boxes = to_steps(landmark_boxes[own]) + np.append(corner, [0, 0]).astype(
            np.float32
        )
    return FaceDetections(
        boxes[own], found.scores[own], to_steps(found.five_points[own]) + corner, landmark_boxes
    )


def _surroundings(
    image_bgr: NDArray[np.uint8], left: int, top: int, side: int
) -> NDArray[np.uint8]:
    """Return a square of a frame, black where it reaches beyond that."""
    height, width = image_bgr.shape[:2]
    first_x, last_x = max(left, 0), max(min(left + side, width), 0)
    first_y, last_y = max(top, 0), max(min(top + side, height), 0)
    square = np.zeros((side, side, 3), dtype=np.uint8)
    part = image_bgr[first_y:last_y, first_x:last_x]
    square[first_y - top :, first_x - left :][: part.shape[0], : part.shape[1]] = part
    return square
