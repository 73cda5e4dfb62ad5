"""Parts of a picture, black where they reach beyond it."""

from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Picture = TypeVar("Picture", bound=NDArray[np.uint8] | NDArray[np.float32])


def cut_surroundings(picture: Picture, left: int, top: int, columns: int, rows: int) -> Picture:
    """Return a part of a picture.

    Parameters
    ----------
    picture : (H, W) or (H, W, channels) ndarray of uint8 or float32
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
    inside = picture[first_y:last_y, first_x:last_x]
    if inside.shape[:2] == (rows, columns):
        return cast(Picture, inside.copy())  # nothing to make black
    out = np.zeros((rows, columns, *picture.shape[2:]), dtype=picture.dtype)
    out[first_y - top :, first_x - left :][: inside.shape[0], : inside.shape[1]] = inside
    return cast(Picture, out)
