"""Text in pictures, readable on any background."""

import unicodedata

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.exports.overlay.style import DARK, WHITE, Colour, Style

Image = NDArray[np.uint8]
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def drawable(text: str) -> str:
    """Return text in the letters that OpenCV can draw."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode() or "?"


def clock_time(seconds: float) -> str:
    """Return a time in minutes and seconds, rounded to hundredths."""
    minutes, hundredths = divmod(round(100 * seconds), 6000)
    return f"{minutes}:{hundredths / 100:05.2f}"


def text_width_px(text: str, style: Style) -> int:
    """Return the width of a text."""
    size, _ = cv2.getTextSize(text, _FONT, style.text_scale, style.text_thickness_px)
    return int(size[0])


def put_text(image: Image, text: str, x: int, y: int, style: Style, colour: Colour = WHITE) -> None:
    """Write text with its lower left corner at a place."""
    cv2.putText(
        image, text, (x, y), _FONT, style.text_scale, colour, style.text_thickness_px, cv2.LINE_AA
    )


def put_label(
    image: Image, text: str, x: int, y: int, style: Style, background: Colour = DARK
) -> None:
    """Write text on a ground of its own, with the upper left corner at a place within the image.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        What is written into.
    text : str
        The text.
    x, y : int
        Where; moved so that all of it can be seen.
    style : Style
        Sizes.
    background : Colour
        Colour of the ground.
    """
    height, width = image.shape[:2]
    margin = max(2, style.line_height_px // 5)
    text_width = text_width_px(text, style) + 2 * margin
    x = max(0, min(x, width - text_width))
    y = max(0, min(y, height - style.line_height_px))
    cv2.rectangle(image, (x, y), (x + text_width, y + style.line_height_px), background, cv2.FILLED)
    is_bright = sum(background) > 330
    baseline = y + style.line_height_px - style.line_height_px // 4
    put_text(image, text, x + margin, baseline, style, DARK if is_bright else WHITE)
