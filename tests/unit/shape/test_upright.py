"""Landmarks that are set upright by eyes and nose."""

import math

import numpy as np
import pytest

from openface_core.shape import ShapeFit
from openface_core.shape.projection import project_shape
from openface_core.shape.residual import shape_residual_mm
from openface_core.shape.upright import STILL_POINTS, upright_residual_mm
from tests.fixtures.faces.mirror import MIRROR, upright
from tests.fixtures.faces.shape import synthetic_pdm

TOLERANCE_MM = 1e-6


def a_fit(seed: int, yaw: float = 0.1) -> ShapeFit:
    parameters = np.random.default_rng(seed).normal(size=34).astype(np.float32)
    rotation = np.array([0.05, yaw, 0.2], dtype=np.float32)
    return ShapeFit(1.7, rotation, np.array([120, 90], np.float32), parameters, 0)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_twin_finds(seed: int) -> None:
    pdm, fit = synthetic_pdm(), a_fit(seed)
    noise = np.random.default_rng(seed + 9).normal(0.0, 2.0, (68, 2)).astype(np.float32)
    landmarks = project_shape(pdm, fit) + noise
    shape = pdm.shape_mm(fit.shape_parameters).astype(np.float64)[:, :2]
    seen = shape + shape_residual_mm(pdm, fit, landmarks).reshape(2, 68).T
    expected = (upright(seen) - shape).T.ravel()
    found = upright_residual_mm(pdm, fit, landmarks)
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE_MM)


def test_a_turn_and_a_motion_to_the_side_are_undone() -> None:
    pdm, fit = synthetic_pdm(), a_fit(0)
    plain = ShapeFit(1.7, np.zeros(3, np.float32), fit.translation_px, fit.shape_parameters, 0)
    landmarks = project_shape(pdm, plain)
    centre, turn = landmarks.mean(axis=0), 0.05
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    turned = ((landmarks - centre) @ matrix.T + centre + [4, 0]).astype(np.float32)
    expected, found = (upright_residual_mm(pdm, plain, each) for each in (landmarks, turned))
    np.testing.assert_allclose(found[:68], expected[:68], atol=1e-3)
    np.testing.assert_allclose(np.ptp(found[68:] - expected[68:]), 0.0, atol=1e-3)


def test_its_points_are_still_in_a_mirror() -> None:
    assert set(MIRROR[STILL_POINTS]) == set(STILL_POINTS)


def test_a_face_that_is_turned_away() -> None:
    pdm, fit = synthetic_pdm(), a_fit(0, math.pi / 2)
    found = upright_residual_mm(pdm, fit, project_shape(pdm, fit) + np.float32(3))
    np.testing.assert_array_equal(found, 0.0)
