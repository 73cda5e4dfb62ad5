"""What a teacher says of eyes is kept where it says the same in mirror image."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.eyes.labels import EyeLabels, eye_labels
from models.training.openface_teacher import Teacher
from models.training.photographs import Photograph
from openface_core.eyes import FittedEyes
from openface_core.eyes.eye_points import FACE_LID_POINTS, LID_POINTS
from openface_core.faces import Face, FaceStatus
from openface_core.shape import PointDistributionModel, calc_params
from tests.fixtures.faces.drawn import drawn_face, face_points
from tests.fixtures.faces.shape import mean_face_mm

SIZE = (150, 170)
LANDMARKS = face_points((85.0, 75.0), 55.0)
PLACE_TOLERANCE_PX = 0.15
"""The teacher here guesses the factor of the enlargement by whole pixels."""


def eyes_on(landmarks: NDArray[np.float32]) -> FittedEyes:
    """Return eyes whose lids are the face's, and whose irises are in their middles."""
    points = np.empty((2, 28, 2), dtype=np.float32)
    for eye, lids in enumerate(FACE_LID_POINTS):
        points[eye] = landmarks[list(lids)].mean(axis=0)
        points[eye, list(LID_POINTS)] = landmarks[list(lids)]
    return FittedEyes(points, np.zeros((2, 28), dtype=np.float32), np.ones(2))


class KnowingTeacher:
    """Knows the face of the photograph, however large; wavers by so many mm in mirror image."""

    key = "knowing"

    def __init__(self, pdm: PointDistributionModel, wavers_mm: float = 0.0) -> None:
        self.pdm = pdm
        self.wavers_mm = wavers_mm
        self.calls = 0

    def face(self, image_bgr: NDArray[np.uint8]) -> Face | None:
        self.calls += 1
        border = round(max(SIZE) / 6)
        factor = image_bgr.shape[1] / (SIZE[1] + 2 * border)
        landmarks = ((LANDMARKS + border + 0.5) * factor - 0.5).astype(np.float32)
        fit = calc_params(self.pdm, landmarks)
        return Face(FaceStatus.FOUND, landmarks, fit=fit, fitted_eyes=eyes_on(landmarks))

    def fit_eyes(
        self, image_bgr: NDArray[np.uint8], landmarks: NDArray[np.float32]
    ) -> FittedEyes | None:
        eyes = eyes_on(landmarks)
        off = self.wavers_mm * calc_params(self.pdm, landmarks).scale_px_per_mm
        points = eyes.landmarks_px + np.array([[[off, 0.0]], [[0.0, 0.0]]], dtype=np.float32)
        return replace(eyes, landmarks_px=points)


@pytest.fixture
def pdm() -> PointDistributionModel:
    mean = mean_face_mm()
    components = np.linalg.qr(np.random.default_rng(0).normal(size=(204, 2)))[0]
    return PointDistributionModel(
        mean.T.reshape(-1).astype(np.float32),
        components.astype(np.float32),
        np.array([0.01, 0.01], dtype=np.float32),
    )


@pytest.fixture
def photographs(tmp_path: Path) -> tuple[Photograph, ...]:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), drawn_face(LANDMARKS, SIZE))
    return (Photograph("some", "face", path, None), Photograph("some", "none", path, None))


def labels(photographs: tuple[Photograph, ...], teacher: KnowingTeacher, cache: Path) -> EyeLabels:
    nobody = np.full((68, 2), np.nan, dtype=np.float32)
    landmarks = np.stack([LANDMARKS, nobody])
    return eye_labels(photographs, landmarks, teacher.pdm, cast(Any, teacher), cache)


def test_points_are_those_of_the_photograph(
    photographs: tuple[Photograph, ...], pdm: PointDistributionModel, tmp_path: Path
) -> None:
    found = labels(photographs, KnowingTeacher(pdm), tmp_path / "eyes.npy")
    expected = eyes_on(LANDMARKS).landmarks_px
    np.testing.assert_allclose(found.points[0], expected, atol=PLACE_TOLERANCE_PX)
    scale = calc_params(pdm, LANDMARKS).scale_px_per_mm
    assert found.scales_px_per_mm[0] == pytest.approx(scale)


def test_photographs_without_a_face_have_no_eyes(
    photographs: tuple[Photograph, ...], pdm: PointDistributionModel, tmp_path: Path
) -> None:
    found = labels(photographs, KnowingTeacher(pdm), tmp_path / "eyes.npy")
    assert np.isnan(found.points[1]).all()
    assert np.isnan(found.scales_px_per_mm[1])


def test_an_eye_that_is_seen_otherwise_in_mirror_image_is_left_out(
    photographs: tuple[Photograph, ...], pdm: PointDistributionModel, tmp_path: Path
) -> None:
    found = labels(photographs, KnowingTeacher(pdm, wavers_mm=2.0), tmp_path / "eyes.npy")
    # The left eye in the mirror image is the right one.
    assert np.isnan(found.points[0, 1]).all()
    assert np.isfinite(found.points[0, 0]).all()


def test_the_teacher_is_asked_once(
    photographs: tuple[Photograph, ...], pdm: PointDistributionModel, tmp_path: Path
) -> None:
    teacher = KnowingTeacher(pdm)
    first = labels(photographs, teacher, tmp_path / "eyes.npy")
    second = labels(photographs, teacher, tmp_path / "eyes.npy")
    assert teacher.calls == 1
    np.testing.assert_array_equal(first.points, second.points)


def test_the_teacher_is_openfaces() -> None:
    assert {"face", "fit_eyes"} <= set(dir(Teacher))
