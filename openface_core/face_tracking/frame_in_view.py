"""A frame as trackers look at it: what several of them need of it is made once, when needed."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.partial_pictures import AnyPicture, all_pixels
from openface_core.refinement.grey import PartialGrey
from openface_core.watch import Step, Watch

UInt8Array = NDArray[np.uint8]


class FrameInView:
    """One frame, with its grey picture and the faces that the detector sees in it.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The upright frame.
    number : int
        Its number in the video, from 0.
    watch : Watch
        Is told the steps.
    """

    def __init__(
        self, models: FaceTrackingModels, image_bgr: AnyPicture, number: int, watch: Watch
    ) -> None:
        self.image_bgr = image_bgr
        self.number = number
        self._models = models
        self._watch = watch

    @cached_property
    def grey(self) -> PartialGrey | None:
        """The grey picture, (H, W), made where somebody looks; None where no model does."""
        if self._models.refinement is None and self._models.validator is None:
            return None
        return PartialGrey(self.image_bgr)

    @cached_property
    def detections(self) -> FaceDetections:
        """All faces that the detector sees."""
        with self._watch.time(Step.DETECTION):
            return self._models.detector.detect(all_pixels(self.image_bgr))
