import numpy as np
import pytest

from models.training.confidence.displacement import (
    MOST_ERROR,
    displaced,
    face_unit,
    landmark_error,
    scattered,
)
from tests.fixtures.faces.drawn import face_points

FACE, OTHER = face_points((80.0, 70.0), 40.0), face_points((30.0, 20.0), 25.0)


def test_the_error_is_in_distances_of_the_outer_eye_corners() -> None:
    unit = face_unit(FACE)
    assert landmark_error(FACE + np.array([0.3, 0.4]) * unit, FACE) == pytest.approx(0.5)
    assert landmark_error(FACE, FACE) == 0.0
    assert unit == pytest.approx(np.linalg.norm(FACE[36] - FACE[45]))
    aside = FACE * [0.1, 1.0]
    assert face_unit(aside) == pytest.approx(np.ptp(FACE[:, 1]) / 2)


@pytest.mark.parametrize("make", [displaced, scattered])
def test_both_right_and_wrong_landmarks_are_made(make: object) -> None:
    chance = np.random.default_rng(0)
    errors = []
    for _ in range(300):
        drawn = displaced(FACE, OTHER, chance) if make is displaced else scattered(FACE, chance)
        assert drawn.shape == FACE.shape
        assert np.isfinite(drawn).all()
        errors.append(landmark_error(drawn, FACE))
    share = np.mean(np.array(errors) < MOST_ERROR)
    assert 0.1 < share < 0.9


def test_what_is_drawn_depends_on_the_generator_alone() -> None:
    first, second = (displaced(FACE, OTHER, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
