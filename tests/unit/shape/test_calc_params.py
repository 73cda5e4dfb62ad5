"""Component 4 against its twin and against known truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from openface_core.shape import ShapeFit, calc_params
from tests.fixtures.faces.shape import (
    MODES,
    plausible_shape_parameters,
    project_face,
    synthetic_pdm,
)
from tests.twins import calc_params as twin
from tests.twins.rotations import euler_to_matrix

TWIN_SHAPE_TOLERANCE = 3e-4
TWIN_TRANSLATION_TOLERANCE_PX = 5e-5
TWIN_ROTATION_TOLERANCE_RADIANS = 5e-6
TWIN_SCALE_TOLERANCE_PX_PER_MM = 5e-6
EXACT_SHAPE_TOLERANCE = 2e-2
EXACT_TRANSLATION_TOLERANCE_PX = 1e-3
EXACT_ROTATION_TOLERANCE_RADIANS = 1e-4
EXACT_SCALE_TOLERANCE_PX_PER_MM = 1e-5

POSES = [
    (1.3, (0.0, 0.0, 0.0), (200.0, 150.0)),
    (0.4, (0.1, 0.3, -0.1), (90.0, 60.0)),
    (3.1, (-0.2, -0.5, 0.3), (640.0, 360.0)),
    (1.0, (0.3, 0.7, 0.2), (320.0, 240.0)),
]

Landmarks = NDArray[np.float32]


def _landmarks(
    seed: int, pose: tuple[float, tuple[float, float, float], tuple[float, float]]
) -> Landmarks:
    """Landmarks of a random face, up to a pixel or so of noise on them."""
    clean = project_face(synthetic_pdm(), *pose, plausible_shape_parameters(seed))
    noise = np.random.default_rng(seed).normal(0.0, 0.4 * pose[0], clean.shape)
    return clean + noise.astype(np.float32)


def _assert_equal_fits(fit: ShapeFit, expected: twin.TwinFit) -> None:
    local, translation = fit.shape_parameters, fit.translation_px
    np.testing.assert_allclose(local, expected.local, rtol=0, atol=TWIN_SHAPE_TOLERANCE)
    np.testing.assert_allclose(
        translation, expected.translation, rtol=0, atol=TWIN_TRANSLATION_TOLERANCE_PX
    )
    np.testing.assert_allclose(
        fit.rotation_radians, expected.euler, rtol=0, atol=TWIN_ROTATION_TOLERANCE_RADIANS
    )
    assert fit.scale_px_per_mm == pytest.approx(
        expected.scale, rel=0, abs=TWIN_SCALE_TOLERANCE_PX_PER_MM
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("seed", "pose"), list(enumerate(POSES)))
def test_agrees_with_its_twin(
    seed: int,
    pose: tuple[float, tuple[float, float, float], tuple[float, float]],
    dtype: DTypeLike,
) -> None:
    landmarks = _landmarks(seed, pose)
    fit = calc_params(synthetic_pdm(), landmarks)
    expected = twin.fit(synthetic_pdm(), landmarks, dtype)
    assert fit.iterations == expected.iterations
    _assert_equal_fits(fit, expected)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_missing_points_are_left_out_as_in_its_twin(dtype: DTypeLike) -> None:
    landmarks = _landmarks(7, POSES[1])
    landmarks[[0, 1, 2, 20, 48, 66], 0] = 0.0
    expected = twin.fit(synthetic_pdm(), landmarks, dtype)
    _assert_equal_fits(calc_params(synthetic_pdm(), landmarks), expected)


def test_what_a_missing_points_y_says_does_not_matter() -> None:
    landmarks = _landmarks(7, POSES[1])
    landmarks[[3, 30], 0] = 0.0
    elsewhere = landmarks.copy()
    elsewhere[[3, 30], 1] = (-1e6, 77.0)
    first, second = (calc_params(synthetic_pdm(), lm) for lm in (landmarks, elsewhere))
    np.testing.assert_array_equal(first.shape_parameters, second.shape_parameters)
    np.testing.assert_array_equal(first.translation_px, second.translation_px)


def test_a_point_with_y_zero_is_not_missing() -> None:
    landmarks = _landmarks(7, (1.3, (0.0, 0.0, 0.0), (200.0, 150.0)))
    landmarks[:, 1] -= landmarks[8, 1]
    hidden = landmarks.copy()
    hidden[8, 0] = 0.0
    first, second = (calc_params(synthetic_pdm(), lm) for lm in (landmarks, hidden))
    assert np.abs(first.shape_parameters - second.shape_parameters).max() > 1e-3


@pytest.mark.parametrize("pose", POSES)
def test_pose_of_the_mean_face_is_recovered(
    pose: tuple[float, tuple[float, float, float], tuple[float, float]],
) -> None:
    """Without deformation nothing pulls the optimum away from the truth."""
    scale, rotation, translation = pose
    landmarks = project_face(synthetic_pdm(), *pose, np.zeros(MODES))
    fit = calc_params(synthetic_pdm(), landmarks)
    assert fit.is_finite
    assert fit.scale_px_per_mm == pytest.approx(scale, rel=0, abs=EXACT_SCALE_TOLERANCE_PX_PER_MM)
    np.testing.assert_allclose(
        fit.rotation_radians, rotation, rtol=0, atol=EXACT_ROTATION_TOLERANCE_RADIANS
    )
    np.testing.assert_allclose(
        fit.translation_px, translation, rtol=0, atol=EXACT_TRANSLATION_TOLERANCE_PX
    )
    np.testing.assert_allclose(fit.shape_parameters, 0.0, rtol=0, atol=EXACT_SHAPE_TOLERANCE)


def test_fitted_model_explains_clean_landmarks() -> None:
    parameters = plausible_shape_parameters(11, spread=0.3)
    scale, rotation, translation = POSES[1][0] * 4, POSES[1][1], POSES[1][2]
    landmarks = project_face(synthetic_pdm(), scale, rotation, translation, parameters)
    fit = calc_params(synthetic_pdm(), landmarks)
    rx, ry, rz = (float(angle) for angle in fit.rotation_radians)
    tx, ty = (float(value) for value in fit.translation_px)
    again = project_face(
        synthetic_pdm(), fit.scale_px_per_mm, (rx, ry, rz), (tx, ty), fit.shape_parameters
    )
    assert np.sqrt(((again - landmarks) ** 2).sum(axis=1).mean()) < 0.3


def test_fit_is_a_minimum_of_the_regularised_error() -> None:
    """No single parameter can be changed to the better."""
    pdm, landmarks = synthetic_pdm(), _landmarks(3, POSES[0])
    fit = calc_params(pdm, landmarks)
    found = np.concatenate(
        [
            [fit.scale_px_per_mm],
            fit.rotation_radians.astype(np.float64),
            fit.translation_px.astype(np.float64),
            fit.shape_parameters.astype(np.float64),
        ]
    )

    def cost(values: NDArray[np.float64]) -> float:
        scale, rx, ry, rz, tx, ty = values[:6].tolist()
        # In double precision throughout, for differences this small.
        flat = pdm.mean_mm.astype(np.float64) + pdm.components_mm.astype(np.float64) @ values[6:]
        turned = flat.reshape(3, -1).T @ euler_to_matrix(rx, ry, rz).T
        misfit = landmarks - (scale * turned[:, :2] + (tx, ty))
        return float((misfit**2).sum() + (values[6:] ** 2 / pdm.eigenvalues).sum())

    best = cost(found)
    steps = [1e-3, 1e-3, 1e-3, 1e-3, 5e-2, 5e-2] + [5e-2] * MODES
    for k, step in enumerate(steps):
        for sign in (-1.0, 1.0):
            changed = found.copy()
            changed[k] += sign * step
            assert cost(changed) > best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 20), st.floats(-150.0, 150.0), st.floats(-150.0, 150.0))
def test_moving_the_landmarks_moves_the_translation_alone(seed: int, dx: float, dy: float) -> None:
    landmarks = _landmarks(seed, (1.5, (0.1, -0.2, 0.1), (400.0, 400.0)))
    fit = calc_params(synthetic_pdm(), landmarks)
    moved = calc_params(synthetic_pdm(), landmarks + np.array([dx, dy], dtype=np.float32))
    np.testing.assert_allclose(
        moved.translation_px, fit.translation_px + np.array([dx, dy]), rtol=0, atol=2e-3
    )
    np.testing.assert_allclose(moved.shape_parameters, fit.shape_parameters, rtol=0, atol=2e-2)
    np.testing.assert_allclose(moved.rotation_radians, fit.rotation_radians, rtol=0, atol=1e-4)
    assert moved.scale_px_per_mm == pytest.approx(fit.scale_px_per_mm, rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3), st.floats(0.3, 3.0))
def test_enlarging_the_mean_faces_picture_scales_scale_and_translation(
    index: int, zoom: float
) -> None:
    scale, rotation, translation = POSES[index]
    landmarks = project_face(synthetic_pdm(), scale, rotation, translation, np.zeros(MODES))
    fit = calc_params(synthetic_pdm(), landmarks * np.float32(zoom))
    assert fit.scale_px_per_mm == pytest.approx(scale * zoom, rel=1e-4)
    np.testing.assert_allclose(fit.translation_px, np.multiply(translation, zoom), rtol=1e-4)
    np.testing.assert_allclose(fit.rotation_radians, rotation, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "landmarks",
    [
        pytest.param(np.full((68, 2), 5.0), id="one point"),
        pytest.param(np.full((68, 2), np.nan), id="nan"),
        pytest.param(np.full((68, 2), np.inf), id="infinite"),
        pytest.param(np.full((68, 2), 1e30), id="huge"),
        pytest.param(np.zeros((68, 2)), id="all missing"),
    ],
)
def test_landmarks_without_a_meaning_have_a_fit_that_says_so(
    landmarks: NDArray[np.float64],
) -> None:
    assert not calc_params(synthetic_pdm(), landmarks.astype(np.float32)).is_finite


def test_landmarks_on_a_line_do_not_fail() -> None:
    line = np.column_stack([np.arange(1.0, 69.0), np.full(68, 40.0)]).astype(np.float32)
    fit = calc_params(synthetic_pdm(), line)
    assert fit.iterations >= 3


@pytest.mark.parametrize(
    "changes",
    [
        {"scale_px_per_mm": math.nan},
        {"scale_px_per_mm": 0.0},
        {"scale_px_per_mm": -1.0},
        {"rotation_radians": np.array([0.0, np.nan, 0.0], dtype=np.float32)},
        {"translation_px": np.array([np.inf, 0.0], dtype=np.float32)},
        {"shape_parameters": np.full(34, np.nan, dtype=np.float32)},
    ],
)
def test_each_part_of_a_fit_must_be_finite(changes: dict[str, object]) -> None:
    parts: dict[str, object] = {
        "scale_px_per_mm": 1.0,
        "rotation_radians": np.zeros(3, dtype=np.float32),
        "translation_px": np.zeros(2, dtype=np.float32),
        "shape_parameters": np.zeros(34, dtype=np.float32),
        "iterations": 3,
    }
    assert ShapeFit(**parts).is_finite  # type: ignore[arg-type]
    assert not ShapeFit(**(parts | changes)).is_finite  # type: ignore[arg-type]


def test_strided_and_double_precision_landmarks_are_taken() -> None:
    landmarks = _landmarks(2, POSES[0])
    fit = calc_params(synthetic_pdm(), landmarks)
    for same in (np.asfortranarray(landmarks), landmarks.astype(np.float64)):
        again = calc_params(synthetic_pdm(), same)  # type: ignore[arg-type]
        np.testing.assert_array_equal(again.shape_parameters, fit.shape_parameters)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 20))
def test_a_start_nearby_leads_to_the_same_fit_in_fewer_steps(seed: int) -> None:
    pose = (1.5, (0.1, -0.2, 0.1), (400.0, 400.0))
    landmarks = _landmarks(seed, pose)
    start = calc_params(synthetic_pdm(), landmarks + np.float32(2.0))
    before = start.translation_px.copy()
    fit = calc_params(synthetic_pdm(), landmarks)
    found = calc_params(synthetic_pdm(), landmarks, start)
    assert found.iterations < fit.iterations
    np.testing.assert_array_equal(start.translation_px, before)
    np.testing.assert_allclose(found.translation_px, fit.translation_px, rtol=0, atol=2e-3)
    np.testing.assert_allclose(found.shape_parameters, fit.shape_parameters, rtol=0, atol=5e-2)
    np.testing.assert_allclose(found.rotation_radians, fit.rotation_radians, rtol=0, atol=5e-4)
    assert found.scale_px_per_mm == pytest.approx(fit.scale_px_per_mm, rel=1e-4)
