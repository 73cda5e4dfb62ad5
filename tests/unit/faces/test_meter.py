"""Components 4 to 7 on a face whose parameters are known."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np
import pytest

from openface_core.exact_places import to_steps
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.fhog import fhog
from openface_core.shape.rolled import turned_points
from openface_core.watch import Step
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles

SCALE_PX_PER_MM = 0.9
ROTATION = (0.1, -0.2, 0.05)
PLACE_PX = (100.0, 90.0)
SIZE_PX = (200, 180)

# The fit is drawn to the mean face, so that it comes near the truth and not upon it.
SCALE_TOLERANCE = 0.03
ROTATION_TOLERANCE_RAD = 0.06
PLACE_TOLERANCE_PX = 2.0


Framed = tuple[np.ndarray, Face]


def landmarks_of(framed: Framed) -> np.ndarray:
    landmarks = framed[1].landmarks
    assert landmarks is not None
    return landmarks


def found_at(landmarks: np.ndarray, **known: Any) -> Face:
    return Face(FaceStatus.FOUND, landmarks, **known)


@pytest.fixture(scope="module")
def meter() -> FaceMeter:
    return FaceMeter(synthetic_pdm(), synthetic_triangles())


@pytest.fixture(scope="module")
def face() -> Framed:
    arguments = (SCALE_PX_PER_MM, ROTATION, PLACE_PX, plausible_shape_parameters(3, 0.3))
    picture = render_face(synthetic_pdm(), *arguments, size_px=SIZE_PX)
    return picture, found_at(project_face(synthetic_pdm(), *arguments))


def test_everything_follows_from_picture_and_landmarks(meter: FaceMeter, face: Framed) -> None:
    found = meter.measure(*face)
    assert found.is_measured
    assert found.fit is not None
    assert found.fit.scale_px_per_mm == pytest.approx(SCALE_PX_PER_MM, rel=SCALE_TOLERANCE)
    np.testing.assert_allclose(
        found.fit.rotation_radians, ROTATION, rtol=0, atol=ROTATION_TOLERANCE_RAD
    )
    np.testing.assert_allclose(found.fit.translation_px, PLACE_PX, atol=PLACE_TOLERANCE_PX)
    assert found.fit.shape_parameters.shape == (34,)
    assert found.landmarks_3d_mm.shape == (68, 3)
    assert found.pose.translation_mm[2] > 0
    assert found.aligned.image.shape == (112, 112, 3)
    assert found.aligned.image.any()
    assert found.fhog.shape == (4464,)
    assert found.fhog.dtype == np.float32
    assert found.fhog.any()
    assert found.geometry.shape == (238,)
    assert np.isfinite(found.geometry).all()


def test_the_same_face_gives_the_same_numbers(meter: FaceMeter, face: Framed) -> None:
    first, second = meter.measure(*face), meter.measure(*face)
    assert first.is_measured
    assert second.is_measured
    np.testing.assert_array_equal(first.fhog, second.fhog)
    np.testing.assert_array_equal(first.geometry, second.geometry)
    np.testing.assert_array_equal(first.landmarks_3d_mm, second.landmarks_3d_mm)


def test_the_fit_of_a_tracker_gives_the_pose(meter: FaceMeter, face: Framed) -> None:
    alone = meter.measure(*face)
    assert alone.fit is not None
    other = replace(alone.fit, shape_parameters=alone.fit.shape_parameters * np.float32(0.5))
    anew = FaceMeter(meter.pdm, meter.aligner.triangles, fits_anew=True)
    refitted = anew.measure(face[0], replace(face[1], fit=other))
    taken = meter.measure(face[0], replace(face[1], fit=other))
    assert refitted.is_measured
    assert taken.is_measured
    assert refitted.fit is taken.fit is other
    np.testing.assert_array_equal(refitted.landmarks_3d_mm, taken.landmarks_3d_mm)
    np.testing.assert_array_equal(refitted.geometry, alone.geometry)
    np.testing.assert_allclose(taken.geometry, alone.geometry / 2, atol=1e-5)


@pytest.mark.parametrize("place", [(1, 0), (640, 37), (3000, 2000)])
def test_where_a_face_is_makes_no_difference_to_its_bits(
    meter: FaceMeter, face: Framed, place: tuple[int, int]
) -> None:
    plain = FaceMeter(meter.pdm, meter.aligner.triangles, True, True, fits_anew=True)
    anywhere = plain.near_faces()
    (width, height), (x, y) = SIZE_PX, place
    picture = np.zeros((height + y + 5, width + x + 7, 3), dtype=np.uint8)
    picture[y : y + height, x : x + width] = face[0]
    landmarks = to_steps(landmarks_of(face))
    here = anywhere.measure(face[0], found_at(landmarks))
    there = anywhere.measure(picture, found_at(landmarks + np.array(place, dtype=np.float32)))
    assert here.is_measured
    assert there.is_measured
    np.testing.assert_array_equal(here.fhog, there.fhog)
    np.testing.assert_array_equal(here.geometry, there.geometry)
    np.testing.assert_array_equal(here.residual_mm, there.residual_mm)
    np.testing.assert_array_equal(here.aligned.image, there.aligned.image)


def test_near_the_corner_it_is_as_in_the_picture(meter: FaceMeter, face: Framed) -> None:
    anywhere = meter.near_faces()
    there, here = anywhere.measure(*face), meter.measure(*face)
    assert here.is_measured
    assert there.is_measured
    assert here.fit is not None
    assert there.fit is not None
    np.testing.assert_allclose(there.fit.translation_px, here.fit.translation_px, atol=1e-3)
    np.testing.assert_allclose(there.aligned.matrix, here.aligned.matrix, rtol=0, atol=1e-3)
    np.testing.assert_allclose(there.geometry, here.geometry, atol=1e-3)
    assert (there.aligned.image != here.aligned.image).mean() < 0.01


@pytest.mark.parametrize("factor", [1e4, 1e30, 1e38])
def test_landmarks_larger_than_any_picture_are_measured_in_the_whole(
    meter: FaceMeter, face: Framed, factor: float
) -> None:
    anywhere = meter.near_faces()
    large = found_at(np.asarray(landmarks_of(face) / 200 * factor, dtype=np.float32))
    assert anywhere.measure(face[0], large).status is meter.measure(face[0], large).status


def test_shift_average_is_the_mean_over_shifted_copies(meter: FaceMeter, face: Framed) -> None:
    found = meter.measure(*face)
    averaged = FaceMeter(meter.pdm, meter.aligner.triangles, shift_average=True).measure(*face)
    assert found.is_measured
    assert averaged.is_measured
    np.testing.assert_array_equal(averaged.aligned.image, found.aligned.image)
    np.testing.assert_array_equal(averaged.geometry, found.geometry)
    copies = [found.fhog.astype(np.float64)]
    for x, y in ((-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25)):
        matrix = found.aligned.matrix + np.array([[0, 0, x], [0, 0, y]], dtype=np.float32)
        copy = meter.aligner.warp(face[0], landmarks_of(face), matrix)
        copies.append(fhog(copy).ravel().astype(np.float64))
    np.testing.assert_allclose(averaged.fhog, np.mean(copies, axis=0), rtol=0, atol=1e-6)
    assert averaged.fhog.dtype == np.float32


def test_shift_average_depends_less_on_the_place_in_a_pixel(meter: FaceMeter) -> None:
    def change(of: FaceMeter) -> float:
        descriptors = []
        for x in (100.0, 100.3):
            arguments = (SCALE_PX_PER_MM, ROTATION, (x, 90.0), plausible_shape_parameters(3, 0.3))
            picture = render_face(synthetic_pdm(), *arguments, size_px=SIZE_PX)
            # The landmarks stay: they are wrong by a part of a pixel.
            found = of.measure(picture, found_at(face_at_100))
            assert found.is_measured
            descriptors.append(found.fhog)
        return float(np.abs(descriptors[1] - descriptors[0]).mean())

    face_at_100 = project_face(
        synthetic_pdm(), SCALE_PX_PER_MM, ROTATION, PLACE_PX, plausible_shape_parameters(3, 0.3)
    )
    averaging = FaceMeter(meter.pdm, meter.aligner.triangles, shift_average=True)
    assert change(averaging) < 0.9 * change(meter)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_landmarks_that_are_no_numbers(value: float, meter: FaceMeter, face: Framed) -> None:
    landmarks = landmarks_of(face).copy()
    landmarks[30, 1] = value
    assert meter.measure(face[0], found_at(landmarks)).status is FaceStatus.NOT_A_FACE


@pytest.mark.parametrize("place", [0.0, 50.0, 1e6])
def test_coinciding_landmarks(place: float, meter: FaceMeter, face: Framed) -> None:
    landmarks = np.full((68, 2), place, dtype=np.float32)
    measured = meter.measure(face[0], found_at(landmarks, confidence=0.5))
    assert measured.status is FaceStatus.NOT_A_FACE
    assert not measured.is_measured
    assert measured.confidence == 0.5


@pytest.mark.parametrize("shift", [(-150.0, 0.0), (0.0, 400.0), (1e5, 1e5)])
def test_a_face_out_of_the_frame_is_measured(
    shift: tuple[float, float], meter: FaceMeter, face: Framed
) -> None:
    moved = landmarks_of(face) + np.array(shift, dtype=np.float32)
    found = meter.measure(face[0], found_at(moved))
    assert found.is_measured
    assert np.isfinite(found.fhog).all()
    assert np.isfinite(found.landmarks_3d_mm).all()


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_extreme_sizes_give_finite_numbers_or_nothing(
    factor: float, meter: FaceMeter, face: Framed
) -> None:
    scaled = (landmarks_of(face) * factor).astype(np.float32)
    found = meter.measure(face[0], found_at(scaled))
    if found.is_measured:
        assert np.isfinite(found.fhog).all()
        assert np.isfinite(found.geometry).all()
        assert np.isfinite(found.pose.translation_mm).all()


def test_a_face_that_was_not_found_stays_as_it_is(meter: FaceMeter, face: Framed) -> None:
    lost = replace(face[1], status=FaceStatus.NOT_TRUSTED, confidence=0.3)
    assert meter.measure(face[0], lost) is lost
    assert not lost.is_measured


def test_the_watch_is_told_every_step(meter: FaceMeter, face: Framed) -> None:
    class Steps(list[Step]):
        def time(self, step: Step) -> AbstractContextManager[None]:
            self.append(step)
            return nullcontext()

        def count_frame(self, status: StrEnum) -> None:
            raise AssertionError(status)

    steps = Steps()
    meter.measure(face[0], face[1], steps)
    assert steps == [Step.SHAPE, Step.POSE, Step.ALIGNMENT, Step.APPEARANCE, Step.GEOMETRY]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_is_measured_alike_however_it_is_rolled(
    meter: FaceMeter, face: Framed, turns: int
) -> None:
    rolled_meter = meter.at_any_roll()
    upright = rolled_meter.measure(*face)
    landmarks = turned_points(landmarks_of(face), turns) + np.float32(300)
    picture = np.zeros((600, 600, 3), dtype=np.uint8)
    found = rolled_meter.measure(picture, found_at(landmarks))
    assert upright.is_measured
    assert found.is_measured
    np.testing.assert_allclose(found.geometry, upright.geometry, atol=0.02)
    assert found.fit is not None
    assert upright.fit is not None
    assert found.fit.scale_px_per_mm == pytest.approx(upright.fit.scale_px_per_mm, rel=1e-4)


def test_openface_has_no_fit_of_a_face_upside_down(meter: FaceMeter, face: Framed) -> None:
    landmarks = turned_points(landmarks_of(face), 2) + np.float32(300)
    assert meter.measure(face[0], found_at(landmarks)).status is FaceStatus.NOT_A_FACE
    upright = meter.measure(*face), meter.at_any_roll().measure(*face)
    assert np.array_equal(upright[0].landmarks_3d_mm, upright[1].landmarks_3d_mm)


def test_missing_landmarks_have_no_say_in_pose_and_alignment(
    meter: FaceMeter, face: Framed
) -> None:
    landmarks = landmarks_of(face).copy()
    landmarks[3:9, 0] = 0.0
    given = meter.of_given_landmarks()
    whole, partly = given.measure(*face), given.measure(face[0], found_at(landmarks))
    assert partly.missing_points == 6
    assert whole.missing_points == 0
    np.testing.assert_allclose(partly.pose.translation_mm, whole.pose.translation_mm, atol=5.0)
    np.testing.assert_allclose(partly.pose.rotation_radians, whole.pose.rotation_radians, atol=0.05)
    np.testing.assert_allclose(partly.aligned.matrix, whole.aligned.matrix, atol=2.0)
    assert partly.landmarks is not None
    assert (partly.landmarks[:, 0] > 1.0).all()


def test_given_landmarks_beside_the_picture_are_no_face(meter: FaceMeter, face: Framed) -> None:
    landmarks = landmarks_of(face) + np.float32(1e5)
    given = meter.of_given_landmarks()
    assert given.measure(face[0], found_at(landmarks)).status is FaceStatus.NOT_A_FACE
