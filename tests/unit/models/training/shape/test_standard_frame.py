"""The frame of the shape model: unit, symmetry, and modes that are neither moves nor turns."""

import numpy as np
import pytest

from models.training.shape.generic_face import PUPIL_DISTANCE_MM, generic_face_mm
from models.training.shape.standard_frame import (
    across_face,
    facing,
    point_distribution_model,
    straightened,
    turned_about_x,
)
from models.training.shape.structure_from_motion import DeformableShape
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.shape import PointDistributionModel, calc_params, project_shape

MODES = 34


@pytest.fixture(scope="module")
def pdm() -> PointDistributionModel:
    rng = np.random.default_rng(2)
    mean = 3.0 * generic_face_mm() + (5.0, 6.0, 7.0) + rng.normal(0.0, 0.5, (68, 3))
    modes = rng.normal(size=(MODES, 68, 3)) * np.linspace(9.0, 1.0, MODES)[:, None, None]
    modes += rng.normal(size=(MODES, 1, 3))  # as a whole, too
    return point_distribution_model(DeformableShape(mean, modes, 1.0), 0.0, MODES)


def test_unit_and_origin(pdm: PointDistributionModel) -> None:
    mean = pdm.mean_mm.reshape(3, 68).T
    eyes = mean[36:42].mean(axis=0) - mean[42:48].mean(axis=0)
    assert np.linalg.norm(eyes) == pytest.approx(PUPIL_DISTANCE_MM, abs=1e-3)
    np.testing.assert_allclose(mean.mean(axis=0), 0.0, atol=1e-4)


def test_mean_and_variances_are_the_same_for_mirrored_faces(pdm: PointDistributionModel) -> None:
    mean = pdm.mean_mm.reshape(3, 68).T
    np.testing.assert_allclose(mean[MIRRORED_ORDER] * (-1, 1, 1), mean, atol=1e-4)
    order = np.concatenate([MIRRORED_ORDER + 68 * k for k in range(3)])
    signs = np.repeat([-1.0, 1.0, 1.0], 68)
    for mode in pdm.modes_mm[:8]:
        # Alone, or with others of the same variance, a mode spans its mirror image.
        mirrored = mode[order] * signs
        assert np.linalg.norm(pdm.components_mm.T @ mirrored) == pytest.approx(1.0, abs=0.02)


def test_modes_are_orthonormal_and_sorted(pdm: PointDistributionModel) -> None:
    products = pdm.components_mm.T @ pdm.components_mm
    np.testing.assert_allclose(products, np.eye(MODES), atol=1e-5)
    assert (np.diff(pdm.eigenvalues) <= 0).all()


def test_no_mode_moves_or_turns_the_face(pdm: PointDistributionModel) -> None:
    x, y, z = pdm.mean_mm.reshape(3, 68)
    for mode in pdm.modes_mm:
        u, v, w = mode.reshape(3, 68)
        for total in (u.sum(), v.sum(), w.sum(), x @ u + y @ v + z @ w):
            assert total == pytest.approx(0.0, abs=0.02)
        for turn in (y @ w - z @ v, z @ u - x @ w, x @ v - y @ u):
            assert turn == pytest.approx(0.0, abs=0.02)


def test_pitch_turns_the_mean_as_a_head(pdm: PointDistributionModel) -> None:
    shape = DeformableShape(
        pdm.mean_mm.reshape(3, 68).T.astype(float),
        pdm.modes_mm.reshape(-1, 3, 68).transpose(0, 2, 1).astype(float),
        1.0,
    )
    turned = turned_about_x(shape.mean_mm, 0.2)
    fit = calc_params(pdm, (3.0 * turned[:, :2] + 300.0).astype(np.float32))
    np.testing.assert_allclose(fit.rotation_radians, [0.2, 0.0, 0.0], atol=0.03)
    # A model whose mean looks down by 0.2 sees that face straight ahead.
    other = point_distribution_model(shape, 0.2, MODES)
    fit = calc_params(other, (3.0 * turned[:, :2] + 300.0).astype(np.float32))
    np.testing.assert_allclose(fit.rotation_radians, 0.0, atol=0.03)


def test_a_model_that_looks_aside_is_straightened(pdm: PointDistributionModel) -> None:
    aside = facing(pdm, 0.05)
    np.testing.assert_allclose(
        across_face(aside.mean_mm.reshape(3, 68).astype(float)),
        [np.cos(0.05), 0.0, -np.sin(0.05)],
        atol=1e-5,
    )
    straight = straightened(aside)
    np.testing.assert_allclose(straight.mean_mm, pdm.mean_mm, atol=1e-3)
    np.testing.assert_allclose(straight.components_mm, pdm.components_mm, atol=1e-5)


def test_facing_changes_straight_ahead_and_nothing_else(pdm: PointDistributionModel) -> None:
    other = facing(pdm, 0.1)
    np.testing.assert_allclose(
        other.components_mm.T @ other.components_mm, np.eye(MODES), atol=1e-5
    )
    np.testing.assert_array_equal(other.eigenvalues, pdm.eigenvalues)
    x, y, _ = pdm.mean_mm.reshape(3, 68)
    points = (3.0 * np.stack([x, y], axis=1) + 300.0).astype(np.float32)
    fit, turned = calc_params(pdm, points), calc_params(other, points)
    # A face that looked straight ahead looks the other way from a model that is turned.
    away = turned.rotation_radians - fit.rotation_radians
    np.testing.assert_allclose(away, [0.0, -0.1, 0.0], atol=0.01)
    np.testing.assert_allclose(project_shape(other, turned), project_shape(pdm, fit), atol=0.2)
