"""Shape fits of faces that lie on a side or stand on their head."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.shape import ShapeFit, calc_params, posed_shape, project_shape
from openface_core.shape.rolled import (
    fit_at_any_roll,
    quarter_turns,
    roll_of,
    roll_onto,
    turned_fit,
    turned_points,
    turns_aside_radians,
)
from tests.fixtures.faces.shape import MODES, project_face, synthetic_pdm

PDM = synthetic_pdm()
POSE = (0.2, -0.3, 0.05)


def face(roll: float = 0.0) -> NDArray[np.float32]:
    """Landmarks, rolled about the corner of the picture, and moved into it."""
    points = project_face(PDM, 1.1, POSE, (0.0, 0.0), np.zeros(MODES)).astype(np.float64)
    cosine, sine = math.cos(roll), math.sin(roll)
    return np.asarray(points @ [[cosine, sine], [-sine, cosine]] + 300.0, dtype=np.float32)


@pytest.mark.parametrize("degrees", [-179, -120, -75, 0, 40, 90, 115, 180])
def test_the_roll_is_told(degrees: int) -> None:
    away = roll_onto(face(), face(math.radians(degrees))) - math.radians(degrees)
    assert abs(math.remainder(away, math.tau)) < 1e-5


def test_points_in_one_place_have_no_roll() -> None:
    assert math.isnan(roll_of(PDM, np.full((68, 2), 5.0, dtype=np.float32)))
    assert math.isnan(roll_of(PDM, np.full((68, 2), np.nan, dtype=np.float32)))


@pytest.mark.parametrize("count", [5, 67, 69])
def test_points_of_another_template_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="not those of a template"):
        roll_of(PDM, np.ones((count, 2), dtype=np.float32))


@pytest.mark.parametrize(
    ("degrees", "turns"),
    [(0, 0), (60, 0), (-60, 0), (61, 1), (134, 1), (136, 2), (180, 2), (-179, 2), (-61, 3)],
)
def test_quarter_turns_bring_a_face_near_upright(degrees: float, turns: int) -> None:
    assert quarter_turns(math.radians(degrees)) == turns


def test_what_has_no_roll_is_not_turned() -> None:
    assert quarter_turns(math.nan) == 0


@pytest.mark.parametrize("turns", range(-1, 5))
@pytest.mark.parametrize("roll", [-2.9, 0.0, 1.6, math.pi])
def test_a_turned_fit_is_that_of_turned_points(turns: int, roll: float) -> None:
    angles = np.array([0.3, -0.4, roll], dtype=np.float32)
    place, shape = np.array([20.0, -7.0], dtype=np.float32), np.ones(MODES, dtype=np.float32)
    fit = ShapeFit(1.2, angles, place, shape, 3)
    turned = turned_fit(fit, turns)
    points = turned_points(project_shape(PDM, fit), turns)
    np.testing.assert_allclose(project_shape(PDM, turned), points, atol=1e-3)
    depths = posed_shape(PDM, fit)[0][:, 2], posed_shape(PDM, turned)[0][:, 2]
    np.testing.assert_allclose(depths[0], depths[1], atol=1e-4)


@pytest.mark.parametrize("degrees", range(-180, 181, 20))
def test_a_fit_is_found_however_a_face_is_rolled(degrees: int) -> None:
    points = face(math.radians(degrees))
    fit = fit_at_any_roll(PDM, points)
    assert fit.is_finite
    assert fit.scale_px_per_mm == pytest.approx(1.1, rel=0.01)
    assert np.abs(project_shape(PDM, fit) - points).max() < 0.5


@pytest.mark.parametrize("degrees", [-55, 0, 30, 57])
def test_up_to_sixty_degrees_it_is_that_of_openface(degrees: int) -> None:
    points = face(math.radians(degrees))
    ours, usual = fit_at_any_roll(PDM, points), calc_params(PDM, points)
    assert ours.scale_px_per_mm == usual.scale_px_per_mm
    assert np.array_equal(ours.rotation_radians, usual.rotation_radians)
    assert np.array_equal(ours.translation_px, usual.translation_px)
    assert np.array_equal(ours.shape_parameters, usual.shape_parameters)


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_missing_points_have_no_say(degrees: int) -> None:
    points = face(math.radians(degrees))
    partly = points.copy()
    partly[3:9, 0] = 0.0
    fit = fit_at_any_roll(PDM, partly)
    assert np.abs(project_shape(PDM, fit) - points).max() < 2.0


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_points_that_are_no_face_have_no_fit(value: float) -> None:
    assert not fit_at_any_roll(PDM, np.full((68, 2), value, dtype=np.float32)).is_finite


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_turn_aside_is_that_of_the_face_turned_upright(turns: int) -> None:
    degrees = [(p, y, r) for p in (-25, 0, 25) for y in (-50, -8, 0, 30) for r in (-15, 0, 15)]
    upright = np.radians(degrees).astype(np.float32)
    nothing = np.zeros(2, np.float32)
    rolled = [
        turned_fit(ShapeFit(1.0, angles, nothing, nothing, 1), turns).rotation_radians
        for angles in upright
    ]
    found = turns_aside_radians(np.array(rolled))
    np.testing.assert_allclose(found, upright[:, 1], atol=1e-5)
    if turns == 0:
        assert np.array_equal(found, upright[:, 1])


def test_without_angles_there_is_no_turn() -> None:
    assert np.isnan(turns_aside_radians(np.full((1, 3), np.nan, np.float32))).all()
    assert turns_aside_radians(np.empty((0, 3), np.float32)).shape == (0,)
