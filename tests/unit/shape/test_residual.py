"""What a fitted shape leaves of landmarks."""

import math

import numpy as np
import pytest

from openface_core.shape import ShapeFit
from openface_core.shape.projection import project_shape
from openface_core.shape.residual import shape_residual_mm
from tests.fixtures.faces.shape import synthetic_pdm
from tests.twins.rotations import euler_to_matrix

TOLERANCE_MM = 1e-3


def a_fit(yaw: float = 0.0, roll: float = 0.0) -> ShapeFit:
    parameters = np.random.default_rng(0).normal(size=34).astype(np.float32)
    rotation = np.array([0.05, yaw, roll], dtype=np.float32)
    return ShapeFit(1.7, rotation, np.array([120, 90], np.float32), parameters, 0)


@pytest.mark.parametrize(("yaw", "roll"), [(0.0, 0.0), (0.3, 0.0), (-0.2, 0.7)])
def test_a_displacement_in_the_plane_of_the_face_comes_back(yaw: float, roll: float) -> None:
    pdm, fit = synthetic_pdm(), a_fit(yaw, roll)
    moved_mm = np.random.default_rng(1).normal(size=(68, 2))
    rotation = euler_to_matrix(*(float(a) for a in fit.rotation_radians))
    moved_px = fit.scale_px_per_mm * moved_mm @ rotation[:2, :2].T
    landmarks = (project_shape(pdm, fit) + moved_px).astype(np.float32)
    found = shape_residual_mm(pdm, fit, landmarks)
    np.testing.assert_allclose(found, moved_mm.T.ravel(), atol=TOLERANCE_MM)


def test_nothing_is_left_of_its_own_points() -> None:
    pdm, fit = synthetic_pdm(), a_fit(0.2, 0.1)
    found = shape_residual_mm(pdm, fit, project_shape(pdm, fit))
    np.testing.assert_allclose(found, 0.0, atol=TOLERANCE_MM)


def test_a_face_that_is_turned_away() -> None:
    pdm, fit = synthetic_pdm(), a_fit(math.pi / 2)
    found = shape_residual_mm(pdm, fit, project_shape(pdm, fit) + np.float32(3))
    np.testing.assert_array_equal(found, 0.0)
