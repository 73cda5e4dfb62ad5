"""Composed pictures: what they show is where they say it is."""

import numpy as np
import pytest

from models.training.detector import canvases
from models.training.detector.backgrounds import Backgrounds, read_faceless
from models.training.detector.canvases import SMALLEST_FACE_PX, CanvasMaker
from models.training.detector.views import Views

SIDE = 192


@pytest.fixture
def maker(photographs: list[np.ndarray], views: Views) -> CanvasMaker:
    black = [np.zeros((64, 64, 3), np.uint8)]
    return CanvasMaker(photographs, views, np.ones(len(views)), Backgrounds(black))


def test_faces_are_inside_and_large_enough_and_apart(maker: CanvasMaker) -> None:
    rng = np.random.default_rng(0)
    faces = 0
    for _ in range(40):
        canvas = maker.make(SIDE, rng)
        assert canvas.picture.shape == (SIDE, SIDE, 3)
        assert canvas.picture.dtype == np.uint8
        assert len(canvas.boxes) == len(canvas.points)
        faces += len(canvas.boxes)
        for boxes in (canvas.boxes, canvas.ignored):
            assert ((boxes >= 0) & (boxes <= SIDE)).all()
            assert (boxes[:, 2:] > boxes[:, :2]).all()
        extents = canvas.boxes[:, 2:] - canvas.boxes[:, :2]
        assert (extents.max(axis=1) > SMALLEST_FACE_PX / 2).all()
    assert faces > 40


def test_the_box_holds_the_face_at_every_size(
    photographs: list[np.ndarray], views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bright square of the photograph is pasted to the pixel where the box says."""
    for name in ("degrade", "change_light", "tint"):
        monkeypatch.setattr(canvases, name, lambda picture, *_: picture)
    monkeypatch.setattr(canvases, "_draw_sizes", lambda _, rng: [rng.uniform(20, 90)])
    black = Backgrounds([np.zeros((64, 64, 3), np.uint8)])
    monkeypatch.setattr(black, "draw", lambda side, _: np.zeros((side, side, 3), np.uint8))
    maker = CanvasMaker(photographs, views, np.ones(len(views)), black)
    monkeypatch.setattr(maker, "_occlude", lambda *_: None)
    monkeypatch.setattr(maker, "_paste_tile", lambda *_: None)
    rng = np.random.default_rng(3)
    checked = 0
    for _ in range(30):
        canvas = maker.make(SIDE, rng)
        bright = canvas.picture[..., 0] > 200
        if len(canvas.boxes) != 1 or len(canvas.ignored) or not bright.any():
            continue
        y, x = np.nonzero(bright)
        around = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1])
        whole = (canvas.boxes[0] > 1).all() and (canvas.boxes[0] < SIDE - 1).all()
        if whole:
            checked += 1
            slack = 1.5 + 0.03 * (canvas.boxes[0, 2:] - canvas.boxes[0, :2]).max()
            np.testing.assert_allclose(canvas.boxes[0], around, atol=slack)
    assert checked >= 5


def test_the_same_seed_makes_the_same_canvas(maker: CanvasMaker) -> None:
    one, other = (maker.make(SIDE, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.boxes, other.boxes)
    np.testing.assert_array_equal(one.picture.shape, other.picture.shape)


def test_the_pictures_without_faces_are_large_enough() -> None:
    pictures = read_faceless()
    assert len(pictures) > 10
    assert all(p.dtype == np.uint8 and p.shape[2] == 3 and min(p.shape[:2]) >= 64 for p in pictures)
