"""The eyes: models of 28 points each, their fit, and the direction of gaze.

:mod:`~openface_core.eyes.eye_points` says which point is which.
:mod:`~openface_core.eyes.eye_fitter` fits the models to a picture,
:mod:`~openface_core.eyes.fitted_eyes` is what that gives, and
:mod:`~openface_core.eyes.eye_measurement` places it before the camera and, with
:mod:`~openface_core.eyes.gaze`, follows each eye's gaze.

Eye 0 is the left one in the picture, which is the person's right eye; eye 1 is the other.
"""

from openface_core.eyes.eye_fitter import EYE_PARTS, EyeFitter
from openface_core.eyes.eye_measurement import EyeMeasurement, eyes_in_camera_mm, measure_eyes
from openface_core.eyes.eye_points import EYE_COUNT, EYE_POINT_COUNT, face_lid_points
from openface_core.eyes.fitted_eyes import FittedEyes, place_eyes
from openface_core.eyes.gaze import gaze_angles, gaze_directions

__all__ = [
    "EYE_COUNT",
    "EYE_PARTS",
    "EYE_POINT_COUNT",
    "EyeFitter",
    "EyeMeasurement",
    "FittedEyes",
    "eyes_in_camera_mm",
    "face_lid_points",
    "gaze_angles",
    "gaze_directions",
    "measure_eyes",
    "place_eyes",
]
