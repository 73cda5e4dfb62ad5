"""Components 1 to 3 together: faces followed through the frames of a video.

:mod:`~openface_core.face_tracking.models` holds the models that take part, loaded once;
:mod:`~openface_core.face_tracking.tracker` uses them on one frame after the other, and
:mod:`~openface_core.face_tracking.intervals` on those of a video, whose cutting has no effect.
:mod:`~openface_core.face_tracking.several` and
:mod:`~openface_core.face_tracking.several_intervals` do the same for all faces of the frames.
"""

from openface_core.face_tracking.intervals import IntervalTracker
from openface_core.face_tracking.models import FaceRefinement, FaceTrackingModels
from openface_core.face_tracking.settings import (
    ConfidenceSettings,
    FaceRefinementSettings,
    FacesSettings,
    IntervalSettings,
    TrackerSettings,
)
from openface_core.face_tracking.several_intervals import SeveralIntervalsTracker
from openface_core.face_tracking.strong_expressions import NetworkPair, StrongExpressionSettings
from openface_core.face_tracking.tracker import FaceTracker
from openface_core.face_tracking.witness import NetworkWitness, WitnessSettings

__all__ = [
    "ConfidenceSettings",
    "FaceRefinement",
    "FaceRefinementSettings",
    "FaceTracker",
    "FaceTrackingModels",
    "FacesSettings",
    "IntervalSettings",
    "IntervalTracker",
    "NetworkPair",
    "NetworkWitness",
    "SeveralIntervalsTracker",
    "StrongExpressionSettings",
    "TrackerSettings",
    "WitnessSettings",
]
