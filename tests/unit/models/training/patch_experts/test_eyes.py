"""The shape model of an eye, learned from the points of both."""

from pathlib import Path

import numpy as np
import pytest

from models.training.patch_experts.eyes import (
    EYE_MODES,
    MIRRORED_EYE,
    TaughtEyes,
    eye_shape,
    generic_eye_mm,
    mirrored_eye,
)
from models.training.patch_experts.faces import LocatedFace
from models.training.photographs import Photograph
from models.training.shape.standard_frame import plain_model
from models.training.shape.structure_from_motion import DeformableShape
from openface_core.shape import PointDistributionModel, ShapeFit, calc_params, project_shape

FACES = 60


def teacher_eye() -> PointDistributionModel:
    """A left eye whose modes are smooth, of the size of the generic one."""
    mean = 1.1 * generic_eye_mm()
    rng = np.random.default_rng(2)
    waves = rng.standard_normal((EYE_MODES, 28, 3))
    waves = waves + waves[:, MIRRORED_EYE] * 0.3
    sizes = np.linspace(0.5, 0.1, EYE_MODES)[:, None, None]
    return plain_model(DeformableShape(mean, sizes * waves, 0.1), EYE_MODES)


def eyes_of(teacher: PointDistributionModel) -> TaughtEyes:
    rng = np.random.default_rng(3)
    models = teacher, mirrored_eye(teacher)
    points = np.empty((FACES, 2, 28, 2), dtype=np.float32)
    fits, faces = [], []
    for face in range(FACES):
        turn = rng.normal(0.0, 0.2, 3).astype(np.float32)
        scale = float(rng.uniform(0.5, 1.5))
        for eye, model in enumerate(models):
            weights = rng.standard_normal(EYE_MODES) * np.sqrt(model.eigenvalues)
            place = np.array([100.0 + 60 * scale * eye, 90.0], dtype=np.float32)
            fit = ShapeFit(scale, turn, place, weights.astype(np.float32), 0)
            points[face, eye] = project_shape(model, fit)
        fits.append(ShapeFit(scale, turn, place, np.zeros(34, np.float32), 0))
        photograph = Photograph("made", str(face), Path(), None)
        faces.append(LocatedFace(face, photograph, points[face, 0]))
    scales = np.repeat([fit.scale_px_per_mm for fit in fits], 2).reshape(FACES, 2)
    return TaughtEyes(tuple(faces), points, scales, tuple(fits))


def test_a_shape_model_fits_the_eyes_that_it_was_learned_from() -> None:
    teacher = teacher_eye()
    eyes = eyes_of(teacher)
    found = eye_shape(eyes, teacher)
    assert found.landmark_count == 28
    assert found.mode_count == EYE_MODES
    for eye, model in enumerate((found, mirrored_eye(found))):
        off = []
        for points, scale in zip(
            eyes.points_px[:, eye], eyes.scales_px_per_mm[:, eye], strict=True
        ):
            fitted = project_shape(model, calc_params(model, points.copy()))
            off.append(np.linalg.norm(fitted - points, axis=1).mean() / scale)
        assert np.median(off) < 0.5


def test_its_millimetres_are_the_teachers() -> None:
    teacher = teacher_eye()
    eyes = eyes_of(teacher)
    found = eye_shape(eyes, teacher)
    ratios = [
        calc_params(found, points.copy()).scale_px_per_mm
        / calc_params(teacher, points.copy()).scale_px_per_mm
        for points in eyes.points_px[:, 0]
    ]
    assert np.median(ratios) == pytest.approx(1.0, abs=0.03)


def test_small_eyes_teach_no_experts() -> None:
    eyes = eyes_of(teacher_eye())
    for eye in range(2):
        assert len(eyes.large(eye)) == (eyes.scales_px_per_mm[:, eye] >= 0.8).sum()
        np.testing.assert_array_equal(
            eyes.large(eye)[0].points_px,
            eyes.points_px[eyes.scales_px_per_mm[:, eye] >= 0.8, eye][0],
        )


def test_what_is_too_wide_for_an_eye_is_left_out() -> None:
    eyes = eyes_of(teacher_eye())
    eyes.points_px[0, 0] *= 5
    eyes.points_px[1, 1] = np.nan
    points, poses = eyes.as_left_ones()
    assert len(points) == len(poses.scales) == 2 * FACES - 2


def test_the_generic_eye_is_its_own_mirror_image() -> None:
    eye = generic_eye_mm()
    np.testing.assert_allclose(eye[MIRRORED_EYE] * (-1, 1, 1), eye, atol=1e-9)


def test_a_mirrored_eye_mirrored_is_the_eye() -> None:
    pdm = teacher_eye()
    again = mirrored_eye(mirrored_eye(pdm))
    np.testing.assert_array_equal(again.mean_mm, pdm.mean_mm)
    np.testing.assert_array_equal(again.components_mm, pdm.components_mm)
