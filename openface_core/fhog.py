"""Component 6: Felzenszwalb's histograms of oriented gradients, in the layout of dlib.

Sums are in dlib's order and rounded where its compiled program rounds them, so that descriptors are
equal to OpenFace's in every bit.

References
----------
P. F. Felzenszwalb, R. B. Girshick, D. McAllester and D. Ramanan, "Object Detection with
Discriminatively Trained Part-Based Models", TPAMI 32(9), 2010; dlib 19's
``impl_extract_fhog_features``; OpenFace 2.2's ``Extract_FHOG_descriptor``.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

CELL_PX = 8
"""Side of a cell."""

CHANNELS = 31
"""18 signed orientations, 9 unsigned ones, 4 texture energies."""

_SIGNED = 18
"""Orientations of a cell's histogram."""

_VECTOR_WIDTH = 8
"""dlib treats pixels in groups of eight; in those, a tie between colours falls the other way."""

_DIRECTIONS = np.array(
    [
        (1.0000, 0.0000),
        (0.9397, 0.3420),
        (0.7660, 0.6428),
        (0.5000, 0.8660),
        (0.1736, 0.9848),
        (-0.1736, 0.9848),
        (-0.5000, 0.8660),
        (-0.7660, 0.6428),
        (-0.9397, 0.3420),
    ],
    dtype=np.float32,
)

_MAX_GRADIENT = 255


@kernel
def _fill_orientations(directions: Float32Array, table: UInt8Array) -> None:
    for y in range(table.shape[0]):
        for x in range(table.shape[1]):
            gx, gy = np.float32(x - _MAX_GRADIENT), np.float32(y - _MAX_GRADIENT)
            best = np.float32(0.0)
            table[y, x] = 0
            for o in range(directions.shape[0]):
                dot = gx * directions[o, 0] + gy * directions[o, 1]
                if dot > best:
                    best, table[y, x] = dot, o
                if -dot > best:
                    best, table[y, x] = -dot, o + directions.shape[0]


@cache
def orientations() -> UInt8Array:
    """Return the orientation bin of every possible gradient, indexed [gy + 255, gx + 255].

    Gradients of 8-bit images are whole numbers, so the search for the best of 18 directions can be
    done once for all of them. Nobody writes to the table. :func:`fhog_into` is given it: as a
    constant it would be compiled into it.
    """
    table = np.empty((2 * _MAX_GRADIENT + 1, 2 * _MAX_GRADIENT + 1), dtype=np.uint8)
    _fill_orientations(_DIRECTIONS, table)
    return table


@kernel
def _split(values: UInt8Array, planes: Float32Array) -> None:
    """Write the colours of pixels, one after the other, as three planes (3, >= pixels)."""
    blue, green, red = planes[0], planes[1], planes[2]
    for i in range(values.shape[0] // 3):
        blue[i], green[i], red[i] = values[3 * i], values[3 * i + 1], values[3 * i + 2]


class _Neighbours(NamedTuple):
    """The pixels beside each of n pixels, of one colour."""

    left: Float32Array
    right: Float32Array
    above: Float32Array
    below: Float32Array


@kernel
def _neighbours(plane: Float32Array, width: int, count: int) -> _Neighbours:
    """Return the neighbours of the pixels of a plane from its second row and column on."""
    return _Neighbours(
        plane[width : width + count],
        plane[width + 2 : width + 2 + count],
        plane[1 : 1 + count],
        plane[2 * width + 1 : 2 * width + 1 + count],
    )


@kernel
def _find_gradients(
    image: UInt8Array, ties: Float32Array, planes: Float32Array, gradients: Float32Array
) -> None:
    """Write the longest gradient of the colours of every pixel, from (1, 1) on, row by row.

    `gradients` (3, >= n) are squared lengths, x and y; across the ends of rows they mean nothing.
    Red is asked first, then green and blue, which must be longer by `ties` (>= n,), 0 or 1.
    `planes` is working space, (3, >= pixels).

    All are whole numbers below 2 ** 24, which float32 holds exactly: numba takes products of
    integers in 64 bits. Selections instead of branches, and one loop, let it use vectors.
    """
    values, width = image.reshape(-1), image.shape[1]
    _split(values, planes)
    squares, across, down = gradients[0], gradients[1], gradients[2]
    count = (image.shape[0] - 2) * width - 2
    blue = _neighbours(planes[0], width, count)
    green = _neighbours(planes[1], width, count)
    red = _neighbours(planes[2], width, count)
    for i in range(count):
        gx, gy = red.right[i] - red.left[i], red.below[i] - red.above[i]
        square = gx * gx + gy * gy
        x, y = green.right[i] - green.left[i], green.below[i] - green.above[i]
        candidate = x * x + y * y
        is_longer = candidate >= square + ties[i]
        square, gx, gy = (
            candidate if is_longer else square,
            x if is_longer else gx,
            y if is_longer else gy,
        )
        x, y = blue.right[i] - blue.left[i], blue.below[i] - blue.above[i]
        candidate = x * x + y * y
        is_longer = candidate >= square + ties[i]
        squares[i] = candidate if is_longer else square
        across[i] = x if is_longer else gx
        down[i] = y if is_longer else gy


class _CellWeights(NamedTuple):
    """Which cells the pixels of a row vote for.

    Parameters
    ----------
    place : (n,) ndarray of uint64
        Where the histogram of the left one of two cells begins in its row.
    right : (n,) ndarray of float32
        Weight of the right one; that of the left one is the rest.
    """

    place: NDArray[np.uint64]
    right: Float32Array


@kernel
def _cell_weights(count: int) -> _CellWeights:
    """Return the cells of the first pixels of a row."""
    place = np.empty(count, dtype=np.uint64)
    right = np.empty(count, dtype=np.float32)
    for x in range(count):
        position = (x + 0.5) / CELL_PX + 0.5
        place[x] = np.uint64(int(position) * _SIGNED)
        right[x] = position - int(position)
    return _CellWeights(place, right)


@kernel
def _vote_rows(
    gradients: Float32Array,
    orientations: UInt8Array,
    cells: _CellWeights,
    rows: tuple[int, int],
    widths: tuple[int, int],
    histograms: Float32Array,
) -> None:
    """Add the gradients of rows of pixels, from the first to before the second, to the cells'.

    `gradients` are (3, >= pixels) and begin with the second pixel of the first row. `widths` are
    the row's pixels, and how many columns dlib groups.
    """
    width, grouped_end = widths
    squares, across, down = gradients[0], gradients[1], gradients[2]
    # Unsigned places: of others, numba looks whether they count from the end.
    votes = histograms.reshape(-1)
    next_cell, next_row = np.uint64(_SIGNED), np.uint64(histograms.shape[1] * _SIGNED)
    for y in range(rows[0], rows[1]):
        position = (y + 0.5) / CELL_PX + 0.5
        below = np.float32(position - int(position))
        above = np.float32(1.0) - below
        upper = np.uint64(int(position)) * next_row
        row = (y - rows[0]) * width - 1
        for x in range(1, cells.right.shape[0]):
            i = np.uint64(row + x)
            square = squares[i]
            if square == 0.0:
                continue
            o = orientations[int(down[i]) + _MAX_GRADIENT, int(across[i]) + _MAX_GRADIENT]
            magnitude = np.sqrt(square)
            right = cells.right[x]
            left = np.float32(1.0) - right
            up_left = upper + cells.place[x] + np.uint64(o)
            up_right, down_left = up_left + next_cell, up_left + next_row
            down_right = down_left + next_cell
            if x < grouped_end:
                right *= magnitude
                left *= magnitude
                votes[up_left] += above * left
                votes[down_left] += below * left
                votes[up_right] += above * right
                votes[down_right] += below * right
            else:
                votes[up_left] = fused(above * left, magnitude, votes[up_left])
                votes[down_left] = fused(below * left, magnitude, votes[down_left])
                votes[up_right] = fused(above * right, magnitude, votes[up_right])
                votes[down_right] = fused(below * right, magnitude, votes[down_right])


@kernel
def _vote(image: UInt8Array, orientations: UInt8Array, histograms: Float32Array) -> None:
    """Add every pixel's gradient to the four cells around it.

    `histograms` is (rows + 2, columns + 2, 18): a border of one cell takes the votes that fall
    outside, so that the inner loop needs no test. Gradients are found for a few rows at a time,
    which stay in the cache.
    """
    width = image.shape[1]
    visible_rows = min((histograms.shape[0] - 2) * CELL_PX, image.shape[0]) - 1
    visible_columns = min((histograms.shape[1] - 2) * CELL_PX, width) - 1
    grouped_end = 1
    while grouped_end < visible_columns - (_VECTOR_WIDTH - 1):
        grouped_end += _VECTOR_WIDTH
    cells = _cell_weights(visible_columns)
    planes = np.empty((3, (CELL_PX + 2) * width), dtype=np.float32)
    gradients = np.empty((3, CELL_PX * width - 2), dtype=np.float32)
    ties = np.zeros(CELL_PX * width - 2, dtype=np.float32)
    for row in range(CELL_PX):
        ties[row * width + grouped_end - 1 : (row + 1) * width - 1] = 1
    for first in range(1, visible_rows, CELL_PX):
        end = min(first + CELL_PX, visible_rows)
        _find_gradients(image[first - 1 : end + 1], ties, planes, gradients)
        _vote_rows(gradients, orientations, cells, (first, end), (width, grouped_end), histograms)


@kernel
def _sum_of_four(terms: Float32Array) -> np.float32:
    """Return the sum of four numbers, two and two."""
    total: np.float32 = (terms[0] + terms[1]) + (terms[2] + terms[3])
    return total


@kernel
def _energies(histograms: Float32Array, out: Float32Array) -> None:
    """Write the energy of every cell."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total = np.float32(0.0)
            for o in range(9):
                both = histograms[i + 1, j + 1, o] + histograms[i + 1, j + 1, o + 9]
                total = fused(both, both, total)
            out[i, j] = total


@kernel
def _normalise_cell(
    cell: Float32Array, blocks: Float32Array, terms: Float32Array, out: Float32Array
) -> None:
    """Write the 31 channels of a cell.

    `blocks` (2, 4) holds the bounds of the four blocks around it, and factors; `terms` (4, 4) is
    working space: three terms of each block, and their sum.
    """
    bounds, factors, texture = blocks[0], blocks[1], terms[3]
    texture[:] = 0.0
    for o in range(18):
        for block in range(4):
            terms[o % 3, block] = min(cell[o], bounds[block]) * factors[block]
        out[o] = _sum_of_four(terms[o % 3])
        if o % 3 == 2:
            for block in range(4):
                texture[block] += terms[0, block] + terms[1, block] + terms[2, block]
    for block in range(4):
        out[27 + block] = texture[block] * np.float32(2.0 * 0.2357)
    for o in range(9):
        value = cell[o] + cell[o + 9]
        for block in range(4):
            terms[0, block] = min(value, bounds[block]) * factors[block]
        out[18 + o] = _sum_of_four(terms[0])


@kernel
def _normalise(histograms: Float32Array, energy: Float32Array, out: Float32Array) -> None:
    """Write the 31 channels of every inner cell from the cells' histograms and energies."""
    clip, tenth, epsilon = np.float32(0.2), np.float32(0.1), np.float32(0.0001)
    blocks = np.empty((2, 4), dtype=np.float32)
    terms = np.empty((4, 4), dtype=np.float32)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            # The four blocks of 2 x 2 cells around cell (i + 1, j + 1), in dlib's order:
            # down-right, up-right, down-left, up-left.
            for block in range(4):
                top = i + 1 - block % 2
                left = j + 1 - block // 2
                block_energy = (
                    energy[top, left]
                    + energy[top, left + 1]
                    + energy[top + 1, left]
                    + energy[top + 1, left + 1]
                )
                blocks[0, block] = clip * np.sqrt(block_energy + epsilon)
                blocks[1, block] = tenth / blocks[0, block]
            _normalise_cell(histograms[i + 2, j + 2], blocks, terms, out[i, j])


@kernel
def fhog_into(image: UInt8Array, orientations: UInt8Array, out: Float32Array) -> None:
    """Write the features of a contiguous image of fitting size; see :func:`fhog`."""
    rows, columns = out.shape[0] + 2, out.shape[1] + 2
    histograms = np.zeros((rows + 2, columns + 2, _SIGNED), dtype=np.float32)
    energy = np.empty((rows, columns), dtype=np.float32)
    _vote(image, orientations, histograms)
    _energies(histograms, energy)
    _normalise(histograms, energy, out)


def fhog(image: UInt8Array) -> Float32Array:
    """Return the FHOG features of a colour image.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        BGR image of at least 3 x 3 cells, that is 20 x 20 pixels.

    Returns
    -------
    (rows - 2, columns - 2, 31) ndarray of float32
        Features of the inner of H / 8 by W / 8 cells, halves rounded up: row, column, channel. For
        the aligned face of 112 x 112 pixels that is 12 x 12 x 31; its ``ravel()`` is the descriptor
        of 4464 numbers that the predictors take.

    Raises
    ------
    ValueError
        If the image has another form or is too small.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f"a (H, W, 3) image of uint8 is expected, found {image.shape} of {image.dtype}"
        )
    rows = math.floor(image.shape[0] / CELL_PX + 0.5)
    columns = math.floor(image.shape[1] / CELL_PX + 0.5)
    if rows < 3 or columns < 3:
        raise ValueError(f"at least 3 x 3 cells of {CELL_PX} px are needed, found {image.shape}")
    out = np.empty((rows - 2, columns - 2, CHANNELS), dtype=np.float32)
    fhog_into(np.ascontiguousarray(image), orientations(), out)
    return out
