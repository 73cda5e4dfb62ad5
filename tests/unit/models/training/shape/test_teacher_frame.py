"""A shape model in the teacher's unit."""

from dataclasses import replace

import numpy as np
import pytest

from models.training.shape.standard_frame import facing, model_of_part
from models.training.shape.teacher_frame import _symmetric, in_unit_of
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.shape import calc_params
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm


def faces() -> np.ndarray:
    return np.stack(
        [
            project_face(
                synthetic_pdm(), 0.8 + 0.1 * k, (0.1, 0.1, 0.0), (78.0, 80.0),
                plausible_shape_parameters(k),
            )
            for k in range(5)
        ]
    )  # fmt: skip


def test_millimetres_are_the_teachers() -> None:
    teacher = synthetic_pdm()
    smaller = replace(
        teacher,
        mean_mm=(0.9 * teacher.mean_mm).astype(np.float32),
        eigenvalues=(0.81 * teacher.eigenvalues).astype(np.float32),
    )
    found = in_unit_of(smaller, teacher, faces())
    np.testing.assert_allclose(found.mean_mm, teacher.mean_mm, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.eigenvalues, teacher.eigenvalues, rtol=2e-3)


def test_a_part_of_a_face_is_of_the_same_size_and_orientation() -> None:
    pdm = synthetic_pdm()
    part = model_of_part(pdm, range(17, 68), 32)
    assert part.landmark_count == 51
    assert part.mode_count == 32
    products = part.components_mm.T @ part.components_mm
    np.testing.assert_allclose(products, np.eye(32), atol=1e-4)
    points = faces()[0].astype(np.float32)
    whole, inner = calc_params(pdm, points), calc_params(part, points[17:].copy())
    assert inner.scale_px_per_mm == pytest.approx(whole.scale_px_per_mm, rel=0.03)
    np.testing.assert_allclose(inner.rotation_radians, whole.rotation_radians, atol=0.05)


def test_a_symmetric_mean_that_looks_aside_stays_symmetric() -> None:
    upright = synthetic_pdm()
    mean = upright.mean_mm.reshape(3, 68)
    symmetric = (mean + mean[:, MIRRORED_ORDER] * np.array([[-1], [1], [1]])) / 2
    pdm = facing(replace(upright, mean_mm=symmetric.ravel().astype(np.float32)), 0.1)
    shift = np.random.default_rng(0).standard_normal(204)
    moved = replace(pdm, mean_mm=(pdm.mean_mm + _symmetric(pdm, shift)).astype(np.float32))
    found = facing(moved, -0.1).mean_mm.reshape(3, 68)
    np.testing.assert_allclose(
        found[:, MIRRORED_ORDER] * np.array([[-1], [1], [1]]), found, atol=1e-4
    )
    assert np.abs(found - symmetric).max() > 0.1
