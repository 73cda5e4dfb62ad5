"""Fitted eyes are placed where the camera sees them."""

import numpy as np
import pytest

from openface_core.eyes import (
    EyeMeasurement,
    FittedEyes,
    eyes_in_camera_mm,
    face_lid_points,
    measure_eyes,
    place_eyes,
)
from openface_core.shape import (
    Camera,
    HeadPose,
    PointDistributionModel,
    ShapeFit,
    landmarks_in_camera_mm,
)

CAMERA = Camera(500.0, 510.0, 320.0, 240.0)
# Places are rounded to float32 between the fit and the points in space.
POINT_TOLERANCE_MM = 1e-3
PIXEL_TOLERANCE = 1e-3


def eye_pdm(seed: int) -> PointDistributionModel:
    rng = np.random.default_rng(seed)
    return PointDistributionModel(
        mean_mm=rng.normal(scale=6.0, size=84).astype(np.float32),
        components_mm=np.linalg.qr(rng.normal(size=(84, 5)))[0].astype(np.float32),
        eigenvalues=np.array([9, 5, 3, 2, 1], dtype=np.float32),
    )


def shape_fit(seed: int, scale: float = 1.2) -> ShapeFit:
    rng = np.random.default_rng(seed)
    return ShapeFit(
        scale_px_per_mm=scale,
        rotation_radians=rng.uniform(-0.4, 0.4, 3).astype(np.float32),
        translation_px=rng.uniform(200, 300, 2).astype(np.float32),
        shape_parameters=rng.normal(size=5).astype(np.float32),
        iterations=1,
    )


PDMS = (eye_pdm(1), eye_pdm(2))


def fitted() -> FittedEyes:
    eyes = place_eyes(PDMS, (shape_fit(3), shape_fit(4, 1.3)))
    assert eyes is not None
    return eyes


def measured() -> EyeMeasurement:
    face = np.zeros((68, 3), dtype=np.float32)
    face[:, 2] = 400.0
    pose = HeadPose(np.array([0.0, 0.0, 400.0]), np.zeros(3))
    found = measure_eyes(fitted(), face, pose, CAMERA)
    assert found is not None
    return found


def test_points_are_those_of_the_shape_model() -> None:
    found = measured()
    for eye, fit in enumerate((shape_fit(3), shape_fit(4, 1.3))):
        expected = landmarks_in_camera_mm(PDMS[eye], fit, CAMERA)
        np.testing.assert_allclose(
            found.landmarks_3d_mm[eye], expected, rtol=0, atol=POINT_TOLERANCE_MM
        )


def test_points_project_to_where_they_are_seen() -> None:
    found = measured()
    x, y, z = np.moveaxis(found.landmarks_3d_mm.astype(np.float64), -1, 0)
    seen = np.stack([500.0 * x / z + 320.0, 510.0 * y / z + 240.0], axis=-1)
    np.testing.assert_allclose(seen, found.landmarks_px, rtol=0, atol=PIXEL_TOLERANCE)


def test_gaze_is_of_length_one() -> None:
    np.testing.assert_allclose(np.linalg.norm(measured().gaze_directions, axis=1), 1.0, rtol=1e-6)


def test_depths_give_the_same_points_again() -> None:
    found = measured()
    again = eyes_in_camera_mm(found.landmarks_px, found.landmarks_3d_mm[..., 2], CAMERA)
    np.testing.assert_array_equal(again, found.landmarks_3d_mm)


def test_a_fit_without_meaning_places_nothing() -> None:
    assert place_eyes(PDMS, (shape_fit(3), shape_fit(4, np.nan))) is None
    assert place_eyes(PDMS, (shape_fit(3, 0.0), shape_fit(4))) is None


@pytest.mark.filterwarnings("ignore:overflow")
def test_points_too_large_for_their_type_place_nothing() -> None:
    assert place_eyes(PDMS, (shape_fit(3, 1e39), shape_fit(4))) is None


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_eyes_without_a_direction_of_gaze_are_not_measured() -> None:
    eyes = fitted()
    far = FittedEyes(eyes.landmarks_px, eyes.relative_depths_mm, np.array([1e-60, 1.0]))
    face = np.zeros((68, 3), dtype=np.float32)
    assert measure_eyes(far, face, HeadPose(np.zeros(3), np.zeros(3)), CAMERA) is None


def test_contradictions_are_refused() -> None:
    good = fitted()
    for field, value in (
        ("landmarks_px", good.landmarks_px[:1]),
        ("relative_depths_mm", good.relative_depths_mm[:, :27]),
        ("landmarks_px", np.full((2, 28, 2), np.nan, dtype=np.float32)),
        ("scales_px_per_mm", np.array([1.0, -1.0])),
        ("scales_px_per_mm", np.ones(3)),
    ):
        with pytest.raises(ValueError, match=field):
            FittedEyes(**{**vars(good), field: value})


def test_the_lids_of_the_face_in_the_places_of_an_eye_model() -> None:
    landmarks = np.arange(136, dtype=np.float32).reshape(68, 2)
    for eye, first in enumerate((36, 42)):
        points = face_lid_points(landmarks, eye)
        np.testing.assert_array_equal(points[8:20:2], landmarks[first : first + 6])
        assert not np.delete(points, [8, 10, 12, 14, 16, 18], axis=0).any()
