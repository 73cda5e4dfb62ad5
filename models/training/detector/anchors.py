"""Which anchors shall find which face, and what they shall say about it.

References
----------
Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016 (matching, encoding).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.detection.decoding import ANCHOR_SIDES, CENTRE_VARIANCE, SIDE_VARIANCE, STRIDES

FloatArray = NDArray[np.float32]

POSITIVE_IOU = 0.4
"""An anchor that overlaps a face this much shall find it."""
DOUBTFUL_IOU = 0.3
"""An anchor that overlaps a face this much, but less than the above, may say what it likes."""
BEST_ANCHORS = 4
"""As many of a face's best anchors shall find it even if they overlap it less ..."""
BEST_LEAST_IOU = 0.15
"""... but at least this much."""
_IGNORED_COVER = 0.5
"""Share of an anchor inside an ignored box from which the anchor is ignored too."""

FACE, BACKGROUND, IGNORED = 1, 0, -1


@dataclass(frozen=True, eq=False)
class AnchorTargets:
    """What the N anchors of a picture shall say.

    Parameters
    ----------
    labels : ndarray of int8, shape (N,)
        ``FACE``, ``BACKGROUND`` or ``IGNORED``.
    boxes : ndarray of float32, shape (N, 4)
        Encoded box of the face of each anchor that is labelled ``FACE``, else zeros.
    points : ndarray of float32, shape (N, 10)
        Encoded points likewise.
    """

    labels: NDArray[np.int8]
    boxes: FloatArray
    points: FloatArray


def anchor_squares(height: int, width: int) -> FloatArray:
    """List the anchors of a picture in the network's order.

    Parameters
    ----------
    height, width : int
        Size of the picture in pixels.

    Returns
    -------
    ndarray of float32, shape (N, 3)
        Centre x, centre y and side in pixels.
    """
    squares = []
    for stride, sides in zip(STRIDES.tolist(), ANCHOR_SIDES, strict=True):
        y, x, side = np.meshgrid(
            (np.arange(-(-height // stride)) + 0.5) * stride,
            (np.arange(-(-width // stride)) + 0.5) * stride,
            sides,
            indexing="ij",
        )
        squares.append(np.stack([x.ravel(), y.ravel(), side.ravel()], axis=1))
    return np.concatenate(squares).astype(np.float32)


def overlaps(squares: FloatArray, boxes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute how much anchors and boxes overlap.

    Parameters
    ----------
    squares : ndarray of float32, shape (N, 3)
        Anchors.
    boxes : ndarray of float32, shape (K, 4)
        x_min, y_min, x_max, y_max in pixels.

    Returns
    -------
    tuple of ndarray of float32, each of shape (N, K)
        Intersection over union; share of the anchor's area inside the box.
    """
    half = squares[:, 2:] / 2
    low = np.maximum((squares[:, :2] - half)[:, None], boxes[None, :, :2])
    high = np.minimum((squares[:, :2] + half)[:, None], boxes[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=2)
    anchor_areas = (squares[:, 2] ** 2)[:, None]
    box_areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)[None]
    return common / (anchor_areas + box_areas - common), common / anchor_areas


def anchor_targets(
    squares: FloatArray, boxes: FloatArray, points: FloatArray, ignored: FloatArray
) -> AnchorTargets:
    """Match anchors to the faces of a picture.

    Parameters
    ----------
    squares : ndarray of float32, shape (N, 3)
        The picture's anchors.
    boxes : ndarray of float32, shape (K, 4)
        The faces to be found: x_min, y_min, x_max, y_max in pixels.
    points : ndarray of float32, shape (K, 5, 2)
        Their five points in pixels.
    ignored : ndarray of float32, shape (M, 4)
        Boxes in which it does not matter what is found.

    Returns
    -------
    AnchorTargets
    """
    n = len(squares)
    labels = np.full(n, BACKGROUND, dtype=np.int8)
    box_targets = np.zeros((n, 4), dtype=np.float32)
    point_targets = np.zeros((n, 10), dtype=np.float32)
    if len(ignored):
        iou, cover = overlaps(squares, ignored)
        labels[((iou >= DOUBTFUL_IOU) | (cover >= _IGNORED_COVER)).any(axis=1)] = IGNORED
    if len(boxes):
        iou, _ = overlaps(squares, boxes)
        best = np.argpartition(-iou, BEST_ANCHORS, axis=0)[:BEST_ANCHORS]
        wanted = iou.copy()
        for face in range(len(boxes)):  # a face's best anchors outbid other faces' claims
            chosen = best[:, face][iou[best[:, face], face] >= BEST_LEAST_IOU]
            wanted[chosen, face] += 1.0
        face_of = wanted.argmax(axis=1)
        claim = wanted[np.arange(n), face_of]
        labels[(claim >= DOUBTFUL_IOU) & (claim < POSITIVE_IOU)] = IGNORED
        positive = np.flatnonzero(claim >= POSITIVE_IOU)
        labels[positive] = FACE
        squares, face_of = squares[positive], face_of[positive]
        box_targets[positive] = encoded_boxes(squares, boxes[face_of])
        offsets = points[face_of] - squares[:, None, :2]
        point_targets[positive] = (offsets / (CENTRE_VARIANCE * squares[:, None, 2:])).reshape(
            -1, 10
        )
    return AnchorTargets(labels, box_targets, point_targets)


def encoded_boxes(squares: FloatArray, boxes: FloatArray) -> FloatArray:
    """Express boxes relative to their anchors, as the detector decodes them.

    Parameters
    ----------
    squares : ndarray of float32, shape (N, 3)
        One anchor for each box.
    boxes : ndarray of float32, shape (N, 4)
        x_min, y_min, x_max, y_max in pixels.

    Returns
    -------
    ndarray of float32, shape (N, 4)
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
    return np.concatenate(
        [
            (centres - squares[:, :2]) / (CENTRE_VARIANCE * squares[:, 2:]),
            np.log(sides / squares[:, 2:]) / SIDE_VARIANCE,
        ],
        axis=1,
    ).astype(np.float32)
