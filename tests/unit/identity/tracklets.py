"""Tracklets of people whose looks are known."""

from dataclasses import replace

import numpy as np

from openface_core.descriptors import FHOG_SIZE
from openface_core.identity import Tracklet

SIDE_PX = 100.0


def embedding(person: int, turn: float = 0.0) -> np.ndarray:
    """A direction of its own for each person, turned by an angle away from it."""
    vector = np.zeros(16)
    vector[person], vector[15] = np.cos(turn), np.sin(turn)
    return vector.astype(np.float32)


def _direction(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=FHOG_SIZE)
    return vector / np.linalg.norm(vector)


def typical() -> np.ndarray:
    """Return the appearance that all faces share."""
    return 5.0 * _direction(0)


def appearance(person: int, likeness: float = 1.0) -> np.ndarray:
    """Return a typical face with what is a person's own, as far as `likeness` says."""
    own, passing = _direction(100 + person), _direction(200 + person)
    return (typical() + likeness * own + np.sqrt(1 - likeness**2) * passing).astype(np.float32)


def box(x: float, y: float = 0.0, side: float = SIDE_PX) -> tuple[float, float, float, float]:
    return (x, y, x + side, y + side)


def tracklet(
    interval: int, number: int, frames: tuple[int, int], person: int | None, x: float = 0.0
) -> Tracklet:
    """A face of a person, described by a network; of nobody, described by nothing."""
    first, last = frames
    vectors = np.zeros((0, 16), np.float32) if person is None else embedding(person)[None]
    return Tracklet(
        interval=interval,
        number=number,
        first_frame=first,
        last_frame=last,
        seen=last - first + 1,
        first_box=box(x),
        last_box=box(x),
        width_px=SIDE_PX,
        confidence=0.95,
        appearance=None,
        embeddings=vectors,
    )


def described(face: Tracklet, person: int, likeness: float = 1.0) -> Tracklet:
    """The same face without a face network: described by its appearance."""
    return replace(
        face,
        embeddings=np.zeros((0, 16), np.float32),
        appearance=appearance(person, likeness),
    )
