"""What is cut out as a mistake, with a network and a teacher whose findings are known."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.training.detector import mistakes
from models.training.detector.backgrounds import Backgrounds
from models.training.detector.canvases import CanvasMaker
from models.training.detector.views import Views

FACE = np.array([20, 20, 60, 70], np.float32)
WRONG = np.array([100, 100, 120, 132], np.float32)
PIECE = (48, 30, 3)  # WRONG with a margin of a quarter on each side


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what finds mistakes at one scale, where the network sees both boxes."""
    monkeypatch.setattr(mistakes, "_SCALES", (1.0,))
    scores = np.array([0.9, 0.6], np.float32)
    monkeypatch.setattr(mistakes, "find_boxes", lambda *_: (np.stack([FACE, WRONG]), scores))
    teacher = SimpleNamespace(detect=lambda _: SimpleNamespace(boxes=FACE[None] + 3))
    monkeypatch.setattr(mistakes, "teacher_detector", lambda _: teacher)
    nothing: Any = None
    return lambda faces, faceless: mistakes.find_mistakes(nothing, faces, faceless, Path())


def test_faces_of_the_teacher_are_no_mistakes(cut: Any) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    (piece,) = cut([picture], [])
    assert piece.shape == PIECE
    np.testing.assert_array_equal(piece, picture[92:140, 95:125])
    assert len(cut([], [picture])) == 2


def test_canvases_show_mistakes(photographs: list[np.ndarray], views: Views) -> None:
    white = np.full((40, 30, 3), 255, np.uint8)
    black = Backgrounds([np.zeros((64, 64, 3), np.uint8)])
    brightness = [
        np.mean(
            [
                CanvasMaker(photographs, views, np.ones(len(views)), black, pieces)
                .make(192, np.random.default_rng(seed))
                .picture.mean()
                for seed in range(12)
            ]
        )
        for pieces in ([], [white])
    ]
    assert brightness[1] > brightness[0] + 10
