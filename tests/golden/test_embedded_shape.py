"""The embedded shape model beside OpenFace's, on annotated photographs."""

from pathlib import Path

import numpy as np
import pytest

from models.locate import EMBEDDED_FOLDER
from models.training.photographs import read_photographs
from models.training.shape.head_pose import head_rotations
from models.training.shape.train import guessed_camera
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.model_files import read_pdm, read_triangulation
from openface_core.shape import PointDistributionModel, calc_params, project_shape
from tests.fixtures.faces.looking_ahead import looking_ahead, yaw_of

HEAD_POSE_MAD_RADIANS = 0.05
FIT_RESIDUAL = 0.025
"""Mean distance of annotated points from their fit, over that of the centres of the eyes."""

pytestmark = pytest.mark.skipif(
    not (EMBEDDED_FOLDER / "shape.txt").is_file(), reason="models/embedded is not complete"
)


@pytest.fixture(scope="module")
def pdm() -> PointDistributionModel:
    return read_pdm(EMBEDDED_FOLDER / "shape.txt", 68)


def test_mean_is_symmetric_and_as_deep_as_a_face(pdm: PointDistributionModel) -> None:
    assert abs(yaw_of(pdm)) < 0.03  # OpenFace's mean face looks a little to one side, too
    mean = looking_ahead(pdm).mean_mm.reshape(3, 68).T
    np.testing.assert_allclose(mean[MIRRORED_ORDER] * (-1, 1, 1), mean, atol=1e-3)
    assert mean[:, 2].argmin() == 30  # the tip of the nose is nearest
    assert set(mean[:, 2].argsort()[-2:]) == {0, 16}  # the jaw's ends are farthest
    assert 55.0 < np.ptp(mean[:, 2]) < 110.0


def test_modes_are_orthonormal(pdm: PointDistributionModel) -> None:
    np.testing.assert_allclose(pdm.components_mm.T @ pdm.components_mm, np.eye(34), atol=1e-4)


def test_triangulation_has_every_landmark() -> None:
    triangles = read_triangulation(EMBEDDED_FOLDER / "triangulation.txt", 68)
    assert set(triangles.ravel()) == set(range(68))


@pytest.mark.reference
def test_head_pose_and_residual_on_annotated_photographs(
    pdm: PointDistributionModel, reference: Path
) -> None:
    theirs = read_pdm(reference / "openface/AU_predictors/In-the-wild_aligned_PDM_68.txt", 68)
    photographs = read_photographs(reference / "faces", "helen_train")[::4]
    faces = np.array([photograph.landmarks_px for photograph in photographs])
    cameras = [guessed_camera(photograph) for photograph in photographs]
    ours, expected = (head_rotations(model, faces, cameras) for model in (pdm, theirs))
    away = np.abs(ours - expected).mean(axis=0)
    assert away.max() <= HEAD_POSE_MAD_RADIANS, away
    residuals = []
    for points in faces:
        eyes = np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0))
        fitted = project_shape(pdm, calc_params(pdm, points))
        residuals.append(np.linalg.norm(fitted - points, axis=1).mean() / eyes)
    assert np.mean(residuals) <= FIT_RESIDUAL
