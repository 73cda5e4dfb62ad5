"""What a detector finds in a frame, and which of it is taken."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_SURE_SCORE = 0.7
"""False faces of the embedded detector beside three men come to 0.67, the men to 0.77 and more."""


@dataclass(frozen=True)
class FaceDetections:
    """The K faces of one frame, the most certain first.

    Parameters
    ----------
    boxes : ndarray of float32, shape (K, 4)
        x_min, y_min, x_max, y_max in pixels of the upright frame; they may reach beyond it.
    scores : ndarray of float32, shape (K,)
        Probability of a face.
    five_points : ndarray of float32, shape (K, 5, 2)
        x, y in pixels of: the eye on the left of the picture, the eye on its right, the tip of the
        nose, the corner of the mouth on the left, the one on the right.
    landmark_boxes : ndarray of float32, shape (K, 4), or None
        Left, top, width and height of what the 68 landmarks will fill, in pixels of the frame,
        where the detector is OpenFace's, which says so.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    five_points: NDArray[np.float32]
    landmark_boxes: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return int(self.scores.shape[0])


def sure_widths(detections: FaceDetections) -> NDArray[np.float32]:
    """Return how wide the boxes are, (K,) in pixels; -inf for faces that do not count.

    Those are the ones of a low score where another is there.

    Parameters
    ----------
    detections : FaceDetections
        The faces of a frame.
    """
    threshold = min(_SURE_SCORE, float(detections.scores.max(initial=0.0)))
    widths = detections.boxes[:, 2] - detections.boxes[:, 0]
    return np.where(detections.scores >= threshold, widths, np.float32(-np.inf))


def select_face(detections: FaceDetections) -> int | None:
    """Choose the one face to analyse, as OpenFace does: the widest box.

    Boxes of a low score count only where no other is there: among faces, a wide false one would
    win.

    Parameters
    ----------
    detections : FaceDetections
        The faces of a frame.

    Returns
    -------
    int or None
        Index of the widest box (of equally wide ones, the most certain), None without a face.
    """
    if len(detections) == 0:
        return None
    return int(np.argmax(sure_widths(detections)))


class FaceDetector(Protocol):
    """Finds the faces of one frame; keeps no state between frames."""

    def detect(self, image_bgr: NDArray[np.uint8]) -> FaceDetections:
        """Find the faces of an upright frame (H, W, 3), blue first."""
