"""Pictures whose pixels are not square, as camcorders, DVDs and video recorders store them.

References
----------
ITU-T H.264, E.2.1 (``sample_aspect_ratio``: width of a pixel to its height).
"""

from fractions import Fraction

SQUARE = Fraction(1)

# Files that were only resized often state 1279:1280 or so. A face is not measured worse for one
# per cent, but would be for a resampled picture.
_AS_GOOD_AS_SQUARE = Fraction(1, 100)

# The widest in use is about 2.2 (half of a PAL line at 16:9). What lies beyond is no picture, and
# the bound keeps a hostile ratio from asking for a huge one.
_LARGEST_RATIO = 4


def believable_ratio(stated: Fraction | None) -> Fraction | None:
    """Return the ratio by which pictures are to be stretched.

    Parameters
    ----------
    stated : Fraction or None
        Width of a pixel to its height, as container or codec say; None or 0 where they do not.

    Returns
    -------
    Fraction or None
        1 for pixels that are square, or nearly so; None for a ratio that no camera has.
    """
    if not stated or abs(stated - 1) <= _AS_GOOD_AS_SQUARE:
        return SQUARE
    return stated if Fraction(1, _LARGEST_RATIO) <= stated <= _LARGEST_RATIO else None


def square_size(width_px: int, height_px: int, ratio: Fraction) -> tuple[int, int]:
    """Return width and height of a picture once its pixels are square.

    The narrow side of the pixels is stretched, so that nothing is lost.

    Parameters
    ----------
    width_px, height_px : int
        As coded.
    ratio : Fraction
        Width of a pixel to its height.
    """
    if ratio >= 1:
        return round(width_px * ratio), height_px
    return width_px, round(height_px / ratio)


def ratio_text(ratio: Fraction) -> str:
    """Return a ratio as it is usually written, such as ``"4:3"``."""
    return f"{ratio.numerator}:{ratio.denominator}"
