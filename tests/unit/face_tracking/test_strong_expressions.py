"""Where two landmark networks take part in a strong expression, and with what share."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.errors import ConfigError
from openface_core.face_tracking import NetworkPair, StrongExpressionSettings

IMAGE = np.zeros((4, 4, 3), dtype=np.uint8)
EIGENVALUES = np.array([[16.0], [4.0]], dtype=np.float32)
SETTINGS = StrongExpressionSettings(
    from_strength=1.0,
    full_strength=2.0,
    network_share=0.5,
    second_share=0.25,
    most_disagreement=0.05,
    most_spread=0.1,
    after_frames=3,
)
EYE_DISTANCE_PX = 100.0


def followed() -> np.ndarray:
    """Landmarks whose eyes are 100 pixels apart."""
    points = np.zeros((68, 2), dtype=np.float32)
    points[42:48, 0] = EYE_DISTANCE_PX
    return points


def moved(points: slice, px: float) -> np.ndarray:
    landmarks = followed()
    landmarks[points, 1] += px
    return landmarks


def pair(first: np.ndarray | None, second: np.ndarray | None) -> NetworkPair:
    """Two networks of which each always gives the same points."""
    networks: list[Any] = [
        SimpleNamespace(
            follow=lambda _image, _landmarks, found=points: (
                None if found is None else SimpleNamespace(landmarks=found)
            )
        )
        for points in (first, second)
    ]
    return NetworkPair(networks[0], networks[1], EIGENVALUES, SETTINGS)


def shape(strength: float) -> np.ndarray:
    """Shape parameters so many standard deviations from the mean, in each mode."""
    return np.sqrt(EIGENVALUES.ravel()) * np.float32(strength)


@pytest.mark.parametrize(
    ("strength", "expected"), [(0.0, 0.0), (1.0, 0.0), (1.5, 0.25), (2.0, 0.5), (9.0, 0.5)]
)
def test_the_share_grows_with_the_expression(strength: float, expected: float) -> None:
    assert pair(None, None).share(shape(strength), 3) == pytest.approx(expected)


@pytest.mark.parametrize(("frames", "expected"), [(0, 0.0), (2, 0.0), (3, 0.5), (100, 0.5)])
def test_a_face_that_was_just_found_has_to_settle(frames: int, expected: float) -> None:
    assert pair(None, None).share(shape(3.0), frames) == expected


def test_strength_is_the_mean_square_over_the_modes() -> None:
    one_mode = np.array([1.5 * 4.0 * np.sqrt(2), 0.0], dtype=np.float32)
    assert pair(None, None).share(one_mode, 3) == pytest.approx(0.25)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=2), st.integers(0, 10))
def test_a_share_is_one(parameters: list[float], frames: int) -> None:
    share = pair(None, None).share(np.array(parameters, dtype=np.float32), frames)
    assert 0.0 <= share <= SETTINGS.network_share


def test_the_points_are_a_weighted_mean_of_both() -> None:
    seen = pair(moved(slice(None), 4), moved(slice(None), -4)).look(IMAGE, followed())
    assert seen is not None
    np.testing.assert_allclose(seen[0], moved(slice(None), 2))
    assert seen[1] == 1.0


@pytest.mark.parametrize(
    ("where", "px", "expected"),
    [
        (slice(17, 68), 5.0, 1.0),
        (slice(17, 68), 5.5, 0.5),
        (slice(17, 68), 6.1, 0.0),
        (slice(48, 68), 5.5, 0.5),
        (slice(0, 17), 50.0, 1.0),
    ],
    ids=["nearby", "on the edge", "far", "the mouth alone", "the outline alone"],
)
def test_points_far_from_the_followed_ones_count_less(
    where: slice, px: float, expected: float
) -> None:
    points = moved(where, px)
    seen = pair(points, points).look(IMAGE, followed())
    assert seen is not None
    assert seen[1] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("px", "expected"), [(10.0, 1.0), (10.5, 0.5), (11.1, 0.0)])
def test_networks_that_see_the_mouth_elsewhere_count_less(px: float, expected: float) -> None:
    first, second = moved(slice(48, 68), -0.25 * px), moved(slice(48, 68), 0.75 * px)
    seen = pair(first, second).look(IMAGE, followed())
    assert seen is not None
    assert seen[1] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("blind", [0, 1])
def test_a_network_that_sees_no_face_says_nothing(blind: int) -> None:
    points: list[np.ndarray | None] = [followed(), followed()]
    points[blind] = None
    assert pair(*points).look(IMAGE, followed()) is None


def test_eyes_in_one_place_agree_with_nothing() -> None:
    points = np.zeros((68, 2), dtype=np.float32)
    assert pair(points + 1, points + 1).answer(IMAGE, 0, points, None).agreement == 0.0


def test_a_first_network_that_is_too_far_off_needs_no_second() -> None:
    # The mean of both may be nearer by a quarter of the 11 px that they may be apart.
    followed_points = followed()
    near, far = moved(slice(48, 68), 8.7), moved(slice(48, 68), 8.8)
    assert pair(near, followed_points).look(IMAGE, followed_points) is not None
    alone = pair(far, None)
    asked: list[Any] = []
    alone.second.follow = lambda *args: asked.append(args)  # type: ignore[method-assign]
    assert alone.look(IMAGE, followed_points) is None
    assert not asked


def test_what_was_seen_moves_along_until_they_are_asked_again() -> None:
    points = moved(slice(17, 68), 4.0)
    networks = pair(points, points)
    first = networks.answer(IMAGE, 10, followed(), None)
    assert (first.number, first.agreement) == (10, 1.0)
    np.testing.assert_allclose(first.displacement_px, points - followed(), atol=1e-5)
    assert networks.answer(IMAGE, 11, followed() + 3, first) is first
    assert networks.answer(IMAGE, 12, followed(), first).number == 12


def test_a_network_that_saw_no_face_is_asked_again_as_late() -> None:
    blind = pair(None, None)
    first = blind.answer(IMAGE, 10, followed(), None)
    assert first.agreement == 0.0
    assert blind.answer(IMAGE, 11, followed(), first) is first


@pytest.mark.parametrize(
    "value",
    [
        {"from_strength": float("nan")},
        {"full_strength": 0.8},
        {"network_share": 1.1},
        {"second_share": -0.1},
        {"most_disagreement": -0.1},
        {"most_spread": float("inf")},
        {"every_frames": 0},
        {"every_frames": 11},
        {"after_frames": -1},
    ],
    ids=str,
)
def test_values_that_cannot_be(value: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        StrongExpressionSettings(**value)
    assert caught.value.subject == f"strong_expressions.{next(iter(value))}"
