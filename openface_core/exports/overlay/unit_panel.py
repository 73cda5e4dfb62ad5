"""Bars of the action units: at the side of the frame for one face, beside each for several."""

import math
from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.overlay.blending import as_ground, lay_over
from openface_core.exports.overlay.face_drawing import DrawnFace
from openface_core.exports.overlay.free_places import Box, FreePlaces
from openface_core.exports.overlay.style import DARK, GREY, ORANGE, WHITE, Colour, Style
from openface_core.exports.overlay.text import put_text, text_width_px
from openface_core.exports.rows import Rows

Image = NDArray[np.uint8]

_FULL_INTENSITY = 5.0
_OPACITY = 0.72
_ENTRIES_BESIDE_A_FACE = 4
_CAPITAL_PX = 22
"""Height of capital letters at a scale of 1."""

_LONG_NAMES_FROM_WIDTH_PX = 1000


class UnitPanel:
    """Draws the bars of one input.

    A bar is orange where the unit is present, and grey where it is not. Where a small frame has no
    room for all units, the last line says how many more there are.

    Parameters
    ----------
    video : ExportedVideo
        The input.
    style : Style
        Sizes.
    """

    def __init__(self, video: ExportedVideo, style: Style) -> None:
        self._style = style
        self._with_intensity = frozenset(video.names_of("_r"))
        self._names = tuple(sorted({*self._with_intensity, *video.names_of("_c")}))
        room = style.height_px - 4 * style.line_height_px // 3
        self._pitch = _pitch_px(room, len(self._names), style)
        lines = max(1, room // self._pitch)
        has_all = len(self._names) <= lines
        self.shown = self._names if has_all else self._names[: lines - 1]
        left_out = len(self._names) - len(self.shown)
        self._labels = (*self.shown, *(() if has_all else (f"+{left_out} more",)))
        has_room = style.width_px >= _LONG_NAMES_FROM_WIDTH_PX
        self._texts = {
            name: f"{name} {AU_MEANINGS.get(name, '')}".strip() if has_room else name
            for name in self._names
        }
        widths = (text_width_px(text, style) for text in self._texts.values())
        margin = style.line_height_px // 3
        self._margin = margin
        self._bar_x = max(widths, default=0) + 2 * margin
        self._bar_px = max(20, round(0.09 * style.width_px))
        self._width = self._bar_x + self._bar_px + margin
        self._height = self._pitch * len(self._labels) + margin
        self._ground = as_ground(self._label_ground(), _OPACITY)
        self._at_right: bool | None = None
        self._places = FreePlaces(style.thickness_px)

    def _label_ground(self) -> Image:
        """Return the names on their ground, once for all frames."""
        ground = np.full((self._height, self._width, 3), DARK, dtype=np.uint8)
        for place, label in enumerate(self._labels):
            y = (place + 1) * self._pitch - self._pitch // 4 + self._margin // 2
            put_text(ground, self._texts.get(label, label), self._margin, y, self._style, WHITE)
        return ground

    def draw(self, image: Image, rows: Rows, row: int, face: DrawnFace) -> None:
        """Draw all units at that side of the frame where the face was not at first.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8
            The frame; drawn into.
        rows : Rows
            Rows of the frame.
        row : int
            Which of them.
        face : DrawnFace
            Its face.
        """
        if not self._labels or self._width >= image.shape[1] or self._height >= image.shape[0]:
            return
        if self._at_right is None:
            left, _, right, _ = face.box
            self._at_right = image.shape[1] - right >= left
        # The side stays, and not the column: frames may have another width than the first one.
        begin = image.shape[1] - self._width if self._at_right else 0
        place = image[: self._height, begin : begin + self._width]
        lay_over(place, _OPACITY, self._ground)
        intensities, presences = _units(rows, row, self.shown)
        for number, (name, intensity, present) in enumerate(
            zip(self.shown, intensities.tolist(), presences.tolist(), strict=True)
        ):
            middle = round((number + 0.55) * self._pitch) + self._margin // 2
            self._bar(place, name, (self._bar_x, middle), self._bar_px, intensity, present)

    def begin(self, faces: Collection[DrawnFace]) -> None:
        """Begin a frame with these faces, which the units of others shall not cover."""
        style = self._style
        time = Box(0, style.height_px - style.line_height_px, style.width_px // 2, style.height_px)
        self._places.begin([time, *(self._with_label(face) for face in faces)])

    def _with_label(self, face: DrawnFace) -> Box:
        left, top, right, bottom = face.box
        width = text_width_px(face.caption, self._style) + self._style.line_height_px // 2
        return Box(left, top - self._style.line_height_px, max(right, left + width), bottom)

    def draw_beside(self, image: Image, rows: Rows, row: int, face: DrawnFace) -> None:
        """Draw the strongest units that are present beside the box of a face."""
        intensities, presences = _units(rows, row, self._names)
        strengths = np.where(presences, np.nan_to_num(intensities) + 0.01, 0.0)
        order = [int(k) for k in np.argsort(-strengths, kind="stable") if strengths[k] > 0]
        style = self._style
        width = text_width_px("AU00", style) + 3 * self._margin + self._bar_px // 2
        chosen = order[:_ENTRIES_BESIDE_A_FACE]
        height = style.line_height_px * len(chosen)
        if not chosen or height > image.shape[0] or width > image.shape[1]:
            return
        size = image.shape[1], image.shape[0]
        box = self._places.take(face.label, self._with_label(face), (width, height), size)
        place = image[box.top : box.bottom, box.left : box.right]
        ground = np.full_like(place, DARK)
        lay_over(place, _OPACITY, as_ground(ground, _OPACITY))
        for number, k in enumerate(chosen):
            top = number * style.line_height_px
            baseline = top + style.line_height_px - style.line_height_px // 4
            put_text(place, self._names[k], self._margin, baseline, style, WHITE)
            begin = text_width_px("AU00", style) + 2 * self._margin
            middle = top + round(0.55 * style.line_height_px)
            strength, present = float(intensities[k]), float(presences[k])
            full = self._bar_px // 2
            self._bar(place, self._names[k], (begin, middle), full, strength, present)

    def _bar(
        self,
        place: Image,
        name: str,
        begin: tuple[int, int],
        full: int,
        intensity: float,
        present: float,
    ) -> None:
        """Draw a unit's bar of at most `full` pixels, which begins at a place, in its middle."""
        x, middle = begin
        height = max(2, self._pitch // 2)
        top = middle - height // 2
        colour: Colour = ORANGE if present == 1 else GREY
        thin = max(1, self._style.thickness_px // 3)
        if name not in self._with_intensity:  # it has a presence only
            frame, length = GREY, full if present == 1 else 0
        elif math.isnan(intensity):  # withheld, as in a short clip: the frame shows presence
            frame, length = colour, 0
        else:
            frame = GREY
            length = round(full * min(max(intensity / _FULL_INTENSITY, 0.0), 1.0))
        cv2.rectangle(place, (x, top), (x + full, top + height), frame, thin)
        if length > 0:
            cv2.rectangle(place, (x, top), (x + length, top + height), colour, cv2.FILLED)


def _pitch_px(room_px: int, lines: int, style: Style) -> int:
    """Return the distance of lines: less than usual where that is what lets all of them in."""
    least = round(_CAPITAL_PX * style.text_scale) + 2
    return min(style.line_height_px, max(least, room_px // max(1, lines)))


def _units(
    rows: Rows, row: int, names: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return intensities and presences of a row; NaN where there is none."""
    intensities = rows.values(*(f"{name}_r" for name in names))[row]
    presences = rows.values(*(f"{name}_c" for name in names))[row]
    return intensities, presences
