"""Frames as most videos store them, whose colours are made where somebody looks.

Nearly all videos store brightness for every pixel and colour for every other one of every other
row. FFmpeg makes blue, green and red of them pixel by pixel, in integers; so can a part of a frame
be made, with the same bits. Whether the bits are the same is tried once for each kind of video, on
colours of all kinds; where they are not, as on processors on which FFmpeg rounds in another way,
or for frames whose size or format asks for more than that, FFmpeg makes whole frames.

References
----------
``yuv2rgb.c`` of FFmpeg's libswscale and its vector code for x86; Rec. ITU-R BT.601, BT.709 and
BT.2020.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.media.orientation import UPRIGHT, Orientation
from openface_core.media.yuv_pixels import PIXELS, write_pixels
from openface_core.partial_pictures import PartialPicture, Strips, UInt8Array

Int16Array = NDArray[np.int16]
Int32Array = NDArray[np.int32]
Convert = Callable[[VideoFrame, Orientation], UInt8Array]
"""Returns the whole picture of a frame that is turned upright, (H, W, 3), blue first."""

FORMATS: Final = ("yuv420p", "yuvj420p")
"""FFmpeg's names of the formats whose pictures can be made in part."""

_COLOURS: Final = {
    "BT.601": (53279, 25675, 132201, 104597),
    "BT.709": (34925, 13975, 138438, 117489),
    "FCC": (53109, 24759, 132798, 104448),
    "BT.2020": (42626, 12277, 140363, 110013),
    "SMPTE 240M": (35559, 16907, 136230, 117579),
}
"""Green by V and by U, which are taken away, blue by U, and red by V, times 65536, where U and V
are 16 to 240."""

_ONE: Final = 1 << 16
_BLACK, _LUMA_RANGE, _CHROMA_RANGE, _FULL_RANGE = 16, 219, 224, 255
_GREEN_BY_V, _GREEN_BY_U, _BLUE_BY_U, _RED_BY_V, _BY_LUMA, _OF_BLACK = range(6)
"""What weights (6,) hold: times 8192, and eight times the value of black."""


def all_weights() -> list[Int32Array]:
    """Return the weights (6,) of all kinds of video, as FFmpeg rounds them."""
    found = []
    for colours in _COLOURS.values():
        narrow = (_ONE * _FULL_RANGE // _LUMA_RANGE, _BLACK)
        found.append(_rounded(colours, *narrow))
        stretched = [value * _CHROMA_RANGE // _FULL_RANGE for value in colours]
        found.append(_rounded(stretched, _ONE, 0))
    return found


def _rounded(colours: Sequence[int], luma: int, black: int) -> Int32Array:
    green_by_v, green_by_u, blue_by_u, red_by_v = colours
    factors = (-green_by_v, -green_by_u, blue_by_u, red_by_v, luma)
    return np.array([*((8192 * f + _ONE // 2) // _ONE for f in factors), 8 * black], dtype=np.int32)


@kernel
def _write_share(values: UInt8Array, weight: np.int32, out: Int16Array) -> None:
    """Write what colour adds to a channel, for two pixels each."""
    eight, middle, shift = np.int32(8), np.int32(1024), np.int32(16)
    for k in range(values.shape[0]):
        share = ((np.int32(values[k]) * eight - middle) * weight) >> shift
        out[2 * k] = share
        out[2 * k + 1] = share


@kernel
def _write_shares(
    u: UInt8Array, v: UInt8Array, by_u: np.int32, by_v: np.int32, out: Int16Array
) -> None:
    """Write what both colours add to a channel, each product cut off by itself."""
    eight, middle, shift = np.int32(8), np.int32(1024), np.int32(16)
    for k in range(u.shape[0]):
        share = ((np.int32(u[k]) * eight - middle) * by_u) >> shift
        share += ((np.int32(v[k]) * eight - middle) * by_v) >> shift
        out[2 * k] = share
        out[2 * k + 1] = share


@kernel
def _colour_row(u: UInt8Array, v: UInt8Array, weights: Int32Array, out: Int16Array) -> None:
    """Write what a row of colour adds to blue, green and red, (3, 2 * n)."""
    # One loop for each channel: numba vectorises those.
    _write_share(u, weights[_BLUE_BY_U], out[0])
    _write_shares(u, v, weights[_GREEN_BY_U], weights[_GREEN_BY_V], out[1])
    _write_share(v, weights[_RED_BY_V], out[2])


@kernel
def _pixel_row(luma: UInt8Array, colours: Int16Array, weights: Int32Array, out: UInt8Array) -> None:
    """Write a row of pixels, one value after the other; `luma` and `out` are contiguous."""
    eight, shift, least, most = np.int32(8), np.int32(16), np.int32(0), np.int32(255)
    black, factor = weights[_OF_BLACK], weights[_BY_LUMA]
    count = luma.shape[0]
    first, shares, row_bytes = luma.ctypes.data, colours.ctypes.data, colours.strides[0]
    begin, x = out.ctypes.data, 0
    while x + PIXELS <= count:
        x += write_pixels(first + x, shares + 2 * x, row_bytes, black, factor, begin + 3 * x)
    while x < count:
        light = ((np.int32(luma[x]) * eight - black) * factor) >> shift
        for channel in range(3):
            value = np.int32(light + np.int32(colours[channel, x]))
            out[3 * x + channel] = min(max(value, least), most)
        x += 1


@kernel
def _make_strips(
    luma: UInt8Array,
    u: UInt8Array,
    v: UInt8Array,
    weights: Int32Array,
    strips: Strips,
    out: UInt8Array,
) -> None:
    for left, top, right, bottom in strips:
        colours = np.empty((3, right - left), dtype=np.int16)
        lights = np.empty(right - left, dtype=np.uint8)
        places = slice(left // 2, right // 2)
        for y in range(top, bottom):
            if y % 2 == 0:
                _colour_row(u[y // 2, places], v[y // 2, places], weights, colours)
            lights[:] = luma[y, left:right]  # those of turned frames are not side by side
            _pixel_row(lights, colours, weights, out[y, left:right].reshape(-1))


@kernel
def _sample(
    luma: UInt8Array,
    u: UInt8Array,
    v: UInt8Array,
    weights: Int32Array,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    out: UInt8Array,
) -> None:
    """Write single pixels."""
    count = columns.shape[0]
    # Rows of two pixels for each, as colours are made for two.
    u_row, v_row = np.empty(count, dtype=np.uint8), np.empty(count, dtype=np.uint8)
    luma_row, pixels = np.empty(2 * count, dtype=np.uint8), np.empty(6 * count, dtype=np.uint8)
    colours = np.empty((3, 2 * count), dtype=np.int16)
    for i in range(rows.shape[0]):
        y = rows[i]
        for j in range(count):
            x = columns[j]
            luma_row[2 * j] = luma_row[2 * j + 1] = luma[y, x]
            u_row[j], v_row[j] = u[y // 2, x // 2], v[y // 2, x // 2]
        _colour_row(u_row, v_row, weights, colours)
        _pixel_row(luma_row, colours, weights, pixels)
        for j in range(count):
            for channel in range(3):
                out[i, j, channel] = pixels[6 * j + channel]


def _upright(plane: VideoPlane, orientation: Orientation) -> UInt8Array:
    """Return the values of a plane; where nothing is turned, with what fills up its rows.

    So all sizes have arrays of one layout, for which kernels are compiled once.
    """
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    if orientation == UPRIGHT:
        return rows
    return orientation.view(rows[: plane.height, : plane.width])


class YuvPicture(PartialPicture):
    """A frame whose colours are made where somebody looks.

    Parameters
    ----------
    frame : VideoFrame
        A frame of one of :data:`FORMATS`, with even sides. It is kept.
    weights : (6,) ndarray of int32
        One of :func:`all_weights`.
    orientation : Orientation
        How it is turned upright.
    convert : callable
        Makes the whole upright picture, faster than its parts would be made.
    """

    def __init__(
        self, frame: VideoFrame, weights: Int32Array, orientation: Orientation, convert: Convert
    ) -> None:
        self._luma, self._u, self._v = (_upright(plane, orientation) for plane in frame.planes)
        is_on_its_side = orientation.rotation_degrees % 180 != 0
        height, width = frame.height, frame.width
        super().__init__((width, height, 3) if is_on_its_side else (height, width, 3))
        self._weights = weights
        self._frame, self._orientation = frame, orientation
        self._convert = convert

    def whole(self) -> UInt8Array:
        """See :meth:`PartialPicture.whole`."""
        if not self._is_begun:
            self._take(self._convert(self._frame, self._orientation))
        return super().whole()

    def sampled(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> UInt8Array:
        """See :meth:`PartialPicture.sampled`."""
        out = np.empty((len(rows), len(columns), 3), dtype=np.uint8)
        _sample(self._luma, self._u, self._v, self._weights, rows, columns, out)
        return out

    def _make(self, strips: Strips, out: UInt8Array) -> None:
        _make_strips(self._luma, self._u, self._v, self._weights, strips, out)
