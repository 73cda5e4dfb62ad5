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


def _orientation_table() -> UInt8Array:
    """Return the orientation bin of every possible gradient, indexed [gy + 255, gx + 255].

    Gradients of 8-bit images are whole numbers, so the search for the best of 18 directions can be
    done once for all of them.
    """
    steps = np.arange(-_MAX_GRADIENT, _MAX_GRADIENT + 1, dtype=np.float32)
    gx, gy = steps[None, :], steps[:, None]
    best = np.zeros((steps.size, steps.size), dtype=np.float32)
    table = np.zeros(best.shape, dtype=np.uint8)
    for o, (dx, dy) in enumerate(_DIRECTIONS):
        dot = gx * dx + gy * dy
        for bin_index, value in ((o, dot), (o + 9, -dot)):
            better = value > best
            table[better] = bin_index
            best[better] = value[better]
    return table


ORIENTATIONS = _orientation_table()
"""The table, which :func:`fhog_into` is given: as a constant it would be compiled into it."""


@kernel
def _vote(image: UInt8Array, orientations: UInt8Array, histograms: Float32Array) -> None:
    """Add every pixel's gradient to the four cells around it.

    `histograms` is (rows + 2, columns + 2, 18): a border of one cell takes the votes that fall
    outside, so that the inner loop needs no test.
    """
    visible_rows = min((histograms.shape[0] - 2) * CELL_PX, image.shape[0]) - 1
    visible_columns = min((histograms.shape[1] - 2) * CELL_PX, image.shape[1]) - 1
    grouped_end = 1
    while grouped_end < visible_columns - (_VECTOR_WIDTH - 1):
        grouped_end += _VECTOR_WIDTH
    cell_x = np.empty(visible_columns, dtype=np.int64)
    weight_x = np.empty(visible_columns, dtype=np.float32)
    for x in range(visible_columns):
        position = (x + 0.5) / CELL_PX + 0.5
        cell_x[x] = int(position)
        weight_x[x] = position - cell_x[x]
    for y in range(1, visible_rows):
        position = (y + 0.5) / CELL_PX + 0.5
        cell_y = int(position)
        below = np.float32(position - cell_y)
        above = np.float32(1.0) - below
        for x in range(1, visible_columns):
            gx = np.int32(image[y, x + 1, 2]) - np.int32(image[y, x - 1, 2])
            gy = np.int32(image[y + 1, x, 2]) - np.int32(image[y - 1, x, 2])
            square = gx * gx + gy * gy
            tie = 0 if x < grouped_end else 1
            for c in range(1, -1, -1):  # red came first: green and blue must do better
                cx = np.int32(image[y, x + 1, c]) - np.int32(image[y, x - 1, c])
                cy = np.int32(image[y + 1, x, c]) - np.int32(image[y - 1, x, c])
                candidate = cx * cx + cy * cy
                if candidate >= square + tie:
                    square, gx, gy = candidate, cx, cy
            if square == 0:
                continue
            o = orientations[gy + _MAX_GRADIENT, gx + _MAX_GRADIENT]
            magnitude = np.sqrt(np.float32(square))
            right, left = weight_x[x], np.float32(1.0) - weight_x[x]
            cells = histograms[cell_y : cell_y + 2, cell_x[x] : cell_x[x] + 2, o]
            if x < grouped_end:
                right *= magnitude
                left *= magnitude
                cells[0, 0] += above * left
                cells[1, 0] += below * left
                cells[0, 1] += above * right
                cells[1, 1] += below * right
            else:
                cells[0, 0] = fused(above * left, magnitude, cells[0, 0])
                cells[1, 0] = fused(below * left, magnitude, cells[1, 0])
                cells[0, 1] = fused(above * right, magnitude, cells[0, 1])
                cells[1, 1] = fused(below * right, magnitude, cells[1, 1])


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
    histograms = np.zeros((rows + 2, columns + 2, 18), dtype=np.float32)
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
    fhog_into(np.ascontiguousarray(image), ORIENTATIONS, out)
    return out
