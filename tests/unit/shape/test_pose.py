"""Head pose and 3D landmarks against a synthetic perspective camera."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.shape import (
    Camera,
    HeadPose,
    ShapeFit,
    calc_params,
    head_pose,
    landmarks_in_camera_mm,
)
from openface_core.shape.pose import turn_weights
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.twins.rotations import euler_to_matrix

POSE_TOLERANCE_RADIANS = 1e-6
RELATIVE_POSITION_TOLERANCE = 1e-6

CAMERA = Camera(600.0, 620.0, 321.5, 238.0)

TRUTHS = [
    ((0.0, 0.0, 0.0), (0.0, 0.0, 700.0)),
    ((0.1, -0.3, 0.2), (60.0, -40.0, 500.0)),
    ((-0.4, 0.6, -0.1), (-150.0, 80.0, 900.0)),
    ((0.2, 0.9, 0.5), (10.0, 20.0, 350.0)),
]


def _project(
    points: NDArray[np.floating],
    camera: Camera,
    rotation: tuple[float, float, float],
    translation: tuple[float, float, float],
) -> NDArray[np.float64]:
    """Return where a pinhole camera sees the points, (n, 2)."""
    seen = points @ euler_to_matrix(*rotation).T + translation
    focal, centre = (camera.fx_px, camera.fy_px), (camera.cx_px, camera.cy_px)
    return np.asarray(seen[:, :2] / seen[:, 2:] * focal + centre)


def _start(
    rotation: tuple[float, float, float],
    translation: tuple[float, float, float],
    shape_parameters: NDArray[np.floating],
) -> ShapeFit:
    """A weak-perspective fit near, but not at, the true pose."""
    x, y, z = translation
    return ShapeFit(
        CAMERA.fx_px / z * 1.05,
        np.array(rotation, dtype=np.float32) + np.float32(0.05),
        np.array(
            [CAMERA.cx_px + CAMERA.fx_px * x / z + 4.0, CAMERA.cy_px + CAMERA.fy_px * y / z - 3.0],
            dtype=np.float32,
        ),
        shape_parameters.astype(np.float32),
        0,
    )


def _shape_seen_exactly(
    rotation: tuple[float, float, float], translation: tuple[float, float, float], seed: int
) -> tuple[ShapeFit, NDArray[np.float64]]:
    fit = _start(rotation, translation, plausible_shape_parameters(seed))
    points = synthetic_pdm().shape_mm(fit.shape_parameters).astype(np.float64)
    return fit, _project(points, CAMERA, rotation, translation)


@pytest.mark.parametrize(("rotation", "translation"), TRUTHS)
def test_known_pose_is_recovered(
    rotation: tuple[float, float, float], translation: tuple[float, float, float]
) -> None:
    fit, landmarks = _shape_seen_exactly(rotation, translation, 3)
    pose = head_pose(synthetic_pdm(), fit, landmarks.astype(np.float32), CAMERA)
    assert pose is not None
    # Landmarks are float32: a rounding of 2e-5 px leaves some 1e-6 of the distance open.
    np.testing.assert_allclose(pose.rotation_radians, rotation, rtol=0, atol=POSE_TOLERANCE_RADIANS)
    np.testing.assert_allclose(
        pose.translation_mm,
        translation,
        rtol=0,
        atol=RELATIVE_POSITION_TOLERANCE * translation[2],
    )


@pytest.mark.parametrize(("rotation", "translation"), TRUTHS)
def test_turn_of_the_shape_itself_is_no_turn_of_the_head(
    rotation: tuple[float, float, float], translation: tuple[float, float, float]
) -> None:
    turns = np.random.default_rng(1).normal(0.0, 0.002, (6 * 35, 3)).astype(np.float32)
    turns[0] = 0.02, -0.03, 0.01
    pdm = replace(synthetic_pdm(), head_turns=turns)
    fit, landmarks = _shape_seen_exactly(rotation, translation, 3)
    pose = head_pose(pdm, fit, landmarks.astype(np.float32), CAMERA)
    assert pose is not None
    plain = head_pose(synthetic_pdm(), fit, landmarks.astype(np.float32), CAMERA)
    assert plain is not None
    weights = turn_weights(plain.rotation_radians, fit, CAMERA)
    turn = np.outer(weights, [1.0, *fit.shape_parameters]).ravel() @ turns.astype(float)
    own = cv2.Rodrigues(turn)[0]
    seen = euler_to_matrix(*pose.rotation_radians) @ own
    np.testing.assert_allclose(
        seen, euler_to_matrix(*rotation), rtol=0, atol=POSE_TOLERANCE_RADIANS
    )
    np.testing.assert_array_equal(pose.translation_mm, plain.translation_mm)


def test_how_a_camera_sees_a_head() -> None:
    camera = Camera(fx_px=500.0, fy_px=500.0, cx_px=320.0, cy_px=240.0)
    fit = ShapeFit(
        1.0, np.zeros(3, np.float32), np.array([420, 215], np.float32), np.zeros(34, np.float32), 5
    )
    found = turn_weights(np.array([0.1, -0.2, 0.7]), fit, camera)
    np.testing.assert_allclose(found, [1.0, 0.1, -0.2, 0.2, 0.2, -0.05], atol=1e-12)
    far = turn_weights(np.array([1.4, -1.4, 0.0]), replace(fit, scale_px_per_mm=9.0), camera)
    np.testing.assert_allclose(far, [1.0, 0.8, -0.8, 0.55, 0.2, -0.05], atol=1e-12)


def test_pose_is_a_minimum_of_the_reprojection_error() -> None:
    rotation, translation = TRUTHS[1]
    fit, landmarks = _shape_seen_exactly(rotation, translation, 4)
    landmarks = landmarks + np.random.default_rng(0).normal(0.0, 1.0, landmarks.shape)
    landmarks = landmarks.astype(np.float32).astype(np.float64)
    pose = head_pose(synthetic_pdm(), fit, landmarks.astype(np.float32), CAMERA)
    assert pose is not None
    points = synthetic_pdm().shape_mm(fit.shape_parameters)
    found = np.concatenate([pose.rotation_radians, pose.translation_mm])

    def error(values: NDArray[np.float64]) -> float:
        rx, ry, rz, x, y, z = values.tolist()
        seen = _project(points, CAMERA, (rx, ry, rz), (x, y, z))
        return float(((seen - landmarks) ** 2).sum())

    for k, step in enumerate([1e-4] * 3 + [0.05, 0.05, 0.5]):
        for sign in (-1.0, 1.0):
            changed = found.copy()
            changed[k] += sign * step
            assert error(changed) > error(found)


def test_pose_follows_from_detected_landmarks_alone() -> None:
    """The chain as it runs: CalcParams, then the pose, on a distant and hence nearly flat view."""
    rotation, distance = (0.1, -0.2, 0.05), 3000.0
    scale = CAMERA.fx_px / distance
    camera = Camera(CAMERA.fx_px, CAMERA.fx_px, CAMERA.cx_px, CAMERA.cy_px)
    landmarks = project_face(
        synthetic_pdm(), scale, rotation, (camera.cx_px, camera.cy_px), np.zeros(34)
    )
    pose = head_pose(synthetic_pdm(), calc_params(synthetic_pdm(), landmarks), landmarks, camera)
    assert pose is not None
    np.testing.assert_allclose(pose.rotation_radians, rotation, rtol=0, atol=0.03)
    assert pose.translation_mm[2] == pytest.approx(distance, rel=0.02)


def test_fit_without_meaning_has_no_pose() -> None:
    fit = calc_params(synthetic_pdm(), np.full((68, 2), 3.0, dtype=np.float32))
    landmarks = np.full((68, 2), 3.0, dtype=np.float32)
    assert head_pose(synthetic_pdm(), fit, landmarks, CAMERA) is None


def test_head_behind_the_camera_has_no_pose() -> None:
    """A scale so large that part of the head would lie behind the lens."""
    fit = _start((0.0, 0.0, 0.0), (0.0, 0.0, 20.0), np.zeros(34))
    landmarks = np.zeros((68, 2), dtype=np.float32)
    assert head_pose(synthetic_pdm(), fit, landmarks, CAMERA) is None


def test_landmarks_that_are_not_finite_have_no_pose() -> None:
    fit, landmarks = _shape_seen_exactly(*TRUTHS[0], 1)
    landmarks[5, 0] = np.nan
    assert head_pose(synthetic_pdm(), fit, landmarks.astype(np.float32), CAMERA) is None


def test_landmarks_in_the_camera_project_where_the_fit_puts_them() -> None:
    landmarks = project_face(
        synthetic_pdm(), 1.1, (0.1, 0.3, -0.1), (300.0, 200.0), plausible_shape_parameters(2)
    )
    fit = calc_params(synthetic_pdm(), landmarks)
    points = landmarks_in_camera_mm(synthetic_pdm(), fit, CAMERA)
    assert points.shape == (68, 3)
    assert points.dtype == np.float32
    x, y, z = points.astype(np.float64).T
    rx, ry, rz = (float(angle) for angle in fit.rotation_radians)
    tx, ty = (float(value) for value in fit.translation_px)
    expected = project_face(
        synthetic_pdm(), fit.scale_px_per_mm, (rx, ry, rz), (tx, ty), fit.shape_parameters
    )
    np.testing.assert_allclose(x / z * CAMERA.fx_px + CAMERA.cx_px, expected[:, 0], atol=1e-3)
    np.testing.assert_allclose(y / z * CAMERA.fy_px + CAMERA.cy_px, expected[:, 1], atol=1e-3)
    turned = synthetic_pdm().shape_mm(fit.shape_parameters) @ euler_to_matrix(rx, ry, rz).T
    depth = CAMERA.fx_px / fit.scale_px_per_mm
    np.testing.assert_allclose(z, depth + turned[:, 2], atol=1e-3)


def test_nose_is_nearer_to_the_camera_than_the_ears() -> None:
    landmarks = project_face(synthetic_pdm(), 1.0, (0.0, 0.0, 0.0), (320.0, 240.0), np.zeros(34))
    points = landmarks_in_camera_mm(
        synthetic_pdm(), calc_params(synthetic_pdm(), landmarks), CAMERA
    )
    assert points[30, 2] < min(points[0, 2], points[16, 2])


@pytest.mark.parametrize(
    ("width", "height", "focal"), [(640, 480, 500.0), (1280, 960, 1000.0), (480, 640, 520.8333333)]
)
def test_camera_is_guessed_from_the_frame_size(width: int, height: int, focal: float) -> None:
    camera = Camera.from_frame_size(width, height)
    assert camera.fx_px == camera.fy_px == pytest.approx(focal)
    assert (camera.cx_px, camera.cy_px) == (width / 2, height / 2)


def test_pose_holds_what_it_is_given() -> None:
    pose = HeadPose(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    with pytest.raises(AttributeError):
        pose.translation_mm = np.zeros(3)  # type: ignore[misc]
