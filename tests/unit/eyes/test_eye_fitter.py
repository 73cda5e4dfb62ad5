"""Eyes that were drawn are found again."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.eyes import EyeFitter, FittedEyes, face_lid_points, place_eyes
from openface_core.eyes.eye_points import FACE_LID_POINTS, LID_POINTS
from openface_core.refinement import FaceRefiner, LandmarkModel
from openface_core.shape import ShapeFit, calc_params
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.eyes import draw_eyes, eye_part, eye_pdm, face_model_with_eyes
from tests.fixtures.synthetic_models.patch_experts import synthetic_landmark_model

SIZE_PX = (320, 260)
CENTRE_PX = (160.0, 130.0)
# The eye's opening and the turn of a flat shape are hard to tell apart, so points come near.
FOUND_PX = 0.7
SAME_POINTS_PX = 1e-4


@pytest.fixture(scope="module")
def fitter() -> EyeFitter:
    return EyeFitter(face_model_with_eyes())


def face_at(scale: float) -> tuple[NDArray[np.float32], ShapeFit]:
    """Return the landmarks of a frontal face and the face's fit."""
    landmarks = project_face(synthetic_pdm(), scale, (0.0, 0.0, 0.0), CENTRE_PX, np.zeros(34))
    return landmarks, calc_params(synthetic_pdm(), landmarks)


def eyes_of(
    landmarks: NDArray[np.float32], scale: float, gaze: tuple[float, float]
) -> NDArray[np.float32]:
    """Return points (2, 28, 2) of eyes within the lids, their irises moved by `gaze`, mm."""
    shape = np.array([gaze[0] * 4.0, gaze[1] * 4.0, 0.0])  # sixteen points share a mode of length 1
    flat = eye_pdm().shape_mm(shape)[:, :2] * np.float32(scale)
    middles = [landmarks[list(points)].mean(axis=0) for points in FACE_LID_POINTS]
    return np.stack([flat + middle for middle in middles]).astype(np.float32)


def distances(found: FittedEyes, eyes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(found.landmarks_px - eyes, axis=-1))


@pytest.mark.parametrize("scale", [1.1, 1.6])
@pytest.mark.parametrize("gaze", [(0.0, 0.0), (0.9, 0.0), (-0.8, 0.5)])
def test_the_iris_is_found_where_it_was_drawn(
    scale: float, gaze: tuple[float, float], fitter: EyeFitter
) -> None:
    landmarks, fit = face_at(scale)
    eyes = eyes_of(landmarks, scale, gaze)
    found = fitter.fit(draw_eyes(eyes, SIZE_PX), landmarks, fit)
    assert found is not None
    assert distances(found, eyes).mean() <= FOUND_PX
    without = fitter.fit(np.full(SIZE_PX[::-1], 128, dtype=np.uint8), landmarks, fit)
    assert without is not None
    if gaze != (0.0, 0.0):  # the lids alone know nothing of gaze
        assert distances(found, eyes)[:, :8].mean() < 0.5 * distances(without, eyes)[:, :8].mean()


def test_small_faces_are_fitted_without_experts(fitter: EyeFitter) -> None:
    landmarks, fit = face_at(0.89)
    found = fitter.fit(draw_eyes(eyes_of(landmarks, 0.89, (2.0, 0.0)), SIZE_PX), landmarks, fit)
    pdms = (eye_pdm(), eye_pdm())
    expected = place_eyes(
        pdms, [calc_params(eye_pdm(), face_lid_points(landmarks, k)) for k in (0, 1)]
    )
    assert found is not None
    assert expected is not None
    for name, values in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), values)


def test_the_parts_of_a_refined_face_are_the_same_eyes(fitter: EyeFitter) -> None:
    landmarks, fit = face_at(1.2)
    eyes = eyes_of(landmarks, 1.2, (1.0, 0.0))
    face = FaceRefiner(face_model_with_eyes()).refine(draw_eyes(eyes, SIZE_PX), fit)
    found = fitter.place(face.parts)
    assert found is not None
    for eye, part in enumerate(("left_eye_28", "right_eye_28")):
        shape = face.parts[part].shape
        np.testing.assert_allclose(
            found.landmarks_px[eye], shape.landmarks, rtol=0, atol=SAME_POINTS_PX
        )
    # What was written back into the face is what the eyes found, but for the fit of the face.
    lids = found.landmarks_px[:, LID_POINTS].reshape(12, 2)
    assert np.linalg.norm(face.face.landmarks[36:48] - lids, axis=1).mean() < 1.0


def test_an_eye_that_is_not_among_the_parts(fitter: EyeFitter) -> None:
    assert fitter.place({}) is None


def test_the_order_of_frames_does_not_matter(fitter: EyeFitter) -> None:
    pictures = []
    for scale in (1.1, 1.3):
        landmarks, fit = face_at(scale)
        grey = draw_eyes(eyes_of(landmarks, scale, (1.0, 0.5)), SIZE_PX)
        pictures.append((grey, landmarks, fit))
    first = [fitter.fit(*picture) for picture in pictures]
    second = [fitter.fit(*picture) for picture in reversed(pictures)][::-1]
    for one, other in zip(first, second, strict=True):
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(one.landmarks_px, other.landmarks_px)


def test_landmarks_that_admit_no_eyes(fitter: EyeFitter) -> None:
    grey = np.full(SIZE_PX[::-1], 128, dtype=np.uint8)
    landmarks, fit = face_at(1.2)
    coinciding = landmarks.copy()
    coinciding[36:42] = coinciding[36]
    assert fitter.fit(grey, coinciding, fit) is None
    broken = landmarks.copy()
    broken[40, 1] = np.nan
    assert fitter.fit(grey, broken, fit) is None
    assert fitter.fit(grey, landmarks, replace(fit, scale_px_per_mm=np.nan)) is None


def test_a_face_out_of_the_picture_has_finite_eyes_or_none(fitter: EyeFitter) -> None:
    landmarks = project_face(
        synthetic_pdm(), 1.2, (0.1, 0.2, 0.0), (-400.0, 900.0), plausible_shape_parameters(1)
    )
    grey = np.full(SIZE_PX[::-1], 128, dtype=np.uint8)
    found = fitter.fit(grey, landmarks, calc_params(synthetic_pdm(), landmarks))
    assert found is None or np.isfinite(found.landmarks_px).all()


def test_models_that_are_no_eyes_are_refused() -> None:
    model = face_model_with_eyes()
    with pytest.raises(ValueError, match="no model of right_eye_28"):
        EyeFitter(replace(model, parts=model.parts[:1]))
    swapped = replace(eye_part(0), name="right_eye_28"), replace(eye_part(1), name="left_eye_28")
    with pytest.raises(ValueError, match="lids"):
        EyeFitter(replace(model, parts=swapped))
    whole: LandmarkModel = synthetic_landmark_model()
    with pytest.raises(ValueError, match="28 points, found 68"):
        EyeFitter(replace(model, parts=(replace(eye_part(0), model=whole), eye_part(1))))
