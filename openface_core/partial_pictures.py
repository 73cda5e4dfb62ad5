"""Pictures whose pixels are made where somebody looks, and nowhere else.

A face takes a small part of a frame, and the rest of it would be converted for nobody. Functions
that know which pixels they need ask for these by :func:`pixels_within`; :func:`all_pixels` is for
those that do not. Both take arrays, too, and return them as they are.
"""

import math
from abc import ABC, abstractmethod
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

UInt8Array = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
Strips = NDArray[np.int64]

_FARTHEST_PX: Final = 1 << 20
"""Positions beyond may not fit into the integers of those who sample; they get all pixels."""

TILE_PX: Final = 32
"""Side of the squares that are made at once; even, as two pixels share a colour in most videos."""


class PartialPicture(ABC):
    """A picture of which any part can be had; made of tiles, each of them once.

    Parameters
    ----------
    shape : tuple of int
        That of the array: H, W, and 3 for colours.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._pixels: UInt8Array | None = None
        self._made: BoolArray | None = None
        self._last_box = (math.inf, math.inf, -math.inf, -math.inf)

    @property
    def size(self) -> int:
        """How many numbers the whole picture has."""
        return math.prod(self.shape)

    def within(self, left: float, top: float, right: float, bottom: float) -> UInt8Array:
        """Return the picture, of which the pixels in a box are sure to be there.

        Parameters
        ----------
        left, top, right, bottom : float
            The box, pixels; right and bottom are excluded. It may reach beyond the picture.

        Returns
        -------
        (H, W) or (H, W, 3) ndarray of uint8
            Not to be changed, nor read outside of the box.
        """
        asked = left, top, right, bottom
        last = self._last_box
        if self._pixels is not None and (
            last[0] <= left and last[1] <= top and right <= last[2] and bottom <= last[3]
        ):
            return self._pixels
        box = part_of_picture(asked, self.shape)
        if self._pixels is None or self._made is None:
            self._pixels = np.empty(self.shape, dtype=np.uint8)
            self._made = np.zeros(_tile_counts(self.shape), dtype=np.bool_)
        if box[2] > box[0] and box[3] > box[1]:
            strips = _strips_to_make(box, self._made, self.shape[0], self.shape[1])
            if len(strips):
                self._make(strips, self._pixels)
            self._last_box = asked
        return self._pixels

    def whole(self) -> UInt8Array:
        """Return the picture with all its pixels; not to be changed."""
        return self.within(0, 0, self.shape[1], self.shape[0])

    def sampled(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> UInt8Array:
        """Return the pixels where rows (m,) and columns (n,) cross, (m, n, 3)."""
        return self.whole()[np.ix_(rows, columns)]

    @property
    def _is_begun(self) -> bool:
        """Whether anything is made."""
        return self._pixels is not None

    def _take(self, pixels: UInt8Array) -> None:
        """Take the whole picture, where somebody else makes it faster."""
        self._pixels = pixels
        self._made = np.ones(_tile_counts(self.shape), dtype=np.bool_)

    @abstractmethod
    def _make(self, strips: Strips, out: UInt8Array) -> None:
        """Make what is not made yet.

        Parameters
        ----------
        strips : (n, 4) ndarray of int64
            Rows of tiles: left, top, right, bottom, pixels within the picture, the first two even.
        out : (H, W) or (H, W, 3) ndarray of uint8
            Where they are made.
        """


AnyPicture = UInt8Array | PartialPicture
Pixels = TypeVar("Pixels", bound=NDArray[np.uint8] | NDArray[np.float32])


def pixels_within(
    picture: Pixels | PartialPicture, left: float, top: float, right: float, bottom: float
) -> Pixels:
    """Return a picture of which the pixels in a box are there; see :meth:`PartialPicture.within`.

    Parameters
    ----------
    picture : ndarray or PartialPicture
        An array is returned as it is.
    left, top, right, bottom : float
        The box, pixels; where it is not finite, or far away, all pixels are there.
    """
    if isinstance(picture, PartialPicture):
        return cast(Pixels, picture.within(left, top, right, bottom))
    return picture


def all_pixels(picture: Pixels | PartialPicture) -> Pixels:
    """Return a picture with all its pixels."""
    return cast(Pixels, picture.whole()) if isinstance(picture, PartialPicture) else picture


def contiguous(picture: Pixels | PartialPicture) -> Pixels | PartialPicture:
    """Return a picture whose array is in C order, or will be."""
    if isinstance(picture, PartialPicture):
        return picture
    return cast(Pixels, np.ascontiguousarray(picture))


@kernel
def _strips_to_make(
    box: tuple[int, int, int, int], made: BoolArray, height: int, width: int
) -> Strips:
    """Return the strips of tiles that a box touches and that are not made; mark them as made."""
    left, top, right, bottom = box
    begin, end = left // TILE_PX, (right - 1) // TILE_PX + 1
    first_row, end_row = top // TILE_PX, (bottom - 1) // TILE_PX + 1
    strips = np.empty(((end_row - first_row) * (end - begin), 4), dtype=np.int64)
    count = 0
    for row in range(first_row, end_row):
        last = begin
        while last < end:
            first = last
            while last < end and not made[row, last]:
                made[row, last] = True
                last += 1
            if last > first:
                strips[count, 0], strips[count, 1] = first * TILE_PX, row * TILE_PX
                strips[count, 2] = min(last * TILE_PX, width)
                strips[count, 3] = min((row + 1) * TILE_PX, height)
                count += 1
            else:
                last += 1
    return strips[:count]


def _tile_counts(shape: tuple[int, ...]) -> tuple[int, int]:
    return -(-shape[0] // TILE_PX), -(-shape[1] // TILE_PX)


def part_of_picture(
    box: tuple[float, float, float, float], shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Return the whole pixels of a box that are in a picture; all of them where one is far away."""
    height, width = shape[:2]
    if not all(abs(side) < _FARTHEST_PX for side in box):
        return 0, 0, width, height
    left, top, right, bottom = box
    return (
        max(math.floor(left), 0),
        max(math.floor(top), 0),
        min(math.ceil(right), width),
        min(math.ceil(bottom), height),
    )
