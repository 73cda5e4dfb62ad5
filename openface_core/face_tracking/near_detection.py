"""The detector looks again for a face that was followed, about where that was last.

Of a whole frame it sees less where that is larger, since it is shrunk more then, and its boxes lie
elsewhere. The surroundings of a face are alike in a picture of one person and of several.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.detection import FaceDetections, FaceDetector
from openface_core.exact_places import to_steps
from openface_core.face_tracking.overlap import SAME_FACE_OVERLAP, overlap
from openface_core.partial_pictures import AnyPicture, all_pixels
from openface_core.surroundings import cut_surroundings

_SIDES_OF_FACE: Final = 2.5
"""The surroundings are so many times as large as the landmarks' box."""

_SHIFT_UP: Final = 0.1
"""Landmarks end at the brows, faces do not; so much of the box's height."""

_MOST_FRAMES: Final = 2.0
"""Surroundings that are longer than so many frames are those of no face."""


def detect_near(
    detector: FaceDetector, image_bgr: AnyPicture, landmarks: NDArray[np.float32]
) -> FaceDetections:
    """Find the faces that may be the one with these landmarks.

    Parameters
    ----------
    detector : FaceDetector
        Looks for faces.
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
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
        return detector.detect(all_pixels(image_bgr))
    centre = (low + high) / 2.0 - (0.0, _SHIFT_UP * size[1])
    left, top = (math.floor(value - side / 2.0) for value in centre)
    found = detector.detect(cut_surroundings(image_bgr, left, top, side, side))
    corner = np.array([left, top], dtype=np.float32)
    boxes = to_steps(found.boxes) + np.tile(corner, 2)
    own = [k for k, box in enumerate(boxes) if overlap(box_of(landmarks), box) >= SAME_FACE_OVERLAP]
    landmark_boxes = found.landmark_boxes
    if landmark_boxes is not None:
        shift = np.array([left, top, 0, 0], dtype=np.float32)
        landmark_boxes = to_steps(landmark_boxes[own]) + shift
    return FaceDetections(
        boxes[own], found.scores[own], to_steps(found.five_points[own]) + corner, landmark_boxes
    )
