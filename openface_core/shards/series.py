"""From the features of a shard to the measurements that go into a table."""

import numpy as np

from openface_core.eyes import eyes_in_camera_mm
from openface_core.shape import Camera, PointDistributionModel, ShapeFit, landmarks_in_camera_mm
from openface_core.shards.features import ShardFeatures
from openface_core.tables import FrameSeries


def frame_series(features: ShardFeatures, pdm: PointDistributionModel) -> FrameSeries:
    """Return the measurements of a shard's frames.

    The 3D landmarks are not stored with the features: they follow, bit for bit, from the fitted
    parameters, and those of the eyes from their places in the picture and their depths.

    Parameters
    ----------
    features : ShardFeatures
        Features of n frames.
    pdm : PointDistributionModel
        The shape model that they were measured with.

    Returns
    -------
    FrameSeries
        Measurements of the same frames.
    """
    count = len(features)
    points = np.full((count, pdm.landmark_count, 3), np.nan, dtype=np.float32)
    eye_points = np.full((*features.eye_depths_mm.shape, 3), np.nan, dtype=np.float32)
    for i in np.flatnonzero(features.success):
        parameters = features.global_parameters[i]
        fit = ShapeFit(
            scale_px_per_mm=float(parameters[0]),
            rotation_radians=parameters[1:4],
            translation_px=parameters[4:6],
            shape_parameters=features.shape_parameters[i],
            iterations=0,
        )
        width_px, height_px = (int(size) for size in features.frame_size_px[i])
        camera = Camera.from_frame_size(width_px, height_px)
        points[i] = landmarks_in_camera_mm(pdm, fit, camera)
        eye_points[i] = eyes_in_camera_mm(
            features.eye_landmarks_px[i], features.eye_depths_mm[i], camera
        )
    return FrameSeries(
        pts_seconds=features.pts_seconds,
        confidence=features.confidence,
        success=features.success,
        landmarks_px=features.landmarks_px,
        landmarks_3d_mm=points,
        pose=features.pose,
        global_parameters=features.global_parameters,
        shape_parameters=features.shape_parameters,
        eye_landmarks_px=features.eye_landmarks_px,
        eye_landmarks_3d_mm=eye_points,
        gaze_directions=features.gaze_directions,
    )
