"""The widest of several faces, where a detector's boxes say so by little or by chance.

OpenFace takes the widest box, and its boxes are what landmarks will fill. Those of other detectors
reach as far as hair and ears, and are a tenth wider in one frame than in the next. Where that
decides, the landmarks do.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections, select_face, sure_widths
from openface_core.face_tracking.frame_in_view import FrameInView
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.overlap import overlapping
from openface_core.watch import NO_WATCH, Step, Watch

_NEARLY_AS_WIDE = 0.85
"""Boxes that have this share of the widest one's width may be those of the widest face."""


class WidestFace:
    """Chooses the face to go on with in a frame; where none was followed, the widest one.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    frame : FrameInView
        The frame.
    watch : Watch
        Is told the steps.
    """

    def __init__(
        self, models: FaceTrackingModels, frame: FrameInView, watch: Watch = NO_WATCH
    ) -> None:
        self._models = models
        self._frame = frame
        self._watch = watch

    def __call__(self, faces: FaceDetections, landmarks: NDArray[np.float32] | None) -> int | None:
        """Choose a face.

        Parameters
        ----------
        faces : FaceDetections
            The faces of the frame.
        landmarks : (68, 2) ndarray of float32 or None
            Where the face was last; None where none was followed.

        Returns
        -------
        int or None
            Index of the face that overlaps it most; where none does, of the one whose landmarks
            are the widest, among those whose boxes are nearly as wide as the widest box. None
            without a face.
        """
        followed = overlapping(faces, landmarks)
        if followed is not None:
            return followed
        widest = select_face(faces)
        if widest is None or faces.landmark_boxes is not None:
            return widest
        widths = sure_widths(faces)
        candidates = np.flatnonzero(widths >= _NEARLY_AS_WIDE * widths[widest])
        if len(candidates) == 1:
            return widest
        seen = [self._width_of_landmarks(faces, int(index)) for index in candidates]
        return int(candidates[np.argmax(seen)]) if max(seen) > 0.0 else widest

    def _width_of_landmarks(self, faces: FaceDetections, index: int) -> float:
        """Return the width of what the landmark network sees in a box, 0 where it sees nothing."""
        with self._watch.time(Step.LANDMARKS):
            found = self._models.network.locate(
                self._frame.image_bgr, faces.boxes[index], faces.five_points[index]
            )
        return 0.0 if found is None else float(np.ptp(found.landmarks[:, 0]))
