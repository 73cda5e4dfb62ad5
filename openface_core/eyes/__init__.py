"""The eyes: 28 points each, and the direction of gaze.

:mod:`~openface_core.eyes.eye_points` says which point is which. There are two ways to find them.
:mod:`~openface_core.eyes.eye_fitter` fits models of an eye to a picture by patch experts,
:mod:`~openface_core.eyes.fitted_eyes` is what that gives, and
:mod:`~openface_core.eyes.eye_measurement` places it before the camera.
:mod:`~openface_core.eyes.eye_network` looks at the squares of
:mod:`~openface_core.eyes.eye_square` instead, and :mod:`~openface_core.eyes.seen_eyes` places what
it sees.
:mod:`~openface_core.eyes.eye_measurer` is what both are to others;
:mod:`~openface_core.eyes.gaze` follows each eye's gaze.

Eye 0 is the left one in the picture, which is the person's right eye; eye 1 is the other.
"""

from openface_core.eyes.eye_fitter import EYE_PARTS, EyeFitter
from openface_core.eyes.eye_measurement import EyeMeasurement, eyes_in_camera_mm, measure_eyes
from openface_core.eyes.eye_measurer import (
    EyeMeasurer,
    FittedEyeMeasurer,
    NetworkEyeMeasurer,
    PlacedFace,
)
from openface_core.eyes.eye_network import EyeNetwork
from openface_core.eyes.eye_points import EYE_COUNT, EYE_POINT_COUNT, face_lid_points
from openface_core.eyes.fitted_eyes import FittedEyes, place_eyes
from openface_core.eyes.gaze import gaze_angles, gaze_directions
from openface_core.eyes.seen_eyes import measure_seen_eyes

__all__ = [
    "EYE_COUNT",
    "EYE_PARTS",
    "EYE_POINT_COUNT",
    "EyeFitter",
    "EyeMeasurement",
    "EyeMeasurer",
    "EyeNetwork",
    "FittedEyeMeasurer",
    "FittedEyes",
    "NetworkEyeMeasurer",
    "PlacedFace",
    "eyes_in_camera_mm",
    "face_lid_points",
    "gaze_angles",
    "gaze_directions",
    "measure_eyes",
    "measure_seen_eyes",
    "place_eyes",
]
