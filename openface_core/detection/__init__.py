"""Component 1: where the faces are.

:class:`RetinaFaceDetector` runs a RetinaFace network over a frame, :class:`MtcnnDetector`
OpenFace's own cascade of three networks; :func:`select_face` picks the face that OpenFace would
analyse.
"""

from openface_core.detection.detections import (
    FaceDetections,
    FaceDetector,
    select_face,
    sure_widths,
)
from openface_core.detection.mtcnn import MtcnnDetector
from openface_core.detection.retinaface import RetinaFaceDetector
from openface_core.detection.settings import DetectionSettings

__all__ = [
    "DetectionSettings",
    "FaceDetections",
    "FaceDetector",
    "MtcnnDetector",
    "RetinaFaceDetector",
    "select_face",
    "sure_widths",
]
