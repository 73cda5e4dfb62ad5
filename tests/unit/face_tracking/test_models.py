"""What refinement takes part, by the settings and by the parts that a model has."""

import pytest

from openface_core.face_tracking import FaceRefinement, FaceRefinementSettings
from openface_core.refinement import FaceLandmarkModel
from tests.fixtures.synthetic_models.eyes import eye_part, face_model_with_eyes
from tests.fixtures.synthetic_models.patch_experts import synthetic_landmark_model

SETTINGS = FaceRefinementSettings(windows_px=(0, 7), first_windows_px=(9, 7), iterations=3)


def test_both_refiners_have_one_model_and_their_own_windows() -> None:
    refinement = FaceRefinement.from_settings(face_model_with_eyes(), SETTINGS)
    assert refinement.first.face.settings == SETTINGS.first
    assert refinement.following.face.settings == SETTINGS.following
    assert refinement.first.face.pdm is refinement.following.face.pdm


def test_eyes_are_fitted_where_both_have_models() -> None:
    assert FaceRefinement.from_settings(face_model_with_eyes(), SETTINGS).eyes is not None
    one = FaceLandmarkModel(synthetic_landmark_model(), (eye_part(0),))
    assert FaceRefinement.from_settings(one, SETTINGS).eyes is None


def test_windows_for_missing_scales() -> None:
    settings = FaceRefinementSettings(windows_px=(0, 0, 7))
    with pytest.raises(ValueError, match="no scale"):
        FaceRefinement.from_settings(face_model_with_eyes(), settings)
