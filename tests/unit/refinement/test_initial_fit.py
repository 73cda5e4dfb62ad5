import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.refinement import FaceLandmarkModel, FaceRefiner, RefinementSettings
from openface_core.refinement.early_termination import EarlyTermination
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.initial_fit import HEAD_ROTATIONS, HypothesisFit, start_in_box
from openface_core.refinement.landmark_model import (
    CECLM_ADJUSTMENT,
    NO_ADJUSTMENT,
    SettingsAdjustment,
)
from openface_core.shape import project_shape
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import MODES, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.patch_experts import synthetic_landmark_model

FACE = (1.1, (0.05, -0.06, 0.08), (150.0, 140.0), np.zeros(MODES))
SETTINGS = RefinementSettings(windows_px=(9, 7))
VIEWS = 3


def early(cutoff: float) -> EarlyTermination:
    return EarlyTermination(np.ones(VIEWS), np.zeros(VIEWS), np.full(VIEWS, cutoff))


@pytest.mark.parametrize("rotation", HEAD_ROTATIONS[:7])
def test_the_mean_shape_fills_the_box(rotation: tuple[float, float, float]) -> None:
    box = np.array([100.0, 60.0, 120.0, 130.0])
    points = project_shape(synthetic_pdm(), start_in_box(synthetic_pdm(), box, rotation))
    least, most = points.min(axis=0), points.max(axis=0)
    np.testing.assert_allclose((least + most) / 2, box[:2] + box[2:] / 2, atol=1e-3)
    shares = (most - least) / box[2:]
    assert shares.mean() == pytest.approx(1.0, abs=0.15)


def test_the_adjustment_is_of_sigma_and_regularisation_only() -> None:
    adjusted = CECLM_ADJUSTMENT.of(RefinementSettings(windows_px=(11, 9, 7, 5)))
    assert (adjusted.sigma_px, adjusted.regularisation) == (2.25, 22.5)
    assert adjusted.windows_px == (11, 9, 7, 5)
    assert NO_ADJUSTMENT.of(adjusted) == adjusted
    assert SettingsAdjustment(2.0, 0.5).of(adjusted).regularisation == 11.25


def test_early_termination_scores_by_view() -> None:
    found = EarlyTermination(np.array([1.0, 2.0]), np.array([0.0, -1.0]), np.array([0.5, 0.5]))
    assert found.score(1, 3.0) == 5.0
    assert found.is_enough(0, 0.6)
    assert not found.is_enough(0, 0.5)
    assert not found.is_enough(1, 0.7)
    with pytest.raises(ValueError, match="per view"):
        EarlyTermination(np.ones(2), np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="finite"):
        EarlyTermination(np.ones(1), np.ones(1), np.array([np.nan]))


def test_windows_for_two_scales_are_needed() -> None:
    model = FaceLandmarkModel(synthetic_landmark_model(), ())
    refiner = FaceRefiner(model, SETTINGS)
    for windows in ((0, 7), (9, 0)):
        with pytest.raises(ValueError, match="several head orientations need windows"):
            HypothesisFit(refiner, RefinementSettings(windows_px=windows), early(0.0))


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return grey_from_bgr(render_face(synthetic_pdm(), *FACE, (300, 280)))


def box_of_the_face() -> np.ndarray:
    points = project_face(synthetic_pdm(), *FACE)
    least, most = points.min(axis=0), points.max(axis=0)
    return np.concatenate([least, most - least])


@pytest.mark.parametrize("cutoff", [-1e6, 1e6])
def test_the_face_in_a_box_is_found_with_and_without_early_termination(
    picture: NDArray[np.uint8], cutoff: float
) -> None:
    refiner = FaceRefiner(FaceLandmarkModel(synthetic_landmark_model(), ()), SETTINGS)
    found = HypothesisFit(refiner, SETTINGS, early(cutoff)).fit_in_box(picture, box_of_the_face())
    assert found.face.face.is_fitted
    truth = project_face(synthetic_pdm(), *FACE)
    assert np.linalg.norm(found.face.face.landmarks - truth, axis=1).mean() < 2.5


def test_the_first_orientation_that_is_good_enough_is_taken(picture: NDArray[np.uint8]) -> None:
    refiner = FaceRefiner(FaceLandmarkModel(synthetic_landmark_model(), ()), SETTINGS)
    rotations = HEAD_ROTATIONS[3:6]
    initial = HypothesisFit(refiner, SETTINGS, early(-1e6), rotations)
    assert initial.fit_in_box(picture, box_of_the_face()).hypothesis == 0
    ranked = HypothesisFit(refiner, SETTINGS, early(1e6), rotations)
    assert ranked.fit_in_box(picture, box_of_the_face()).hypothesis == 2


def test_a_face_too_small_for_the_experts_is_not_fitted(picture: NDArray[np.uint8]) -> None:
    refiner = FaceRefiner(FaceLandmarkModel(synthetic_landmark_model(), ()), SETTINGS)
    initial = HypothesisFit(refiner, SETTINGS, early(-1e6))
    tiny = np.array([100.0, 100.0, 12.0, 12.0])
    assert not initial.fit_in_box(picture, tiny).face.face.is_fitted


def test_the_likeliest_is_taken_where_it_is_not_known_what_is_enough(
    picture: NDArray[np.uint8],
) -> None:
    refiner = FaceRefiner(FaceLandmarkModel(synthetic_landmark_model(), ()), SETTINGS)
    found = HypothesisFit(refiner, SETTINGS, None).fit_in_box(picture, box_of_the_face())
    fits = [
        refiner.refine(picture, start_in_box(synthetic_pdm(), box_of_the_face(), rotation)).face
        for rotation in HEAD_ROTATIONS
    ]
    likelihoods = [np.float32(fit.log_likelihood) for fit in fits if fit.is_fitted]
    assert np.float32(found.face.face.log_likelihood) == max(likelihoods)
    truth = project_face(synthetic_pdm(), *FACE)
    assert np.linalg.norm(found.face.face.landmarks - truth, axis=1).mean() < 2.5
    turned = HypothesisFit(refiner, SETTINGS, None, HEAD_ROTATIONS[3:6])
    assert turned.fit_in_box(picture, box_of_the_face()).hypothesis == 2
    tiny = np.array([100.0, 100.0, 12.0, 12.0])
    assert not turned.fit_in_box(picture, tiny).face.face.is_fitted


def test_one_scale_is_enough_where_all_are_fitted_at_all_scales(
    picture: NDArray[np.uint8],
) -> None:
    refiner = FaceRefiner(FaceLandmarkModel(synthetic_landmark_model(), ()), SETTINGS)
    settings = RefinementSettings(windows_px=(0, 7))
    found = HypothesisFit(refiner, settings, None).fit_in_box(picture, box_of_the_face())
    assert found.face.face.is_fitted
