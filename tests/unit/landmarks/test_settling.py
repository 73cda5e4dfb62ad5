"""A network that looks again at a face until its own points confirm the crop."""

import math
from typing import Any

import numpy as np
import pytest

from openface_core.landmarks import LandmarkResult, settled
from openface_core.landmarks.crop import CropSquare, square_from_landmarks
from openface_core.landmarks.spec import CropRule

IMAGE = np.zeros((400, 600, 3), dtype=np.uint8)
FIRST_LOOKS, MOST_LOOKS = 6, 30


def face(x: float, y: float, size_px: float, angle: float = 0.0) -> np.ndarray:
    """Points in a turned square about a place, both eyes level in it."""
    points = np.random.default_rng(3).uniform(-0.5, 0.5, (68, 2))
    points[:4] = [-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]
    points[36:42], points[42:48] = [-0.3, -0.2], [0.3, -0.2]
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return np.asarray(size_px * points @ turn + (x, y), dtype=np.float32)


class DrawnNetwork:
    """Sees a face where it is, but for a share of how far the crop is from there."""

    def __init__(self, x: float, y: float, size_px: float, share: float = 0.4) -> None:
        self.place = np.array([x, y])
        self.size_px, self.share = size_px, share
        self.looks: list[CropSquare] = []

    def square_about(self, landmarks: np.ndarray) -> CropSquare:
        return square_from_landmarks(landmarks, CropRule(1.0, 0.0, True))

    def look(self, image: np.ndarray, square: CropSquare) -> LandmarkResult | None:
        self.looks.append(square)
        centre = np.array([square.centre_x, square.centre_y])
        x, y = self.place + self.share * (centre - self.place)
        size_px = self.size_px * (square.side_px / self.size_px) ** self.share
        angle = self.share * math.atan2(square.sin, square.cos)
        return LandmarkResult(face(x, y, size_px, angle), None)


class BlindNetwork(DrawnNetwork):
    """Sees no face at all, or none but in its first look."""

    def __init__(self, seen: int) -> None:
        super().__init__(200.0, 150.0, 90.0)
        self.seen = seen

    def look(self, image: np.ndarray, square: CropSquare) -> LandmarkResult | None:
        result = super().look(image, square)
        return result if len(self.looks) <= self.seen else None


def points_of(network: Any, start: np.ndarray) -> np.ndarray:
    result = settled(network, IMAGE, start)
    assert result is not None
    return result.landmarks


@pytest.mark.parametrize("seed", range(20))
def test_starts_near_each_other_come_to_the_same(seed: int) -> None:
    chance = np.random.default_rng(seed)
    x, y, size_px = chance.uniform(150, 250), chance.uniform(150, 250), chance.uniform(60, 200)
    found = []
    for _ in range(2):
        near = chance.normal(size=4) * 0.03
        start = face(x + size_px * near[0], y + size_px * near[1], size_px * (1 + near[2]), near[3])
        network = DrawnNetwork(x, y, size_px)
        found.append(points_of(network, start))
        assert len(network.looks) <= MOST_LOOKS
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize("pixels", [(1, 0), (37, 3), (200, 120)])
def test_the_grid_moves_with_the_face(pixels: tuple[int, int]) -> None:
    start = face(203.3, 150.8, 91.0, 0.05)
    here, there = (
        DrawnNetwork(200.25, 151.5, 90.0),
        DrawnNetwork(200.25 + pixels[0], 151.5 + pixels[1], 90.0),
    )
    points_of(here, start)
    points_of(there, start + np.array(pixels, dtype=np.float32))
    moved = [
        CropSquare(s.centre_x + pixels[0], s.centre_y + pixels[1], s.side_px, s.cos, s.sin)
        for s in here.looks
    ]
    assert len(here.looks) > FIRST_LOOKS
    assert there.looks[FIRST_LOOKS:] == moved[FIRST_LOOKS:]  # the first ones lie on no grid


def test_a_network_that_never_agrees_with_itself_comes_to_an_end() -> None:
    network = DrawnNetwork(200.0, 150.0, 90.0, share=1.2)
    points_of(network, face(207.0, 144.0, 80.0))
    assert len(network.looks) <= MOST_LOOKS


def test_a_face_that_is_seen_once_is_taken() -> None:
    assert settled(BlindNetwork(1), IMAGE, face(200, 150, 60)) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize("seen", [2, 6, 7])
def test_a_face_that_is_seen_no_more_is_taken_as_it_was_last(seen: int) -> None:
    network: Any = BlindNetwork(seen)
    assert settled(network, IMAGE, face(200, 150, 60)) is not None


def test_without_a_face_there_is_none() -> None:
    assert settled(BlindNetwork(0), IMAGE, face(200, 150, 90)) is None  # type: ignore[arg-type]
