"""From the answers of MTCNN's networks to boxes. A box is left, top, width and height, pixels.

References
----------
``FaceDetectorMTCNN.cpp`` of OpenFace 2.2, where boxes are single-precision rectangles that are cut
to whole pixels between the networks.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

Float32Array = NDArray[np.float32]

SUPPORT_PX = 12
"""Side of what the first network sees at each position."""

_STRIDE_PX = 2
_FAR_PX = 1e6


def proposals(
    heat: Float32Array, scale: float, threshold: float
) -> tuple[Float32Array, NDArray[np.intp], NDArray[np.intp]]:
    """Return where the first network sees a face.

    Parameters
    ----------
    heat : (h, w) ndarray of float32
        Probability of a face at each position of the shrunken picture.
    scale : float
        Size of the shrunken picture, of the frame's.
    threshold : float
        Least probability.

    Returns
    -------
    boxes : (n, 4) ndarray of float32
        In the frame.
    rows, columns : (n,) ndarray of int
        Their positions in `heat`, column by column.
    """
    columns, rows = np.nonzero((heat >= np.float32(threshold)).T)
    edges = [
        np.trunc((_STRIDE_PX * places + offset) / scale)
        for places in (columns, rows)
        for offset in (1, SUPPORT_PX)
    ]
    left, right, top, bottom = edges
    boxes = np.stack([left, top, right - left, bottom - top], axis=1)
    return boxes.astype(np.float32), rows, columns


@kernel
def _keep(
    boxes: NDArray[np.int64], threshold: float, of_smaller: bool, kept: NDArray[np.bool_]
) -> None:
    """Mark the boxes, the best first, that no better one overlaps by more than a threshold."""
    kept[:] = True
    for i in range(len(boxes)):
        if not kept[i]:
            continue
        area = boxes[i, 2] * boxes[i, 3]
        for j in range(i + 1, len(boxes)):
            if not kept[j]:
                continue
            width = min(boxes[i, 0] + boxes[i, 2], boxes[j, 0] + boxes[j, 2])
            width -= max(boxes[i, 0], boxes[j, 0])
            height = min(boxes[i, 1] + boxes[i, 3], boxes[j, 1] + boxes[j, 3])
            height -= max(boxes[i, 1], boxes[j, 1])
            if width <= 0 or height <= 0:
                continue
            shared, other = width * height, boxes[j, 2] * boxes[j, 3]
            whole = min(area, other) if of_smaller else area + other - shared
            kept[j] = np.float32(shared) / np.float32(whole) <= np.float32(threshold)


def suppressed(
    boxes: Float32Array, scores: Float32Array, threshold: float, *, of_smaller: bool = False
) -> NDArray[np.intp]:
    """Return which boxes are left, the best first, where others overlap them.

    Parameters
    ----------
    boxes : (n, 4) ndarray of float32
        The boxes, which are compared in whole pixels.
    scores : (n,) ndarray of float32
        How sure they are; of equal ones the later box comes first.
    threshold : float
        The worse of two boxes is dropped if their intersection is a greater share of their union.
    of_smaller : bool
        Take the smaller box in place of the union.

    Returns
    -------
    (m,) ndarray of int
        Indices of the boxes that are left.
    """
    order = np.argsort(scores, kind="stable")[::-1]
    kept = np.empty(len(order), dtype=np.bool_)
    _keep(np.rint(boxes[order]).astype(np.int64), threshold, of_smaller, kept)
    return order[kept]


def sensible(boxes: Float32Array) -> NDArray[np.bool_]:
    """Return which boxes have a size, and lie where a frame may be, (n,)."""
    is_near = (np.abs(boxes) < _FAR_PX).all(axis=1)
    return np.asarray(is_near & (boxes[:, 2:] >= 1).all(axis=1))


def corrected(boxes: Float32Array, corrections: Float32Array, *, is_last: bool) -> Float32Array:
    """Return boxes moved to where a network sees the face.

    Parameters
    ----------
    boxes : (n, 4) ndarray of float32
        The boxes that it looked at.
    corrections : (n, 4) ndarray of float32
        How far left, top, right and bottom are to be moved, in widths and heights of the box.
    is_last : bool
        Whether this is the last network, for which boxes are a pixel larger.
    """
    corner, sides = boxes[:, :2], boxes[:, 2:] + np.float32(is_last)
    least = _moved(corner, corrections[:, :2], sides)
    most = _moved(corner + sides, corrections[:, 2:], sides)
    return np.concatenate([least, most - least], axis=1)


def _moved(places: Float32Array, shares: Float32Array, sides: Float32Array) -> Float32Array:
    """Return places moved by shares of sides, rounded once, as where OpenFace's compiler fuses."""
    return (shares.astype(np.float64) * sides + places).astype(np.float32)


def squared(boxes: Float32Array) -> Float32Array:
    """Return squares (n, 4) of whole pixels about the middles of boxes."""
    sides = boxes[:, 2:]
    longer = sides.max(axis=1, keepdims=True)
    corner = (boxes[:, :2] + 0.5 * (sides - longer)).astype(np.float32)
    squares: Float32Array = np.trunc(np.concatenate([corner, longer, longer], axis=1))
    return squares


def landmark_boxes(boxes: Float32Array) -> Float32Array:
    """Return what the 68 landmarks of faces in boxes (n, 4) will fill, (n, 4)."""
    left, top, width, height = boxes.T.astype(np.float64)
    adapted = [left - 0.0075 * width, top + 0.2459 * height, 1.0323 * width, 0.7751 * height]
    return np.stack(adapted, axis=1).astype(np.float32)
