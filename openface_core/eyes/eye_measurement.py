"""The eyes before the camera: their points in space and their gaze."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.fitted_eyes import FittedEyes
from openface_core.eyes.gaze import gaze_directions
from openface_core.finite import all_finite
from openface_core.shape import Camera, HeadPose

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class EyeMeasurement:
    """What is known of the eyes of one face.

    Parameters
    ----------
    landmarks_px : (2, 28, 2) ndarray of float32
        Points of each eye, pixels of the upright frame.
    landmarks_3d_mm : (2, 28, 3) ndarray of float32
        The same in camera coordinates: X right, Y down, Z away from the camera.
    gaze_directions : (2, 3) ndarray of float32
        Unit vectors along each eye's gaze, in camera coordinates.
    """

    landmarks_px: Float32Array
    landmarks_3d_mm: Float32Array
    gaze_directions: Float32Array


def eyes_in_camera_mm(
    landmarks_px: Float32Array, depths_mm: Float32Array, camera: Camera
) -> Float32Array:
    """Return the points in space that project to given places and have given depths.

    Parameters
    ----------
    landmarks_px : (..., 2) ndarray of float32
        Points, pixels.
    depths_mm : (...) ndarray of float32
        Their distance from the camera along its axis.
    camera : Camera
        Intrinsic parameters.

    Returns
    -------
    (..., 3) ndarray of float32
        X right, Y down, Z away from the camera; Z is the depth, bit for bit.
    """
    z = depths_mm.astype(np.float64)
    x = z * (landmarks_px[..., 0] - camera.cx_px) / camera.fx_px
    y = z * (landmarks_px[..., 1] - camera.cy_px) / camera.fy_px
    return np.stack([x, y, z], axis=-1).astype(np.float32)


def measure_eyes(
    eyes: FittedEyes, face_mm: Float32Array, pose: HeadPose, camera: Camera
) -> EyeMeasurement | None:
    """Place fitted eyes before a camera and follow their gaze.

    Parameters
    ----------
    eyes : FittedEyes
        The eyes in the picture.
    face_mm : (68, 3) ndarray of float32
        Landmarks of the face in camera coordinates.
    pose : HeadPose
        Pose of the head.
    camera : Camera
        Intrinsic parameters.

    Returns
    -------
    EyeMeasurement or None
        None where there is no direction of gaze.
    """
    depths = camera.fx_px / eyes.scales_px_per_mm[:, None] + eyes.relative_depths_mm
    points = eyes_in_camera_mm(eyes.landmarks_px, depths.astype(np.float32), camera)
    gaze = gaze_directions(points, face_mm, pose.rotation_radians).astype(np.float32)
    if not (all_finite(points) and all_finite(gaze)):
        return None
    return EyeMeasurement(eyes.landmarks_px, points, gaze)
