"""Composed pictures with many faces: views of photographs, pasted at any size on backgrounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.detector.backgrounds import Backgrounds
from models.training.detector.degradation import change_light, degrade, tint, turn_grey
from models.training.detector.views import VIEW_SIDE_PX, Views

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

SMALLEST_FACE_PX = 13.0
_PYRAMID_LEVELS = 4
_CROWD = 0.4
"""Share of the canvases with many small faces; the rest has few faces or one large face."""
_ONE_LARGE = 0.2
_WITH_TILES = 0.75
"""Share of the canvases with pieces of photographs beside the faces."""
_MAX_TILES = 16
_WITH_MISTAKES = 0.8
"""Share of the canvases with pieces that were taken for faces, where there are any."""
_MAX_MISTAKES = 12
_FACE_IN_TILE = 0.2
"""Greatest share of a face's box in such a piece: so little is no face."""
_SCRAMBLED = 0.15
"""Share of those pieces that show a face with its quarters exchanged, which is no face."""
_LEAST_VISIBLE = 0.55
"""Share of a face's box inside the picture from which the face shall be found."""
_COVERED_BY_NEXT = 0.08
"""Share of a face's box that a later paste may cover."""
_TRIES_PER_FACE = 4


@dataclass(frozen=True, eq=False)
class Canvas:
    """A composed picture and what is to be found in it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (S, S, 3)
        Blue, green, red.
    boxes : ndarray of float32, shape (K, 4)
        The faces: x_min, y_min, x_max, y_max in pixels, inside the picture.
    points : ndarray of float32, shape (K, 5, 2)
        Their five points in pixels.
    ignored : ndarray of float32, shape (M, 4)
        Where it does not matter what is found.
    """

    picture: Picture
    boxes: FloatArray
    points: FloatArray
    ignored: FloatArray


@dataclass(eq=False)
class _Work:
    """A canvas in the making."""

    picture: Picture
    boxes: list[FloatArray]
    points: list[FloatArray]
    ignored: list[FloatArray]


class CanvasMaker:
    """Composes canvases from views.

    Parameters
    ----------
    photographs : sequence of ndarray of uint8, shape (H, W, 3)
        The pictures that the views show.
    views : Views
        The views.
    weights : ndarray of float64, shape (V,)
        Probability of each view to be drawn.
    backgrounds : Backgrounds
        Draws what the views are pasted on.
    mistakes : sequence of ndarray of uint8, shape (H, W, 3)
        Pieces of pictures that are no faces and were taken for some.
    """

    def __init__(
        self,
        photographs: Sequence[Picture],
        views: Views,
        weights: NDArray[np.float64],
        backgrounds: Backgrounds,
        mistakes: Sequence[Picture] = (),
    ) -> None:
        self._pyramids = [_pyramid(picture) for picture in photographs]
        self._views = views
        self._certain = views.is_certain()
        self._cumulated = np.cumsum(weights) / np.sum(weights)
        self._backgrounds = backgrounds
        self._mistakes = mistakes

    def make(self, side: int, rng: np.random.Generator) -> Canvas:
        """Compose one canvas.

        Parameters
        ----------
        side : int
            Height and width in pixels.
        rng : Generator
            Makes all choices.

        Returns
        -------
        Canvas
        """
        work = _Work(self._backgrounds.draw(side, rng), [], [], [])
        if rng.random() < _WITH_TILES:
            for _ in range(int(rng.integers(1, _MAX_TILES + 1))):
                self._paste_tile(work.picture, rng)
        if self._mistakes and rng.random() < _WITH_MISTAKES:
            for _ in range(int(rng.integers(1, _MAX_MISTAKES + 1))):
                self._paste_mistake(work.picture, rng)
        for face_px in _draw_sizes(side, rng):
            self._paste(work, face_px, rng)
        for box in list(work.boxes):
            if rng.random() < 0.12:
                self._occlude(work.picture, box, rng)
        picture = degrade(work.picture, rng)
        return Canvas(
            picture,
            np.array(work.boxes, dtype=np.float32).reshape(-1, 4),
            np.array(work.points, dtype=np.float32).reshape(-1, 5, 2),
            np.array(work.ignored, dtype=np.float32).reshape(-1, 4),
        )

    def _paste_tile(self, picture: Picture, rng: np.random.Generator) -> None:
        """Paste a piece of a photograph that shows no face."""
        view = self._draw_index(rng)
        boxes = self._views.boxes[self._views.first_face[view] : self._views.first_face[view + 1]]
        scrambled = rng.random() < _SCRAMBLED
        if scrambled:
            low, extent = boxes[0, :2], boxes[0, 2:] - boxes[0, :2]
        else:
            extent = rng.uniform(25.0, 80.0, 2).astype(np.float32)
            low = rng.uniform(0, VIEW_SIDE_PX - extent).astype(np.float32)
            area = np.r_[low, low + extent]
            if any(_share(box, area) > _FACE_IN_TILE for box in boxes):
                return
        side = picture.shape[0]
        longer = float(np.exp(rng.uniform(np.log(20.0), np.log(0.6 * side))))
        scale = longer / float(extent.max())
        size = np.maximum(extent * scale, 4).astype(int)
        at = rng.integers(-size // 3, side - size // 2)
        begin, end = np.maximum(at, 0), np.minimum(at + size, side)
        if (end - begin).min() < 4:
            return
        off = at - begin - low * scale
        move = np.array([[scale, 0, off[0]], [0, scale, off[1]], [0, 0, 1]])
        region = picture[begin[1] : end[1], begin[0] : end[0]]
        self._draw_view(region, view, scale, move, rng)
        if scrambled:
            half_y, half_x = region.shape[0] // 2, region.shape[1] // 2
            region[:] = np.roll(region, (half_y, half_x), (0, 1))

    def _paste_mistake(self, picture: Picture, rng: np.random.Generator) -> None:
        """Paste a piece that was taken for a face, turned a little, in other light."""
        piece = self._mistakes[int(rng.integers(len(self._mistakes)))]
        height, width = piece.shape[:2]
        scale = float(np.exp(rng.uniform(np.log(16.0), np.log(110.0)))) / max(height, width)
        if rng.random() < 0.5:
            piece = np.ascontiguousarray(piece[:, ::-1])
        size = (max(4, int(width * scale)), max(4, int(height * scale)))
        kind = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        piece = np.asarray(cv2.resize(piece, size, interpolation=kind), dtype=np.uint8)
        if rng.random() < 0.3:
            turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), rng.uniform(-25, 25), 1.1)
            turned = cv2.warpAffine(piece, turn, size, borderMode=cv2.BORDER_REPLICATE)
            piece = np.asarray(turned, dtype=np.uint8)
        if rng.random() < 0.5:
            piece = change_light(piece, rng, 0.8)
        side = picture.shape[0]
        if max(size) >= side:
            return
        x, y = (int(rng.integers(0, side - length)) for length in size)
        picture[y : y + size[1], x : x + size[0]] = piece

    def _draw_index(self, rng: np.random.Generator) -> int:
        """Draw a view."""
        return min(int(np.searchsorted(self._cumulated, rng.random())), len(self._views) - 1)

    def _paste(self, work: _Work, face_px: float, rng: np.random.Generator) -> None:
        """Paste a view where it covers no face, if such a place is found."""
        side = work.picture.shape[0]
        view = self._draw_index(rng)
        faces = slice(self._views.first_face[view], self._views.first_face[view + 1])
        boxes, points = self._views.boxes[faces], self._views.points[faces]
        scale = face_px / float((boxes[0, 2:] - boxes[0, :2]).max())
        boxes, points = boxes * scale, points * scale
        centre = (boxes[0, :2] + boxes[0, 2:]) / 2
        half = (boxes[0, 2:] - boxes[0, :2]) / 2 * rng.uniform(1.05, 2.6, 2).astype(np.float32)
        for _ in range(_TRIES_PER_FACE):
            shift = rng.uniform(-0.05, 1.05, 2).astype(np.float32) * side - centre
            area = np.r_[centre + shift - half, centre + shift + half]
            if all(_share(box, area) <= _COVERED_BY_NEXT for box in work.boxes):
                break
        else:
            return
        low = np.floor(np.maximum(area[:2], 0)).astype(int)
        high = np.ceil(np.minimum(area[2:], side)).astype(int)
        if (high - low).min() < 3:
            return
        move = np.array([[scale, 0, shift[0] - low[0]], [0, scale, shift[1] - low[1]], [0, 0, 1]])
        region = work.picture[low[1] : high[1], low[0] : high[0]]
        visible = self._draw_view(region, view, scale, move, rng)
        self._note_faces(work, boxes, points, shift, np.r_[low, high], visible, faces)

    def _draw_view(
        self, region: Picture, view: int, scale: float, move: FloatArray, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """Draw a view into a part of the canvas; returns the mask of what was drawn."""
        pyramid = self._pyramids[self._views.photograph[view]]
        matrix = move @ self._views.matrix[view]
        # One photograph pixel at the face, in pixels of the canvas, chooses the pyramid's level.
        magnification = scale * _magnification(self._views.matrix[view])
        level = int(np.clip(np.floor(-np.log2(magnification) + 0.4), 0, _PYRAMID_LEVELS - 1))
        if rng.random() < 0.12:
            level = min(level + 1, _PYRAMID_LEVELS - 1)
        step = float(2**level)
        off = (step - 1.0) / 2.0
        matrix = matrix @ np.array([[step, 0, off], [0, step, off], [0, 0, 1.0]])
        size = (region.shape[1], region.shape[0])
        patch = cv2.warpPerspective(pyramid[level], matrix, size, flags=cv2.INTER_LINEAR)
        mask = np.zeros(region.shape[:2], dtype=np.uint8)
        high, wide = pyramid[level].shape[:2]
        corners = np.array([[[0, 0], [wide - 1, 0], [wide - 1, high - 1], [0, high - 1]]])
        outline = cv2.perspectiveTransform(corners.astype(np.float64), matrix)
        cv2.fillPoly(mask, outline.round().astype(np.int32), 255)
        if rng.random() < 0.25:
            oval = np.zeros_like(mask)
            middle = (size[0] // 2, size[1] // 2)
            cv2.ellipse(oval, middle, middle, 0, 0, 360, 255, -1)
            mask &= oval
        colour = rng.random()
        if colour < 0.15:
            patch = turn_grey(patch)
        elif colour < 0.45:
            patch = tint(patch, rng)
        if rng.random() < 0.5:
            patch = change_light(patch, rng, 0.8)
        cv2.copyTo(patch, mask, region)
        return mask

    def _note_faces(
        self, work: _Work, boxes: FloatArray, points: FloatArray, shift: FloatArray,
        area: NDArray[np.int64], mask: NDArray[np.uint8], faces: slice,
    ) -> None:  # fmt: skip
        """Note which of a pasted view's faces are to be found."""
        side = work.picture.shape[0]
        for number, certain in enumerate(self._certain[faces]):
            box = boxes[number] + np.tile(shift, 2)
            shown = np.r_[np.maximum(box[:2], area[:2]), np.minimum(box[2:], area[2:])]
            if (shown[2:] <= shown[:2]).any():
                continue
            x0, y0, x1, y1 = np.round(shown - np.tile(area[:2], 2)).astype(int)
            window = mask[y0 : y1 + 1, x0 : x1 + 1]
            share = _share(box, shown) * (float(np.mean(window)) / 255 if window.size else 0.0)
            large = (box[2:] - box[:2]).max() >= SMALLEST_FACE_PX * 0.9
            inside = np.clip(box, 0, side)
            if certain and large and share >= _LEAST_VISIBLE:
                work.boxes.append(inside)
                work.points.append(points[number] + shift)
            elif share > 0.12:
                work.ignored.append(inside)

    def _occlude(self, picture: Picture, box: FloatArray, rng: np.random.Generator) -> None:
        """Cover up to 40 % of a face from one side."""
        extent = box[2:] - box[:2]
        size = np.maximum(extent * rng.uniform(0.2, 0.6, 2), 2).astype(int)
        long_axis = int(rng.integers(2))
        size[long_axis] = int(extent[long_axis] * rng.uniform(0.5, 1.2)) + 2
        size[1 - long_axis] = int(extent[1 - long_axis] * rng.uniform(0.1, 0.4)) + 1
        at = box[:2] + rng.uniform(-0.2, 1.0, 2) * (extent - size)
        at[1 - long_axis] = (box[:2] if rng.random() < 0.3 else box[2:] - size)[1 - long_axis]
        low = np.maximum(at.astype(int), 0)
        high = np.minimum(at.astype(int) + size, picture.shape[0])
        if (high - low).min() < 2:
            return
        region = picture[low[1] : high[1], low[0] : high[0]]
        cover = self._backgrounds.patch(region.shape[0], region.shape[1], rng)
        mask = np.full(region.shape[:2], 255, dtype=np.uint8)
        if rng.random() < 0.6:
            mask[:] = 0
            middle = (region.shape[1] // 2, region.shape[0] // 2)
            cv2.ellipse(mask, middle, middle, 0, 0, 360, 255, -1)
        cv2.copyTo(cover, mask, region)


def _pyramid(picture: Picture) -> list[Picture]:
    levels = [picture]
    for _ in range(_PYRAMID_LEVELS - 1):
        height, width = levels[-1].shape[:2]
        # Even sizes keep the halves aligned: a coarse pixel covers exactly two fine ones.
        even = levels[-1][: height // 2 * 2, : width // 2 * 2]
        levels.append(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return levels


def _draw_sizes(side: int, rng: np.random.Generator) -> list[float]:
    """Draw the longer sides of a canvas's faces, the largest first."""
    kind = rng.random()
    if kind < _CROWD:
        count, low, high = int(rng.integers(4, 17)), SMALLEST_FACE_PX, 0.3 * side
    elif kind < 1.0 - _ONE_LARGE:
        count, low, high = int(rng.integers(2, 7)), 20.0, 0.6 * side
    elif kind < 0.97:
        count, low, high = 1, 0.3 * side, 1.0 * side
    else:
        return []
    sizes = np.exp(rng.uniform(np.log(low), np.log(high), count))
    return sorted(sizes.tolist(), reverse=True)


def _share(box: FloatArray, area: FloatArray) -> float:
    """Tell which share of a box lies in an area."""
    common = np.minimum(box[2:], area[2:]) - np.maximum(box[:2], area[:2])
    return float(np.prod(np.maximum(common, 0.0)) / max(np.prod(box[2:] - box[:2]), 1e-6))


def _magnification(matrix: FloatArray) -> float:
    """Tell how many pixels of the view a photograph's pixel has at the middle of the view."""
    inverse = np.linalg.inv(matrix.astype(np.float64))
    half = VIEW_SIDE_PX / 2
    points = np.array([[half, half, 1.0], [half + 1, half, 1.0], [half, half + 1, 1.0]]).T
    there = inverse @ points
    there = there[:2] / there[2]
    steps = np.linalg.norm(there[:, 1:] - there[:, :1], axis=0)
    return float(1.0 / steps.max())
