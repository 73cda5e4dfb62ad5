"""When a network is asked about followed landmarks, and when it contradicts."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.errors import ConfigError
from openface_core.face_tracking import NetworkWitness, WitnessSettings
from openface_core.face_tracking.witness import UnusedAnswer

IMAGE = np.zeros((4, 4, 3), dtype=np.uint8)
SETTINGS = WitnessSettings(
    below_log_likelihood=0.4,
    every_frames=5,
    inner_disagreement=0.05,
    mouth_disagreement=0.1,
    least_gain=0.1,
    network_share=0.25,
)
EYE_DISTANCE_PX = 100.0


def followed() -> np.ndarray:
    """Landmarks whose eyes are 100 pixels apart."""
    points = np.zeros((68, 2), dtype=np.float32)
    points[42:48, 0] = EYE_DISTANCE_PX
    return points


def witness(points: np.ndarray | None) -> NetworkWitness:
    """A witness whose network always gives the same points."""
    found = None if points is None else SimpleNamespace(landmarks=points)
    network: Any = SimpleNamespace(follow=lambda _image, _landmarks: found)
    refiner: Any = None
    return NetworkWitness(network, refiner, SETTINGS)


def moved(points: slice, px: float) -> np.ndarray:
    landmarks = followed()
    landmarks[points, 1] += px
    return landmarks


@pytest.mark.parametrize(
    ("log_likelihood", "number", "expected"),
    [
        (0.3, 1, True),
        (0.4, 1, False),
        (0.9, 4, False),
        (0.9, 5, True),
        (0.9, 0, True),
        (float("nan"), 1, True),
    ],
)
def test_when_it_is_asked(log_likelihood: float, number: int, expected: bool) -> None:
    assert witness(None).is_asked(log_likelihood, number) is expected


@pytest.mark.parametrize(
    ("log_likelihood", "number", "expected"),
    [(0.3, 7, False), (0.15, 7, True), (0.3, 10, True), (0.3, 11, True), (float("nan"), 7, False)],
)
def test_when_it_is_asked_again(log_likelihood: float, number: int, expected: bool) -> None:
    last = UnusedAnswer(6, 0.3)
    assert witness(None).is_asked(log_likelihood, number, last) is expected


def test_points_nearby_are_no_contradiction() -> None:
    assert witness(moved(slice(None), 4.9)).contradiction(IMAGE, followed()) is None


@pytest.mark.parametrize(
    "points", [moved(slice(17, 68), 5.1), moved(slice(48, 68), 12.8)], ids=["inner", "mouth"]
)
def test_points_that_are_far_are_returned(points: np.ndarray) -> None:
    assert witness(points).contradiction(IMAGE, followed()) is points


def test_the_outline_alone_is_no_contradiction() -> None:
    assert witness(moved(slice(0, 17), 50)).contradiction(IMAGE, followed()) is None


def test_a_network_that_sees_no_face_says_nothing() -> None:
    assert witness(None).contradiction(IMAGE, followed()) is None


def test_points_that_are_far_are_looked_for_once_more_about_themselves() -> None:
    crops: list[np.ndarray] = []

    def follow(_image: np.ndarray, landmarks: np.ndarray) -> Any:
        crops.append(landmarks)
        return SimpleNamespace(landmarks=landmarks + np.float32(20 / len(crops)))

    network: Any = SimpleNamespace(follow=follow)
    refiner: Any = None
    found = NetworkWitness(network, refiner, SETTINGS).contradiction(IMAGE, followed())
    np.testing.assert_array_equal(crops, [followed(), followed() + 20])
    np.testing.assert_array_equal(found, followed() + 30)


@pytest.mark.parametrize(
    ("restarted", "expected"), [(0.35, True), (0.25, False), (float("nan"), False)]
)
def test_a_new_start_has_to_be_clearly_more_likely(restarted: float, expected: bool) -> None:
    assert witness(None).is_better(restarted, 0.2) is expected


def test_what_is_taken_lies_between() -> None:
    found = witness(None).agreed(moved(slice(None), 8), followed())
    np.testing.assert_allclose(found, moved(slice(None), 6))


@pytest.mark.parametrize(
    "value",
    [
        {"below_log_likelihood": float("nan")},
        {"every_frames": 0},
        {"inner_disagreement": -0.1},
        {"mouth_disagreement": float("inf")},
        {"window_px": 8},
        {"window_px": 1},
        {"least_gain": -0.1},
        {"network_share": 1.1},
    ],
    ids=str,
)
def test_values_that_cannot_be(value: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        WitnessSettings(**value)
    assert caught.value.subject == f"witness.{next(iter(value))}"
