"""Eyes that a network sees closed."""

import numpy as np
import pytest

from openface_core.face_tracking.eyelids import LidsSeenOpen, openings, with_closed_lids

LIDS = {0: ((37, 38), (41, 40)), 1: ((43, 44), (47, 46))}


def face(*open_px: float, turn: float = 0.0) -> np.ndarray:
    """Landmarks with eyes 100 pixels apart that are open so far, turned in the picture."""
    points = np.zeros((68, 2), dtype=np.float32)
    for eye, opening in enumerate(open_px):
        first = 36 + 6 * eye
        points[first : first + 6, 0] = 100 * eye + np.array([-15, -5, 5, 15, 5, -5])
        upper, lower = LIDS[eye]
        points[list(upper), 1] = -opening / 2
        points[list(lower), 1] = opening / 2
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(points @ turned + 50, dtype=np.float32)


@pytest.mark.parametrize("turn", [0.0, 0.5, 3.0])
def test_openings_are_shares_of_the_eye_distance(turn: float) -> None:
    np.testing.assert_allclose(openings(face(12, 7, turn=turn)), [0.12, 0.07], rtol=1e-5)


def test_an_eye_that_is_seen_closed_closes_as_far() -> None:
    followed = face(7, 8, turn=0.3)
    closed = with_closed_lids(followed, face(1, 9))
    assert closed is not None
    np.testing.assert_allclose(openings(closed), [0.01, 0.08], rtol=1e-4)
    others = np.setdiff1d(np.arange(68), [37, 38, 40, 41])
    np.testing.assert_array_equal(closed[others], followed[others])
    for upper, lower in zip(*LIDS[0], strict=True):
        middle = (followed[upper] + followed[lower]) / 2
        np.testing.assert_allclose((closed[upper] + closed[lower]) / 2, middle, atol=1e-4)


@pytest.mark.parametrize(
    ("followed", "seen"),
    [((7, 7), (5, 5)), ((12, 12), (1, 1)), ((2, 2), (3, 3)), ((7, 7), (7, 7))],
    ids=["seen open", "followed wide open", "closed further already", "alike"],
)
def test_otherwise_there_is_nothing_to_close(
    followed: tuple[float, float], seen: tuple[float, float]
) -> None:
    assert with_closed_lids(face(*followed), face(*seen)) is None


def test_a_face_without_extent_has_no_opening() -> None:
    assert np.isfinite(openings(np.zeros((68, 2), dtype=np.float32))).all()


@pytest.mark.parametrize(
    ("number", "opening", "expected"),
    [
        (11, (0.07, 0.2), True),
        (11, (0.08, 0.19), True),
        (12, (0.07, 0.2), False),
        (11, (0.066, 0.2), False),
        (11, (0.08, 0.08), False),
    ],
    ids=["as before", "one wider", "long ago", "narrower", "the other one narrower"],
)
def test_lids_that_stay_need_no_further_look(
    number: int, opening: tuple[float, float], *, expected: bool
) -> None:
    seen_open = LidsSeenOpen(10, np.array([0.07, 0.2]))
    assert seen_open.holds(number, np.array(opening)) is expected
