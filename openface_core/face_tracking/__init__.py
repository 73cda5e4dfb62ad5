"""Components 1 to 3 together: one face followed through the frames of a video.

:mod:`~openface_core.face_tracking.models` holds the models that take part, loaded once;
:mod:`~openface_core.face_tracking.tracker` uses them on one frame after the other.
"""

from openface_core.face_tracking.models import FaceRefinement, FaceTrackingModels
from openface_core.face_tracking.settings import ConfidenceSettings, FaceRefinementSettings
from openface_core.face_tracking.tracker import FaceTracker

__all__ = [
    "ConfidenceSettings",
    "FaceRefinement",
    "FaceRefinementSettings",
    "FaceTracker",
    "FaceTrackingModels",
]
