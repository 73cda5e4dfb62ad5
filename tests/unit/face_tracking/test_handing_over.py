"""A face between two trackers' results."""

from dataclasses import replace

import numpy as np
import pytest

from openface_core.eyes import FittedEyes
from openface_core.face_tracking.handing_over import handed_over
from openface_core.faces import Face, FaceStatus
from openface_core.refinement.own_frame import OwnFrame, PictureFrame
from openface_core.shape import ShapeFit, project_shape
from tests.fixtures.faces.shape import synthetic_pdm

PDM = synthetic_pdm()
FRAME = PictureFrame(PDM)


def face(x: float, mode: float = 0.0, *, depth: float = 1.0, confidence: float = 0.9) -> Face:
    shape = np.zeros(PDM.mode_count, dtype=np.float32)
    shape[0] = mode
    place = np.array([x, 90.0], dtype=np.float32)
    fit = ShapeFit(1.0 + 0.1 * mode, np.full(3, 0.1 * mode, dtype=np.float32), place, shape, 5)
    eyes = FittedEyes(
        np.full((2, 28, 2), x, dtype=np.float32),
        np.full((2, 28), depth, dtype=np.float32),
        np.full(2, depth),
    )
    return Face(FaceStatus.FOUND, project_shape(PDM, fit), confidence, fit, eyes, True)


def test_pose_shape_and_eyes_lie_between() -> None:
    found = handed_over(FRAME, face(100, 0.0, depth=1.0), face(104, 1.0, depth=2.0), 0.25)
    assert found.fit is not None
    assert found.fitted_eyes is not None
    assert found.fit.scale_px_per_mm == pytest.approx(1.025)
    np.testing.assert_allclose(found.fit.rotation_radians, 0.025, rtol=1e-6)
    np.testing.assert_allclose(found.fit.translation_px, [101, 90])
    assert found.fit.shape_parameters[0] == np.float32(0.25)
    np.testing.assert_allclose(found.fitted_eyes.landmarks_px, 101)
    np.testing.assert_allclose(found.fitted_eyes.relative_depths_mm, 1.25)
    np.testing.assert_allclose(found.fitted_eyes.scales_px_per_mm, 1.25)


def test_unfitted_landmarks_lie_between() -> None:
    before, after = (
        replace(face(x), unfitted=np.full((68, 2), x, dtype=np.float32)) for x in (100, 104)
    )
    found = handed_over(FRAME, before, after, 0.25)
    assert found.unfitted is not None
    np.testing.assert_allclose(found.unfitted, 101)
    alone = handed_over(FRAME, before, face(104), 0.25)
    assert alone.unfitted is not None
    assert before.unfitted is not None
    np.testing.assert_array_equal(alone.unfitted, before.unfitted)


def rolled(roll: float) -> Face:
    before = face(100)
    assert before.fit is not None
    fit = replace(before.fit, rotation_radians=np.array([0.1, 0.2, roll], dtype=np.float32))
    return replace(before, fit=fit, landmarks=project_shape(PDM, fit))


@pytest.mark.parametrize("share", [0.25, 0.75])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_angles_go_the_short_way_round(sign: float, share: float) -> None:
    found = handed_over(FRAME, rolled(sign * (np.pi - 0.02)), rolled(-sign * (np.pi - 0.02)), share)
    assert found.fit is not None
    roll = float(found.fit.rotation_radians[2])
    assert abs(roll) == pytest.approx(np.pi - 0.01, abs=1e-5)
    assert np.sign(roll) == (sign if share < 0.5 else -sign)
    np.testing.assert_allclose(found.fit.rotation_radians[:2], [0.1, 0.2], rtol=1e-6)


def test_readings_that_are_rolled_apart_are_not_mixed() -> None:
    before = rolled(2.0)
    assert handed_over(FRAME, before, rolled(0.4), 0.5) is before


def test_landmarks_are_points_of_the_shape_model() -> None:
    found = handed_over(FRAME, face(100), face(104, 1.0), 0.5)
    assert found.fit is not None
    np.testing.assert_array_equal(found.landmarks, project_shape(PDM, found.fit))


def test_the_ends_are_the_two_faces() -> None:
    before, after = face(100), face(104, 1.0)
    for share, expected in ((0.0, before), (1.0, after)):
        found = handed_over(FRAME, before, after, share)
        assert found.landmarks is not None
        assert expected.landmarks is not None
        np.testing.assert_allclose(found.landmarks, expected.landmarks, rtol=1e-5)


def test_confidence_is_that_of_the_tracker_whose_frame_it_is() -> None:
    found = handed_over(FRAME, face(100, confidence=0.8), face(104, confidence=0.95), 0.5)
    assert found.confidence == 0.8


NONE = replace(face(100), status=FaceStatus.NOT_TRUSTED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (face(100), NONE),
        (NONE, face(100)),
        (face(100), face(400)),
        (face(100), replace(face(104), is_refined=False)),
    ],
    ids=["no second", "no first", "another face", "another way"],
)
def test_otherwise_it_is_the_first(before: Face, after: Face) -> None:
    assert handed_over(FRAME, before, after, 0.5) is before


def test_eyes_of_one_only_stay_as_they_are() -> None:
    before = face(100)
    found = handed_over(FRAME, before, replace(face(104), fitted_eyes=None), 0.5)
    assert found.fitted_eyes is before.fitted_eyes


@pytest.mark.parametrize("x", [1000, 9000])
def test_where_a_face_is_makes_no_difference_to_its_bits(x: int) -> None:
    frame = OwnFrame(PDM)
    here, there = (
        handed_over(frame, face(100 + move), face(104.375 + move, 1.0), 0.3) for move in (0, x)
    )
    assert here.fit is not None
    assert there.fit is not None
    np.testing.assert_array_equal(here.fit.shape_parameters, there.fit.shape_parameters)
    np.testing.assert_array_equal(there.landmarks - np.array([x, 0]), here.landmarks)
