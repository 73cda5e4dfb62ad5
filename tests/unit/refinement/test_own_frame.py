"""A face is fitted and refined alike wherever in a picture it is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.exact_places import to_steps
from openface_core.partial_pictures import all_pixels
from openface_core.refinement import FaceRefiner, RefinementSettings
from openface_core.refinement.landmark_model import FaceLandmarkModel
from openface_core.refinement.own_frame import OwnFrame, PictureFrame
from openface_core.shape import ShapeFit, calc_params
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import MODES, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.patch_experts import synthetic_landmark_model

PDM = synthetic_pdm()
FACE = (1.1, (0.05, -0.06, 0.08), (150.0, 140.0), np.zeros(MODES))
SIZE_PX = (300, 280)
PLACES = [(0, 0), (1, 0), (333, 57), (5000, 3000)]


def pixels(offset: tuple[float, float]) -> NDArray[np.float32]:
    return np.array(offset, dtype=np.float32)


def picture(place: tuple[int, int], border: int = 400) -> NDArray[np.uint8]:
    """A face in the middle of a black picture, so many pixels farther right and farther down."""
    drawn = render_face(PDM, *FACE, SIZE_PX)[:, :, 0]
    (width, height), (x, y) = SIZE_PX, place
    out = np.zeros((height + 2 * border + y, width + 2 * border + x), dtype=np.uint8)
    out[border + y : border + y + height, border + x : border + x + width] = drawn
    return out


def start(offset: tuple[float, float]) -> ShapeFit:
    points = to_steps(project_face(PDM, *FACE) + np.array([3.3, -2.1]))
    return OwnFrame(PDM).fit(np.asarray(points + pixels(offset), dtype=np.float32))


@pytest.fixture(scope="module")
def refiner() -> FaceRefiner:
    model = FaceLandmarkModel(synthetic_landmark_model(), ())
    return FaceRefiner(model, RefinementSettings(windows_px=(9, 7)), {})


@pytest.mark.parametrize("place", PLACES)
def test_fits_have_the_same_bits(place: tuple[int, int]) -> None:
    frame = OwnFrame(PDM)
    points = to_steps(project_face(PDM, *FACE))
    here, there = frame.fit(points), frame.fit(points + pixels(place))
    assert here.scale_px_per_mm == there.scale_px_per_mm
    assert np.array_equal(here.rotation_radians, there.rotation_radians)
    assert np.array_equal(here.shape_parameters, there.shape_parameters)
    assert np.array_equal(there.translation_px - pixels(place), here.translation_px)
    moved = frame.landmarks(there) - pixels(place)
    assert np.array_equal(moved, frame.landmarks(here))


def test_a_fit_is_that_of_the_picture() -> None:
    points = to_steps(project_face(PDM, *FACE))
    own, usual = OwnFrame(PDM).fit(points), calc_params(PDM, points)
    assert np.allclose(own.translation_px, usual.translation_px, atol=1e-2)
    assert np.allclose(own.rotation_radians, usual.rotation_radians, atol=1e-3)
    frames = OwnFrame(PDM).landmarks(own), PictureFrame(PDM).landmarks(usual)
    assert np.abs(frames[0] - frames[1]).max() < 0.02


def test_a_landmark_in_the_corner_of_its_own_frame_is_none_that_is_missing() -> None:
    points = np.floor(to_steps(project_face(PDM, *FACE)))
    assert OwnFrame(PDM).fit(points).is_finite
    assert np.abs(OwnFrame(PDM).landmarks(OwnFrame(PDM).fit(points)) - points).max() < 3.0


def test_points_that_are_none_have_no_fit() -> None:
    assert not OwnFrame(PDM).fit(np.full((68, 2), np.nan, dtype=np.float32)).is_finite


@pytest.mark.parametrize("place", PLACES)
def test_refined_faces_have_the_same_bits(refiner: FaceRefiner, place: tuple[int, int]) -> None:
    frame = OwnFrame(PDM)
    here = frame.refine(refiner, picture((0, 0)), start((400, 400)))
    there = frame.refine(refiner, picture(place), start((400 + place[0], 400 + place[1])))
    assert here.face.log_likelihood == there.face.log_likelihood
    assert np.array_equal(there.face.landmarks - pixels(place), here.face.landmarks)
    assert np.array_equal(here.face.fit.shape_parameters, there.face.fit.shape_parameters)
    shift = there.face.fit.translation_px - here.face.fit.translation_px
    assert np.array_equal(shift, pixels(place))


def test_what_lies_far_from_a_face_is_not_seen(refiner: FaceRefiner) -> None:
    alone, beside = picture((0, 0)), picture((0, 0))
    beside[:, :150] = 255
    frames = [OwnFrame(PDM).refine(refiner, seen, start((400, 400))) for seen in (alone, beside)]
    assert np.array_equal(frames[0].face.landmarks, frames[1].face.landmarks)


@pytest.mark.parametrize("border", [400, 0])
def test_a_refined_face_is_that_of_the_picture(refiner: FaceRefiner, border: int) -> None:
    """Also where the surroundings reach beyond the picture."""
    begin = start((border, border))
    own = OwnFrame(PDM).refine(refiner, picture((0, 0), border), begin)
    usual = PictureFrame(PDM).refine(refiner, picture((0, 0), border), begin)
    assert own.face.is_fitted
    away = np.abs(own.face.landmarks - usual.face.landmarks)
    assert np.median(away) < 0.05, "starts differ by their last digits"


class Echo:
    """A refiner that gives back what it gets."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ShapeFit]] = []

    def refine(self, grey: Any, begin: ShapeFit) -> Any:
        self.seen.append((grey, begin))
        return grey, begin


@pytest.mark.parametrize(
    "change",
    [
        {"translation_px": np.array([-9000.0, 100.0], dtype=np.float32)},
        {"translation_px": np.array([100.0, 9000.0], dtype=np.float32)},
        {"scale_px_per_mm": 1e4},
    ],
    ids=["left of it", "below it", "many times as large"],
)
def test_a_start_outside_of_the_picture_is_refined_in_the_picture(change: dict[str, Any]) -> None:
    echo, grey = Echo(), picture((0, 0))
    OwnFrame(PDM).refine(echo, grey, replace(start((400, 400)), **change))
    assert echo.seen[0][0] is grey


@pytest.mark.parametrize("place", PLACES)
def test_landmarks_are_judged_in_the_same_picture(place: tuple[int, int]) -> None:
    points = to_steps(project_face(PDM, *FACE)) + pixels((400, 400))
    frame = OwnFrame(PDM)
    here = frame.judged_picture(picture((0, 0)), points)
    there = frame.judged_picture(picture(place), points + pixels(place))
    assert np.array_equal(all_pixels(here[0]), all_pixels(there[0]))
    assert np.array_equal(here[1], there[1])
    assert (here[1] >= 8).all()
    assert (here[1] + 8 <= np.array(here[0].shape)[::-1]).all()


def test_beyond_the_border_landmarks_are_judged_in_black() -> None:
    points = to_steps(project_face(PDM, *FACE))
    grey = picture((0, 0), border=0)[: int(points[:, 1].max()) - 5]
    padded = np.pad(grey, ((0, 60), (0, 0)))
    frame = OwnFrame(PDM)
    one, other = (frame.judged_picture(shown, points) for shown in (grey, padded))
    assert np.array_equal(all_pixels(one[0]), all_pixels(other[0]))
    assert np.array_equal(one[1], other[1])


@pytest.mark.parametrize("factor", [100, -100])
def test_landmarks_far_outside_are_judged_in_the_whole_picture(factor: int) -> None:
    grey, points = picture((0, 0)), to_steps(project_face(PDM, *FACE)) * np.float32(factor)
    for frame in (OwnFrame(PDM), PictureFrame(PDM)):
        assert frame.judged_picture(grey, points)[0] is grey
