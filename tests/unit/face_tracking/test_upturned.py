"""Upturned faces that were read as upright."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.face_tracking import FaceTracker, TrackerSettings
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.upturned import (
    is_as_before,
    is_upturned,
    likelier,
    rolled_over,
    seen_upturned,
)
from openface_core.faces import Face, FaceStatus
from openface_core.landmarks import LandmarkResult
from openface_core.landmarks.conventions import five_points_of
from openface_core.landmarks.crop import CropSquare
from openface_core.shape.rolled import turned_points
from tests.unit.face_tracking.script import IMAGE, PDM, face_at


def upturned(points: np.ndarray) -> np.ndarray:
    return np.asarray(turned_points(points - points.mean(axis=0), 2) + points.mean(axis=0))


def face(
    likelihood: float = math.nan,
    confidence: float = 0.9,
    points: np.ndarray | None = None,
    status: FaceStatus = FaceStatus.FOUND,
) -> Face:
    landmarks = face_at(150) if points is None else points
    return Face(status, landmarks, confidence, log_likelihood=likelihood)


class Network:
    """Sees the same points in every turned crop, and others when it follows."""

    def __init__(self, then: np.ndarray | None) -> None:
        self.then = then
        self.square: CropSquare | None = None

    def square_about(self, landmarks: np.ndarray) -> CropSquare:
        return CropSquare(150.0, 120.0, 200.0, 0.8, 0.6)

    def look(self, image: np.ndarray, square: CropSquare) -> LandmarkResult | None:
        self.square = square
        return LandmarkResult(upturned(face_at(150)), None)

    def follow(self, image: np.ndarray, landmarks: np.ndarray) -> LandmarkResult | None:
        return None if self.then is None else LandmarkResult(self.then, None)


def test_the_network_looks_upside_down() -> None:
    network: Any = Network(upturned(face_at(151)))
    seen = seen_upturned(network, IMAGE, face_at(150))
    assert seen is not None
    assert seen.landmarks is network.then
    assert (network.square.cos, network.square.sin) == (-0.8, -0.6)


@pytest.mark.parametrize("then", [None, face_at(151)])
def test_what_it_sees_again_is_nothing_new(then: np.ndarray | None) -> None:
    network: Any = Network(then)
    assert seen_upturned(network, IMAGE, face_at(150)) is None


def test_the_reading_that_experts_find_likelier_is_taken() -> None:
    first, other = face(0.4), face(1.1)
    assert likelier(first, other) is other
    assert likelier(other, first) is other
    assert likelier(first, None) is first
    assert likelier(first, face(1.1, status=FaceStatus.NOT_TRUSTED)) is first


def test_of_two_readings_that_are_alike_neither_is_trusted() -> None:
    assert likelier(face(0.7), face(0.72)) is None
    assert likelier(face(0.7), face(0.6)) is None


def test_without_experts_the_confidence_decides() -> None:
    first, other = face(confidence=0.8), face(confidence=0.9)
    assert likelier(first, other) is other
    assert likelier(other, first) is other
    assert likelier(first, face(confidence=0.8)) is first


def test_no_head_turns_over_within_a_frame() -> None:
    last = face()
    assert rolled_over(face(points=upturned(face_at(150))), last)
    assert not rolled_over(face(points=face_at(152)), last)
    elsewhere = upturned(face_at(150)) + np.float32(500)
    assert not rolled_over(face(points=elsewhere), last)
    untrusted = face(points=upturned(face_at(150)), status=FaceStatus.NOT_TRUSTED)
    assert not rolled_over(last, untrusted)
    assert not rolled_over(None, last)
    assert not rolled_over(last, None)


def test_a_face_that_was_trusted_is_not_doubted() -> None:
    """Behind a hand, experts find either reading unlikely."""
    trusted = face()
    assert is_as_before(face(points=face_at(152)), trusted)
    assert not is_as_before(face(points=upturned(face_at(150))), trusted)
    assert not is_as_before(face(points=face_at(900)), trusted)
    assert not is_as_before(face(), None)


def test_landmarks_may_be_upside_down_to_the_detector() -> None:
    points = face_at(150)
    assert is_upturned(upturned(points), five_points_of(points))
    assert not is_upturned(points, five_points_of(points))
    assert not is_upturned(points, np.zeros((5, 2), dtype=np.float32))


def test_an_upturned_face_is_found_and_followed() -> None:
    """By a tracker whose network reads it as upright, unless its crop is turned."""
    right = upturned(face_at(150))

    def detect(image: np.ndarray) -> FaceDetections:
        five = five_points_of(face_at(150))[None]
        box = np.array([[100, 80, 200, 180]], dtype=np.float32)
        return FaceDetections(box, np.array([0.9], dtype=np.float32), five)

    network: Any = Network(right)
    network.locate = lambda image, box, five: LandmarkResult(face_at(150), 0.8)
    network.follow = lambda image, landmarks: LandmarkResult(right, 0.9)
    models = FaceTrackingModels(
        SimpleNamespace(detect=detect), network, PDM, None, None, fits_any_roll=True
    )
    tracker = FaceTracker(models, TrackerSettings(0.7))
    for number in range(2):
        found = tracker.observe(IMAGE, number)
        assert found.is_found
        assert found.landmarks is not None
        np.testing.assert_allclose(found.landmarks, right, atol=0.5)
    network.follow = lambda image, landmarks: LandmarkResult(face_at(150), 0.9)
    assert not tracker.observe(IMAGE, 2).is_found, "turned over within a frame"
