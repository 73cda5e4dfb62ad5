"""Parts of a picture, black where they reach beyond it."""

from typing import cast

import numpy as np

from openface_core.partial_pictures import PartialPicture, Pixels, pixels_within


def cut_surroundings(
    picture: Pixels | PartialPicture, left: int, top: int, columns: int, rows: int
) -> Pixels:
    """Return a part of a picture.

    Parameters
    ----------
    picture : (H, W) or (H, W, channels) ndarray of uint8 or float32, or PartialPicture
        The picture.
    left, top : int
        Its first column and row, which may lie outside of the picture.
    columns, rows : int
        Its size.

    Returns
    -------
    (rows, columns) or (rows, columns, channels) ndarray
        A copy; 0 where there is no picture.
    """
    height, width = picture.shape[:2]
    first_x, last_x = max(left, 0), max(min(left + columns, width), 0)
    first_y, last_y = max(top, 0), max(min(top + rows, height), 0)
    pixels = pixels_within(picture, first_x, first_y, last_x, last_y)
    inside = pixels[first_y:last_y, first_x:last_x]
    if inside.shape[:2] == (rows, columns):
        return cast(Pixels, inside.copy())  # nothing to make black
    out = np.zeros((rows, columns, *picture.shape[2:]), dtype=pixels.dtype)
    out[first_y - top :, first_x - left :][: inside.shape[0], : inside.shape[1]] = inside
    return cast(Pixels, out)
