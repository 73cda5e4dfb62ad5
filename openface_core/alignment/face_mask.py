"""Which pixels of the aligned face belong to the face: a union of triangles between landmarks.

It is not a convex hull, and it is applied before FHOG, so that its edge makes gradients of its own.

References
----------
``AlignFaceMask`` (``Face_utils.cpp``) and the constructor of ``PAW`` (``PAW.cpp``), OpenFace 2.2.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment.similarity import SCALE_PX_PER_MM
from openface_core.finite import all_finite
from openface_core.kernel import kernel

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
UInt64Array = NDArray[np.uint64]
Int32Array = NDArray[np.int32]

RAISED_POINTS = np.array([0, 16, *range(17, 27)], dtype=np.int64)
"""Upper ends of the jaw line and the brows, moved up so that the mask takes in the forehead."""

RAISED_BY_PX = np.float32(30.0 / 0.7 * SCALE_PX_PER_MM)

_ROUNDING = 2.0**-20
"""Bound of the rounding errors of a float32 product of two lengths, a generous one, as a share."""

_BITS = 64
"""Pixels of a row are gathered as bits of words."""

_LEAST_SIDE = 1e-6
"""Triangles of less area (square pixels) are told pixel by pixel."""


@kernel
def _transform_points(
    landmarks: Float32Array,
    matrix: Float32Array,
    raised: NDArray[np.int64],
    raised_by_px: np.float32,
    out: Float32Array,
) -> None:
    """Write the landmarks in the aligned face, (n, 2), with the forehead's points moved up."""
    for i in range(landmarks.shape[0]):
        for k in range(2):
            # Products and their sum are rounded once to float32, as OpenCV's small products are.
            product = np.float64(landmarks[i, 0]) * matrix[k, 0]
            product += np.float64(landmarks[i, 1]) * matrix[k, 1]
            out[i, k] = np.float32(product) + matrix[k, 2]
    for k in range(raised.shape[0]):
        out[raised[k], 1] -= raised_by_px


class _Edge(NamedTuple):
    """An edge of a triangle, from (x, y) on.

    Parameters
    ----------
    x, y : float32
        Where it begins.
    across, down : float32
        How far it goes.
    side : float32
        On which side of it the third corner lies, by sign.
    """

    x: np.float32
    y: np.float32
    across: np.float32
    down: np.float32
    side: np.float32


@kernel
def _set_bits(y: int, first_x: int, last_x: int, bits: UInt64Array) -> None:
    """Set the bits of a row, from one column to another; none if the last comes first."""
    every = np.uint64(0xFFFFFFFFFFFFFFFF)
    for word in range(bits.shape[1]):
        first = max(first_x - word * _BITS, 0)
        last = min(last_x - word * _BITS, _BITS - 1)
        # No branch: how long a span is cannot be foreseen.
        span = (every << np.uint64(first & (_BITS - 1))) & (
            every >> np.uint64((_BITS - 1 - last) & (_BITS - 1))
        )
        bits[y, word] |= span if first <= last else np.uint64(0)


@kernel
def _unpack(bits: UInt64Array, out: UInt8Array) -> None:
    """Write bits (H, words) as numbers (H, W)."""
    for y in range(out.shape[0]):
        for word in range(bits.shape[1]):
            row = out[y, word * _BITS : (word + 1) * _BITS]
            for x in range(row.shape[0]):
                row[x] = (bits[y, word] >> np.uint64(x)) & np.uint64(1)


@kernel
def _edge(points: Float32Array, begin: int, end: int, opposite: int) -> _Edge:
    """Return the edge between two corners of a triangle."""
    x, y = points[begin, 0], points[begin, 1]
    across, down = points[end, 0] - x, points[end, 1] - y
    side = across * (points[opposite, 1] - y) - (points[opposite, 0] - x) * down
    return _Edge(x, y, across, down, side)


@kernel
def _set_pixels(
    edges: tuple[_Edge, _Edge, _Edge], y: int, first_x: int, last_x: int, bits: UInt64Array
) -> None:
    """Set the pixels of a row, from one column to another, that lie in the triangle."""
    a, b, c = edges
    py = np.float32(y)
    a_y, b_y, c_y = a.across * (py - a.y), b.across * (py - b.y), c.across * (py - c.y)
    for x in range(first_x, last_x + 1):
        px = np.float32(x)
        of_a = (a_y - (px - a.x) * a.down) * a.side
        of_b = (b_y - (px - b.x) * b.down) * b.side
        of_c = (c_y - (px - c.x) * c.down) * c.side
        if (of_a >= 0.0) & (of_b >= 0.0) & (of_c >= 0.0):
            _set_bits(y, x, x, bits)


@kernel
def _find_lines(edges: tuple[_Edge, _Edge, _Edge], reach: float, out: Float64Array) -> bool:
    """Write where the edges of a triangle cross the rows of pixels, (3, 6).

    A row of `out` is a point of the line, x and y; columns per row; how near to a pixel's centre
    the rounding of :func:`_set_pixels` matters, given how far coordinates reach; and what is added
    to a crossing to make it a bound of the triangle's columns from below and from above, infinite
    where it is none. Returns False where an edge is too flat to be told by this.
    """
    for k in range(3):
        edge = edges[k]
        if not abs(edge.side) > _LEAST_SIDE:
            return False
        rounding = _ROUNDING * reach * reach
        if not abs(edge.down) > 4.0 * rounding:
            return False
        out[k, 0], out[k, 1] = edge.x, edge.y
        out[k, 2] = np.float64(edge.across) / np.float64(edge.down)
        out[k, 3] = rounding / abs(edge.down)
        is_upper = (edge.side > 0.0) == (edge.down > 0.0)
        out[k, 4] = -np.inf if is_upper else 0.0
        out[k, 5] = 0.0 if is_upper else np.inf
    return True


@kernel
def _set_span(lines: Float64Array, y: int, first_x: int, last_x: int, bits: UInt64Array) -> bool:
    """As :func:`_set_pixels`, from crossings; nothing is done and False returned if too close."""
    low, high = np.float64(first_x), np.float64(last_x)
    is_clear = True
    for k in range(3):
        crossing = lines[k, 0] + (y - lines[k, 1]) * lines[k, 2]
        is_clear &= abs(crossing - np.rint(crossing)) > lines[k, 3]
        low = max(low, crossing + lines[k, 4])
        high = min(high, crossing + lines[k, 5])
    if is_clear:
        _set_bits(y, math.ceil(low), math.floor(high), bits)
    return is_clear


@kernel
def _rasterise(points: Float32Array, triangles: Int32Array, out: UInt8Array) -> None:
    """Set `out` (H, W) to 1 in the triangles, edges included, and to 0 elsewhere.

    A pixel's place is told by the signs of three float32 numbers. Where all edges cross a row of
    pixels so far from their centres that rounding is no matter, the crossings tell the same.
    """
    height, width = out.shape
    bits = np.zeros((height, (width + _BITS - 1) // _BITS), dtype=np.uint64)
    lines = np.empty((3, 6), dtype=np.float64)
    for t in range(triangles.shape[0]):
        first, second, third = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = points[first, 0], points[first, 1]
        bx, by = points[second, 0], points[second, 1]
        cx, cy = points[third, 0], points[third, 1]
        first_x = max(math.ceil(min(ax, bx, cx)), 0)
        last_x = min(math.floor(max(ax, bx, cx)), width - 1)
        if last_x < first_x:
            continue
        edges = (
            _edge(points, second, third, first),
            _edge(points, first, third, second),
            _edge(points, first, second, third),
        )
        reach = np.float64(max(width, height, abs(ax), abs(ay), abs(bx), abs(by), abs(cx), abs(cy)))
        is_told = _find_lines(edges, reach, lines)
        first_y = max(math.ceil(min(ay, by, cy)), 0)
        last_y = min(math.floor(max(ay, by, cy)), height - 1)
        for y in range(first_y, last_y + 1):
            if not (is_told and _set_span(lines, y, first_x, last_x, bits)):
                _set_pixels(edges, y, first_x, last_x, bits)
    _unpack(bits, out)


@kernel
def mask_into(
    landmarks: Float32Array,
    matrix: Float32Array,
    triangles: Int32Array,
    raised_by_px: np.float32,
    out: UInt8Array,
) -> None:
    """Write the mask of the aligned face; see :func:`mask_of_aligned_face`."""
    points = np.empty(landmarks.shape, dtype=np.float32)
    _transform_points(landmarks, matrix, RAISED_POINTS, raised_by_px, points)
    if all_finite(points):
        _rasterise(points, triangles, out)
    else:
        out[:, :] = 0


def mask_of_aligned_face(
    landmarks: Float32Array,
    matrix: Float32Array,
    triangles: Int32Array,
    size_px: int,
    raised_by_px: float | np.float32 = RAISED_BY_PX,
) -> UInt8Array:
    """Return the mask of the aligned face.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32
        Detected landmarks, pixels of the frame.
    matrix : (2, 3) ndarray of float32
        Forward transform from frame to aligned face.
    triangles : (t, 3) ndarray of int32
        Landmark indices of each triangle.
    size_px : int
        Side of the aligned face.
    raised_by_px : float
        By how much the upper ends of jaw line and brows are moved up; it goes with the scale.

    Returns
    -------
    (size_px, size_px) ndarray of uint8
        1 where a pixel's centre lies in or on a triangle, 0 elsewhere.
    """
    out = np.empty((size_px, size_px), dtype=np.uint8)
    mask_into(landmarks, matrix, triangles, np.float32(raised_by_px), out)
    return out


@kernel
def apply_mask(image: UInt8Array, mask: UInt8Array, out: UInt8Array) -> None:
    """Write the image with all that is not face blackened.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        Aligned face.
    mask : (H, W) ndarray of uint8
        1 where a pixel is kept.
    out : (H, W, 3) ndarray of uint8
        Receives the masked image; may be `image` itself.
    """
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            for c in range(3):
                out[y, x, c] = image[y, x, c] * mask[y, x]
