"""Sizes and colours of an overlay, which follow the size of the frame."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Colour = tuple[int, int, int]
"""Blue, green, red, as OpenCV has it."""

# Okabe and Ito's colours, which colour-blind people tell apart too.
ORANGE: Colour = (0, 159, 230)
VERMILION: Colour = (0, 94, 213)
SKY_BLUE: Colour = (233, 180, 86)
GREEN: Colour = (115, 158, 0)
YELLOW: Colour = (66, 228, 240)
PINK: Colour = (167, 121, 204)
WHITE: Colour = (255, 255, 255)
GREY: Colour = (170, 170, 170)
DARK: Colour = (24, 24, 24)

_REFERENCE_SIDE_PX = 480
_LEAST_TEXT_SCALE = 0.33


@dataclass(frozen=True)
class Style:
    """Sizes for frames of one size.

    Parameters
    ----------
    width_px, height_px : int
        Size of the frame.
    """

    width_px: int
    height_px: int

    @cached_property
    def unit(self) -> float:
        """1 for a frame whose shorter side has 480 pixels."""
        return min(self.width_px, self.height_px) / _REFERENCE_SIDE_PX

    @cached_property
    def thickness_px(self) -> int:
        """Thickness of lines."""
        return max(1, round(1.5 * self.unit))

    @cached_property
    def text_scale(self) -> float:
        """Scale of OpenCV's plain font."""
        return max(_LEAST_TEXT_SCALE, 0.45 * self.unit)

    @cached_property
    def text_thickness_px(self) -> int:
        """Thickness of letters."""
        return max(1, round(self.unit))

    @cached_property
    def line_height_px(self) -> int:
        """Height of a line of text."""
        return round(30 * self.text_scale) + 2

    def point_radius_px(self, face_width_px: float) -> float:
        """Return the radius of a landmark, which neither covers a small face nor gets lost."""
        return float(np.clip(face_width_px / 90, 0.8, 3.0 * max(1.0, self.unit)))


def confidence_colour(confidence: float) -> Colour:
    """Return the colour of a confidence, from vermilion at 0 to sky blue at 1."""
    share = float(np.clip(np.nan_to_num(confidence), 0, 1))
    low, high = np.array(VERMILION), np.array(SKY_BLUE)
    blue, green, red = (low + share * (high - low)).round().astype(int).tolist()
    return blue, green, red
