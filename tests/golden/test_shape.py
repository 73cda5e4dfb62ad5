"""Component 4 against the C++ program."""

import numpy as np
import pytest

from openface_core.shape import (
    Camera,
    PointDistributionModel,
    ShapeFit,
    calc_params,
    head_pose,
    landmarks_in_camera_mm,
)
from tests.fixtures.golden_sets import golden_set

POSE_TOLERANCE_MM = 0.1
POSE_TOLERANCE_RADIANS = 1e-3
LANDMARK_3D_TOLERANCE_MM = 0.1


@pytest.mark.parametrize(
    "name", ["subj01", "glasses", "expressive", "subj01_lmk3", "subj01_failures"]
)
def test_calc_params_finds_the_parameters_of_the_cpp_program_to_the_last_digit(
    pdm: PointDistributionModel, name: str
) -> None:
    golden = golden_set(name)
    successful = golden.calcparams["success"].astype(bool)
    fits = [calc_params(pdm, landmarks) for landmarks in golden.landmarks[successful]]
    expected = golden.calcparams["params_global"][successful]

    local = np.array([fit.shape_parameters for fit in fits])
    np.testing.assert_array_equal(local, golden.calcparams["params_local"][successful])
    found = [[fit.scale_px_per_mm, *fit.rotation_radians, *fit.translation_px] for fit in fits]
    np.testing.assert_array_equal(np.array(found, dtype=np.float32), expected)


@pytest.mark.parametrize("name", ["subj01", "glasses", "expressive"])
def test_pose_and_3d_landmarks_follow_from_the_tracked_parameters(
    pdm: PointDistributionModel, name: str
) -> None:
    golden = golden_set(name).arrays("clnf_landmarks.npz")
    fx, fy, cx, cy, _ = golden["camera_fx_fy_cx_cy_fps"]
    camera = Camera(fx, fy, cx, cy)
    for i in np.flatnonzero(golden["success"]):
        scale, rotation, translation = np.split(golden["params_global"][i], [1, 4])
        fit = ShapeFit(float(scale[0]), rotation, translation, golden["params_local"][i], 0)
        landmarks = np.ascontiguousarray(golden["landmarks2d"][i].reshape(2, 68).T)
        pose = head_pose(pdm, fit, landmarks, camera)
        assert pose is not None
        expected = golden["pose"][i]
        assert np.abs(pose.translation_mm - expected[:3]).max() <= POSE_TOLERANCE_MM
        assert np.abs(pose.rotation_radians - expected[3:]).max() <= POSE_TOLERANCE_RADIANS
        points = landmarks_in_camera_mm(pdm, fit, camera)
        expected_points = golden["landmarks3d"][i].reshape(3, 68).T
        assert np.abs(points - expected_points).max() <= LANDMARK_3D_TOLERANCE_MM


@pytest.mark.parametrize(
    ("name", "width", "height"), [("subj01", 1080, 720), ("glasses", 480, 360)]
)
def test_guessed_camera_is_that_of_the_cpp_program(name: str, width: int, height: int) -> None:
    fx, fy, cx, cy, _ = golden_set(name).arrays("clnf_landmarks.npz")["camera_fx_fy_cx_cy_fps"]
    assert Camera.from_frame_size(width, height) == Camera(fx, fy, cx, cy)
