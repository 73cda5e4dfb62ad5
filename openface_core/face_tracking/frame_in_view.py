"""A frame as trackers look at it: what several of them need of it is made once, when needed."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.refinement.grey import grey_from_bgr
from openface_core.watch import Step, Watch

UInt8Array = NDArray[np.uint8]


class FrameInView:
    """One frame, with its grey picture and the faces that the detector sees in it.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    image_bgr : (H, W, 3) ndarray of uint8
        The upright frame.
    number : int
        Its number in the video, from 0.
    watch : Watch
        Is told the steps.
    """

    def __init__(
        self, models: FaceTrackingModels, image_bgr: UInt8Array, number: int, watch: Watch
    ) -> None:
        self.image_bgr = image_bgr
        self.number = number
        self._models = models
        self._watch = watch

    @cached_property
    def grey(self) -> UInt8Array | None:
        """The grey picture, (H, W); None where no model looks at it."""
        if self._models.refinement is None and self._models.validator is None:
            return None
        with self._watch.time(Step.REFINEMENT):
            return grey_from_bgr(self.image_bgr)

    @cached_property
    def detections(self) -> FaceDetections:
        """All faces that the detector sees."""
        with self._watch.time(Step.DETECTION):
            return self._models.detector.detect(self.image_bgr)
