"""Eyes that a network sees, placed before the camera.

Corners lie as deep as those of the face, and the eyeball behind them as in
:mod:`~openface_core.eyes.gaze`. The corners are the network's own: where an iris is seen relative
to them is more certain than relative to the landmarks of the face. Iris and pupil lie on the
eyeball, and so do the lids where they cover it; elsewhere they lie on the line from corner to
corner.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.eye_measurement import EyeMeasurement, eyes_in_camera_mm
from openface_core.eyes.eye_points import CORNER_POINTS, EYE_CORNERS
from openface_core.eyes.gaze import EYEBALL_RADIUS_MM, eyeball_centres_mm, gaze_about
from openface_core.finite import all_finite
from openface_core.shape import Camera, HeadPose

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


def measure_seen_eyes(
    eyes_px: Float32Array, face_mm: Float32Array, pose: HeadPose, camera: Camera
) -> EyeMeasurement | None:
    """Place eyes before a camera and follow their gaze.

    Parameters
    ----------
    eyes_px : (2, 28, 2) ndarray of float32
        Points of each eye, pixels.
    face_mm : (68, 3) ndarray of float32
        Landmarks of the face in camera coordinates.
    pose : HeadPose
        Pose of the head.
    camera : Camera
        Intrinsic parameters.

    Returns
    -------
    EyeMeasurement or None
        None where there is no direction of gaze, or an eye would lie behind the camera.
    """
    corners_px = eyes_px[:, list(CORNER_POINTS)]
    places = np.array(EYE_CORNERS)
    corners_mm = eyes_in_camera_mm(corners_px, face_mm[places, 2], camera)
    face_mm = face_mm.copy()
    face_mm[places] = corners_mm
    centres = eyeball_centres_mm(face_mm, pose.rotation_radians)
    if not (centres[:, 2] > EYEBALL_RADIUS_MM).all():
        return None
    # The direction in which each point is seen, as the place where it would be 1 mm away.
    rays = eyes_in_camera_mm(eyes_px, np.ones(eyes_px.shape[:2], dtype=np.float32), camera)
    on_eyeballs = _eyeball_depths_mm(rays.astype(np.float64), centres)
    between = [
        _lid_depths_mm(eyes_px[eye].astype(np.float64), corners_mm[eye, :, 2])
        for eye in range(len(eyes_px))
    ]
    depths = np.minimum(on_eyeballs, np.stack(between)).astype(np.float32)
    points = eyes_in_camera_mm(eyes_px, depths, camera)
    gaze = gaze_about(points, centres).astype(np.float32)
    if not (all_finite(points) and all_finite(gaze)):
        return None
    return EyeMeasurement(eyes_px, points, gaze)


def _eyeball_depths_mm(rays: Float64Array, centres_mm: Float64Array) -> Float64Array:
    """Return where rays (2, 28, 3) with z = 1 first meet the eyeballs; infinite where they miss."""
    centres = centres_mm[:, None, :]
    along = (rays * centres).sum(axis=2)
    squared = np.square(rays).sum(axis=2)
    beyond = np.square(centres).sum(axis=2) - EYEBALL_RADIUS_MM**2
    discriminant = along**2 - squared * beyond
    nearest = (along - np.sqrt(np.maximum(discriminant, 0.0))) / squared
    return np.where(discriminant > 0.0, nearest, np.inf)


def _lid_depths_mm(points_px: Float64Array, corner_depths_mm: NDArray[np.floating]) -> Float64Array:
    """Return the depths (28,) of an eye's points between those of its corners."""
    outer, inner = points_px[CORNER_POINTS[0]], points_px[CORNER_POINTS[1]]
    line = inner - outer
    length = max(float(line @ line), np.finfo(np.float64).tiny)
    share = np.clip((points_px - outer) @ line / length, 0.0, 1.0)
    first, second = (float(depth) for depth in corner_depths_mm)
    return np.asarray(first + share * (second - first))
