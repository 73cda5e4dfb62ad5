"""Refinement of a synthetic face, whole and in parts."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.refinement import (
    TRACKING,
    FaceLandmarkModel,
    FaceRefiner,
    LandmarkModel,
    LandmarkRefiner,
    PartModel,
    RefinementSettings,
    grey_from_bgr,
)
from openface_core.shape import ShapeFit, calc_params
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import MODES, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.patch_experts import (
    synthetic_ccnf_experts,
    synthetic_landmark_model,
    synthetic_svr_experts,
)

FACE = (1.1, (0.05, -0.06, 0.08), (150.0, 140.0), np.zeros(MODES))
SIZE_PX = (300, 280)
SETTINGS = RefinementSettings(windows_px=(9, 7))
SHIFT_PX = np.array([4.0, -3.0], np.float32)
REMAINING_PX = 1.5


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return grey_from_bgr(render_face(synthetic_pdm(), *FACE, SIZE_PX))


@pytest.fixture(scope="module")
def truth() -> NDArray[np.float32]:
    return project_face(synthetic_pdm(), *FACE)


@pytest.fixture(scope="module")
def refiner() -> LandmarkRefiner:
    return LandmarkRefiner(synthetic_landmark_model(), SETTINGS)


def mean_error(found: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(found - truth, axis=1).mean())


def svr_model() -> LandmarkModel:
    return LandmarkModel(synthetic_pdm(), (synthetic_svr_experts(0.35), synthetic_svr_experts(0.5)))


@pytest.mark.parametrize("kind", ["ccnf", "svr"])
def test_displaced_landmarks_find_back(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner, kind: str
) -> None:
    if kind == "svr":
        refiner = LandmarkRefiner(svr_model(), SETTINGS)
    result = refiner.refine_points(picture, truth + SHIFT_PX)
    assert result.is_fitted
    assert mean_error(truth + SHIFT_PX, truth) == pytest.approx(5.0, abs=1e-3)
    assert mean_error(result.landmarks, truth) < REMAINING_PX
    assert np.isfinite(result.log_likelihood)


def test_a_worse_place_is_less_likely(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    good = refiner.refine_points(picture, truth)
    elsewhere = refiner.refine_points(picture, truth + np.array([25.0, 20.0], np.float32))
    assert good.log_likelihood > elsewhere.log_likelihood


def test_landmarks_are_those_of_the_fit(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    result = refiner.refine_points(picture, truth + SHIFT_PX)
    np.testing.assert_array_equal(result.landmarks, refiner.landmarks(result.fit))


def test_no_state_between_calls(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    first = refiner.refine_points(picture, truth + SHIFT_PX)
    refiner.refine_points(picture[::-1], truth - SHIFT_PX)
    again = refiner.refine_points(picture.astype(np.float32), truth + SHIFT_PX)
    np.testing.assert_array_equal(first.landmarks, again.landmarks)
    assert first.log_likelihood == again.log_likelihood


def test_arrays_may_be_views(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    expected = refiner.refine_points(picture, truth).landmarks
    padded = np.pad(picture, 3)[3:-3, 3:-3]
    np.testing.assert_array_equal(refiner.refine_points(padded, truth).landmarks, expected)


def test_the_nearest_view_is_used(refiner: LandmarkRefiner) -> None:
    face = (1.1, (0.0, 0.35, 0.0), (150.0, 140.0), np.zeros(MODES))
    picture = grey_from_bgr(render_face(synthetic_pdm(), *face, SIZE_PX))
    truth = project_face(synthetic_pdm(), *face)
    result = refiner.refine_points(picture, truth + np.array([2.0, 1.0], np.float32))
    assert result.view == 1
    assert mean_error(result.landmarks[17:], truth[17:]) < 2.0


def test_scales_without_a_window_cost_nothing(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    """Left out, a scale has no say: as if its experts were not there."""
    model = synthetic_landmark_model()
    fine = LandmarkRefiner(model, dataclasses.replace(SETTINGS, windows_px=(0, 7)))
    alone = LandmarkRefiner(
        LandmarkModel(model.pdm, model.experts[1:]),
        # The values that the adaptation gives at 0.5 pixels per mm, an octave above 0.25.
        dataclasses.replace(
            SETTINGS, windows_px=(7,), adapt_to_scale=False, regularisation=10.0, sigma_px=1.75
        ),
    )
    np.testing.assert_array_equal(
        fine.refine_points(picture, truth).landmarks, alone.refine_points(picture, truth).landmarks
    )


def test_a_face_too_small_is_not_fitted(refiner: LandmarkRefiner) -> None:
    face = (0.2, (0.0, 0.0, 0.0), (40.0, 40.0), np.zeros(MODES))
    picture = grey_from_bgr(render_face(synthetic_pdm(), *face, (80, 80)))
    result = refiner.refine_points(picture, project_face(synthetic_pdm(), *face))
    assert not result.is_fitted
    assert np.isfinite(result.landmarks).all()


def test_a_face_far_outside_of_the_picture_is_harmless(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    result = refiner.refine_points(picture, truth + np.float32(5000.0))
    assert np.isfinite(result.landmarks).all()


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((5, 5, 3), np.uint8), np.zeros((0, 5), np.uint8), np.zeros((5, 5), np.float64)],
)
def test_other_pictures_are_refused(
    truth: NDArray[np.float32], refiner: LandmarkRefiner, wrong: NDArray[Any]
) -> None:
    with pytest.raises(ValueError, match="grey picture"):
        refiner.refine_points(wrong, truth)


def test_an_impossible_start_is_refused(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    fit = calc_params(synthetic_pdm(), truth)
    for start in (
        ShapeFit(float("nan"), fit.rotation_radians, fit.translation_px, fit.shape_parameters, 0),
        ShapeFit(1.0, fit.rotation_radians, fit.translation_px, fit.shape_parameters[:5], 0),
    ):
        with pytest.raises(ValueError, match="finite fit"):
            refiner.refine(picture, start)
    with pytest.raises(ValueError, match="finite fit"):
        refiner.refine_points(picture, np.zeros((68, 2), dtype=np.float32))


def test_files_of_scales_in_each_others_place_are_told() -> None:
    swapped = (synthetic_svr_experts(0.5), synthetic_svr_experts(0.35))
    with pytest.raises(ValueError, match=r"found 0\.5, 0\.35 px/mm"):
        LandmarkModel(synthetic_pdm(), swapped)


def test_settings_adapt_to_the_scale_as_openface_does() -> None:
    scales = (0.25, 0.35, 0.5, 1.0)
    settings = RefinementSettings(windows_px=(11, 9, 7, 5), weight_factor=1.0)
    octaves = np.log2(0.35 / 0.25)
    middle, fine, beyond = (settings.at_scale(i, scales) for i in (1, 2, 3))
    assert middle.regularisation == pytest.approx(25.0 - 15.0 * octaves)
    assert middle.sigma_px == pytest.approx(1.5 + 0.25 * octaves)
    assert middle.weight_factor == pytest.approx(1.0 + 2.0 * octaves)
    assert (fine.regularisation, fine.sigma_px, fine.weight_factor) == (10.0, 1.75, 3.0)
    assert (beyond.regularisation, beyond.sigma_px, beyond.window_px) == (10.0, 1.75, 5)
    weak = dataclasses.replace(settings, regularisation=3.0)
    assert weak.at_scale(2, scales).regularisation == 0.001
    fixed = dataclasses.replace(settings, adapt_to_scale=False)
    assert (fixed.at_scale(2, scales).regularisation, fixed.at_scale(2, scales).sigma_px) == (
        25,
        1.5,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"windows_px": (0, 0)},
        {"windows_px": (8,)},
        {"windows_px": (27,)},
        {"windows_px": (1,)},
        {"windows_px": (7,), "iterations": 0},
        {"windows_px": (7,), "sigma_px": 0.0},
        {"windows_px": (7,), "regularisation": -1.0},
        {"windows_px": (7,), "weight_factor": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="should be"):
        RefinementSettings(**wrong)


def test_experts_must_have_a_window() -> None:
    with pytest.raises(ValueError, match="no scale"):
        LandmarkRefiner(
            LandmarkModel(synthetic_pdm(), (synthetic_ccnf_experts(0.5),)),
            RefinementSettings(windows_px=(0, 7)),
        )


def test_peaks_change_nothing_else(
    picture: NDArray[np.uint8], truth: NDArray[np.float32], refiner: LandmarkRefiner
) -> None:
    seeking = LandmarkRefiner(
        synthetic_landmark_model(),
        SETTINGS,
        peaks_of=lambda _scale: np.ones(68, bool),
    )
    expected = refiner.refine_points(picture, truth + SHIFT_PX)
    found = seeking.refine_points(picture, truth + SHIFT_PX)
    np.testing.assert_array_equal(found.landmarks, expected.landmarks)
    np.testing.assert_array_equal(found.fit.shape_parameters, expected.fit.shape_parameters)
    assert found.log_likelihood == expected.log_likelihood
    assert expected.unfitted is None
    assert found.unfitted is not None
    assert 0.0 < mean_error(found.unfitted, found.landmarks) < REMAINING_PX
    assert found.log_densities is not None
    assert found.log_densities.mean() == pytest.approx(found.log_likelihood)
    assert seeking.with_settings(SETTINGS).peaks_of is not None


# --------------------------------------------------------------------------- parts


def face_model(first: int = 17) -> FaceLandmarkModel:
    """Return the synthetic face with a part, which shares the points from `first` on."""
    whole = synthetic_landmark_model()
    shared = np.arange(first, 68)
    part = PartModel("inner", LandmarkModel(whole.pdm, whole.experts[1:]), shared, shared)
    return FaceLandmarkModel(whole, (part,))


PART_SETTINGS = {
    "inner": RefinementSettings(
        windows_px=(9,),
        sigma_px=1.75,
        regularisation=2.5,
        weight_factor=2.5,
        adapt_to_scale=False,
    )
}


def test_parts_are_written_back_and_the_face_is_fitted_to_them(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    refiner = FaceRefiner(face_model(), SETTINGS, PART_SETTINGS)
    start = calc_params(synthetic_pdm(), truth + SHIFT_PX)
    result = refiner.refine(picture, start)
    whole = refiner.face.refine(picture, start)
    part = result.parts["inner"]
    assert part.is_refined
    points = whole.landmarks.copy()
    points[17:] = part.shape.landmarks[17:]
    fit = calc_params(synthetic_pdm(), points)
    np.testing.assert_array_equal(result.face.landmarks, refiner.face.landmarks(fit))
    np.testing.assert_array_equal(result.face.unfitted, points)
    assert whole.unfitted is None
    assert result.face.log_likelihood == whole.log_likelihood
    assert mean_error(result.face.landmarks, truth) < REMAINING_PX


def test_peaks_of_parts_take_the_place_of_the_face_s_own(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    refiner = FaceRefiner(face_model(), SETTINGS, PART_SETTINGS, finds_peaks=True)
    start = calc_params(synthetic_pdm(), truth + SHIFT_PX)
    result = refiner.refine(picture, start)
    expected = FaceRefiner(face_model(), SETTINGS, PART_SETTINGS).refine(picture, start)
    np.testing.assert_array_equal(result.face.landmarks, expected.face.landmarks)
    whole, part = refiner.face.refine(picture, start).unfitted, result.parts["inner"].shape.unfitted
    assert whole is not None
    assert part is not None
    peaks = result.face.unfitted
    assert peaks is not None
    np.testing.assert_array_equal(peaks[:17], whole[:17])
    np.testing.assert_array_equal(peaks[17:], part[17:])


def test_a_part_starts_from_the_landmarks_it_shares(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    refiner = FaceRefiner(face_model(), SETTINGS, PART_SETTINGS)
    whole = refiner.face.refine_points(picture, truth)
    points = np.zeros((68, 2), dtype=np.float32)
    points[17:] = whole.landmarks[17:]
    expected = refiner.parts[0].refiner.refine_points(picture, points)
    found = refiner.refine_points(picture, truth).parts["inner"].shape
    np.testing.assert_array_equal(found.landmarks, expected.landmarks)


def test_parts_of_a_small_face_have_no_say() -> None:
    face = (0.4, (0.0, 0.0, 0.0), (60.0, 60.0), np.zeros(MODES))
    picture = grey_from_bgr(render_face(synthetic_pdm(), *face, (120, 120)))
    refiner = FaceRefiner(face_model(), SETTINGS, PART_SETTINGS)
    points = project_face(synthetic_pdm(), *face)
    result = refiner.refine_points(picture, points)
    whole = refiner.face.refine_points(picture, points)
    assert not result.parts["inner"].is_refined
    np.testing.assert_array_equal(result.face.landmarks, whole.landmarks)


def test_a_part_of_too_few_landmarks_is_left_out(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    result = FaceRefiner(face_model(first=66), SETTINGS, PART_SETTINGS).refine_points(
        picture, truth
    )
    assert result.parts == {}


def test_parts_must_fit_the_face() -> None:
    whole = synthetic_landmark_model()
    with pytest.raises(ValueError, match="pairs"):
        PartModel("inner", whole, np.arange(3), np.arange(4))
    with pytest.raises(ValueError, match="no such"):
        PartModel("inner", whole, np.array([3]), np.array([68]))
    with pytest.raises(ValueError, match="lacks"):
        FaceLandmarkModel(whole, (PartModel("inner", whole, np.array([68]), np.array([3])),))
    part = PartModel("chin", whole, np.arange(3), np.arange(3))
    with pytest.raises(ValueError, match="chin"):
        FaceRefiner(FaceLandmarkModel(whole, (part,)), TRACKING)


def test_another_refiner_of_the_same_models_shares_what_is_the_same(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    wide = RefinementSettings(windows_px=(11, 7))
    first = FaceRefiner(face_model(), SETTINGS, PART_SETTINGS)
    shared, own = first.with_settings(wide), FaceRefiner(face_model(), wide, PART_SETTINGS)
    assert shared.parts is first.parts
    assert shared.face._scales[1] is first.face._scales[1]
    assert shared.face._scales[0] is not first.face._scales[0]
    found, expected = (r.refine_points(picture, truth + SHIFT_PX) for r in (shared, own))
    np.testing.assert_array_equal(found.face.landmarks, expected.face.landmarks)
    assert first.face.settings == SETTINGS
    with pytest.raises(ValueError, match="no scale"):
        first.with_settings(RefinementSettings(windows_px=(0, 0, 7)))


def test_peaks_of_later_parts_are_not_sought_before(
    picture: NDArray[np.uint8], truth: NDArray[np.float32]
) -> None:
    model, shared = face_model(), np.arange(36, 48)
    eyes = PartModel("eyes", model.parts[0].model, shared, shared)
    model = FaceLandmarkModel(model.face, (*model.parts, eyes))
    settings = {**PART_SETTINGS, "eyes": PART_SETTINGS["inner"]}
    refiner = FaceRefiner(model, SETTINGS, settings, finds_peaks=True)
    result = refiner.refine(picture, calc_params(synthetic_pdm(), truth + SHIFT_PX))
    inner, last = (result.parts[name].shape for name in ("inner", "eyes"))
    assert inner.unfitted is not None
    assert last.unfitted is not None
    assert result.face.unfitted is not None
    is_moved = np.abs(inner.unfitted - inner.landmarks).max(axis=1) > 1e-3
    assert not is_moved[:17].any()
    assert not is_moved[shared].any()
    assert is_moved[17:36].all()
    np.testing.assert_array_equal(result.face.unfitted[shared], last.unfitted[shared])
    np.testing.assert_array_equal(result.face.unfitted[48:], inner.unfitted[48:])
