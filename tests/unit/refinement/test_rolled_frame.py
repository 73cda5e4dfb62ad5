"""A face is fitted, refined and judged alike however it is rolled."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.exact_places import to_steps
from openface_core.refinement import (
    FaceLandmarkModel,
    FaceRefiner,
    PartModel,
    RefinementSettings,
)
from openface_core.refinement.own_frame import OwnFrame, PictureFrame
from openface_core.refinement.rolled_frame import RolledFrame
from openface_core.shape import ShapeFit, project_shape
from openface_core.shape.rolled import turned_points
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import MODES, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.patch_experts import synthetic_landmark_model

PDM = synthetic_pdm()
FACE = (1.1, (0.05, -0.06, 0.08), (150.0, 140.0), np.zeros(MODES))
WIDTH, HEIGHT = 300, 280
FRAMES = [OwnFrame(PDM), PictureFrame(PDM)]
TURNS = [1, 2, 3]


def rolled_picture(turns: int) -> NDArray[np.uint8]:
    grey = render_face(PDM, *FACE, (WIDTH, HEIGHT))[:, :, 0]
    return np.ascontiguousarray(np.rot90(grey, -turns))


def rolled_points(points: NDArray[np.floating], turns: int) -> NDArray[np.float32]:
    corners = np.array([[0, 0], [WIDTH - 1, HEIGHT - 1]], dtype=np.float32)
    return turned_points(points, turns) - turned_points(corners, turns).min(axis=0)


def truth(turns: int, shift: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float32]:
    return rolled_points(to_steps(project_face(PDM, *FACE) + np.array(shift)), turns)


@pytest.fixture(scope="module")
def refiner() -> FaceRefiner:
    part = PartModel("eyes", synthetic_landmark_model(), np.arange(36, 48), np.arange(36, 48))
    settings = RefinementSettings(windows_px=(9, 7))
    model = FaceLandmarkModel(synthetic_landmark_model(), (part,))
    return FaceRefiner(model, settings, {"eyes": settings})


@pytest.mark.parametrize("upright", FRAMES)
@pytest.mark.parametrize("turns", TURNS)
def test_fits_are_turned(upright: PictureFrame, turns: int) -> None:
    frame = RolledFrame(upright)
    fit = frame.fit(truth(turns))
    assert fit.is_finite
    assert np.abs(frame.landmarks(fit) - truth(turns)).max() < 3.0
    facing = frame.facing_radians(fit, truth(turns))
    np.testing.assert_allclose(facing, upright.fit(truth(0)).rotation_radians, atol=1e-3)


@pytest.mark.parametrize("turns", TURNS)
def test_refined_faces_and_their_parts_are_turned(refiner: FaceRefiner, turns: int) -> None:
    frame = RolledFrame(OwnFrame(PDM))
    shift = (4.0, -3.0)
    here = frame.refine(refiner, rolled_picture(0), frame.fit(truth(0, shift)))
    there = frame.refine(refiner, rolled_picture(turns), frame.fit(truth(turns, shift)))
    assert there.face.is_fitted
    away = there.face.landmarks - rolled_points(here.face.landmarks, turns)
    assert np.median(np.abs(away)) < 0.02
    np.testing.assert_allclose(project_shape(PDM, there.face.fit), there.face.landmarks, atol=0.01)
    part = there.parts["eyes"].shape
    np.testing.assert_allclose(project_shape(PDM, part.fit), part.landmarks, atol=0.01)
    assert there.face.unfitted is not None
    assert np.median(np.abs(there.face.unfitted - truth(turns))) < 1.5


@pytest.mark.parametrize("upright", FRAMES)
@pytest.mark.parametrize("turns", TURNS)
def test_landmarks_are_judged_upright(upright: PictureFrame, turns: int) -> None:
    seen, points = RolledFrame(upright).judged_picture(rolled_picture(turns), truth(turns))
    expected, upright_points = upright.judged_picture(rolled_picture(0), truth(0))
    np.testing.assert_array_equal(seen, expected)
    np.testing.assert_array_equal(points, upright_points)


class Echo:
    """A refiner that keeps what it gets."""

    def refine(self, grey: Any, begin: ShapeFit) -> Any:
        self.seen = (grey, begin)


def test_an_upright_face_is_refined_in_the_picture_itself() -> None:
    frame, usual = RolledFrame(PictureFrame(PDM)), PictureFrame(PDM)
    grey, fit = rolled_picture(0), usual.fit(truth(0))
    echo = Echo()
    frame.refine(echo, grey, fit)
    assert echo.seen[0] is grey
    assert echo.seen[1] is fit
    assert np.array_equal(frame.fit(truth(0)).translation_px, fit.translation_px)
    assert frame.judged_picture(grey, truth(0))[0] is grey


def test_points_that_are_none_have_no_fit() -> None:
    nothing = np.full((68, 2), np.nan, dtype=np.float32)
    assert not RolledFrame(OwnFrame(PDM)).fit(nothing).is_finite
