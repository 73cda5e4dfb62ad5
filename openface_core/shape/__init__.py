"""Component 4: the point distribution model (PDM), its fit to landmarks, and head pose.

:mod:`~openface_core.shape.pdm` holds the model, :mod:`~openface_core.shape.calc_params` fits it to
68 detected points as OpenFace's ``PDM::CalcParams`` does, :mod:`~openface_core.shape.rotations` has
the rotation conventions, and :mod:`~openface_core.shape.pose` turns a fitted shape into head pose
and 3D landmarks in camera coordinates.
"""

from openface_core.shape.calc_params import ShapeFit, calc_params
from openface_core.shape.camera import Camera
from openface_core.shape.pdm import PointDistributionModel
from openface_core.shape.pose import HeadPose, head_pose, landmarks_in_camera_mm
from openface_core.shape.projection import posed_shape, project_shape

__all__ = [
    "Camera",
    "HeadPose",
    "PointDistributionModel",
    "ShapeFit",
    "calc_params",
    "head_pose",
    "landmarks_in_camera_mm",
    "posed_shape",
    "project_shape",
]
