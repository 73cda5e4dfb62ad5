"""Component 1: where the faces are.

:class:`RetinaFaceDetector` runs a RetinaFace network over a frame; :func:`select_face` picks the
face that OpenFace would analyse.
"""

from openface_core.detection.detector import (
    DetectionSettings,
    FaceDetections,
    RetinaFaceDetector,
    select_face,
    sure_faces,
)

__all__ = [
    "DetectionSettings",
    "FaceDetections",
    "RetinaFaceDetector",
    "select_face",
    "sure_faces",
]
