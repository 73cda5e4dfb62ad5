"""From RetinaFace's raw output to boxes and five points: anchors, decoding, suppression.

References
----------
Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020.
Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016 (anchors and their variances).
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

FloatArray = NDArray[np.float32]

STRIDES = np.array([8, 16, 32], dtype=np.int64)
"""Pixels between neighbouring anchors, for each of the network's three levels."""
ANCHOR_SIDES = np.array([[16, 32], [64, 128], [256, 512]], dtype=np.float32)
"""Sides in pixels of the two square anchors at each place, per level."""
CENTRE_VARIANCE = np.float32(0.1)
SIDE_VARIANCE = np.float32(0.2)


def anchor_count(height: int, width: int) -> int:
    """Count the anchors of an image of the given size, in pixels."""
    strides: list[int] = STRIDES.tolist()
    return sum(-(-height // s) * -(-width // s) for s in strides) * int(ANCHOR_SIDES.shape[1])


@kernel
def decode_faces(
    offsets: FloatArray,
    scores: FloatArray,
    point_offsets: FloatArray,
    height: int,
    width: int,
    threshold: float,
    faces: FloatArray,
) -> int:
    """Decode the anchors whose score reaches a threshold; all others cost one comparison.

    An anchor follows from its place in the order level > row > column > side, so none are stored.

    Parameters
    ----------
    offsets : ndarray of float32, shape (N, 4)
        Centre x, y relative to the anchor's side; logarithms of width and height.
    scores : ndarray of float32, shape (N, 2)
        Probabilities of background and face.
    point_offsets : ndarray of float32, shape (N, 10)
        Five points x, y relative to the anchor's side.
    height, width : int
        Size of the network's input in pixels.
    threshold : float
        Least face probability.
    faces : ndarray of float32, shape (M, 15)
        Filled with x_min, y_min, x_max, y_max, score and five times x, y, in pixels of the
        network's input. Anchors that decode to something not finite are left out.

    Returns
    -------
    int
        How many faces there are. Only the first M are written.
    """
    count = 0
    n = 0
    for level in range(STRIDES.shape[0]):
        stride = STRIDES[level]
        for row in range((height + stride - 1) // stride):
            for column in range((width + stride - 1) // stride):
                for k in range(ANCHOR_SIDES.shape[1]):
                    index = n
                    n += 1
                    if not scores[index, 1] >= threshold:
                        continue
                    side = ANCHOR_SIDES[level, k]
                    x = np.float32((column + 0.5) * stride)
                    y = np.float32((row + 0.5) * stride)
                    centre_x = x + CENTRE_VARIANCE * offsets[index, 0] * side
                    centre_y = y + CENTRE_VARIANCE * offsets[index, 1] * side
                    half_w = side * np.exp(SIDE_VARIANCE * offsets[index, 2]) * np.float32(0.5)
                    half_h = side * np.exp(SIDE_VARIANCE * offsets[index, 3]) * np.float32(0.5)
                    finite = np.isfinite(centre_x + centre_y + half_w + half_h)
                    for p in range(10):
                        finite = finite and np.isfinite(point_offsets[index, p])
                    if not finite:
                        continue
                    if count < faces.shape[0]:
                        face = faces[count]
                        face[0] = centre_x - half_w
                        face[1] = centre_y - half_h
                        face[2] = centre_x + half_w
                        face[3] = centre_y + half_h
                        face[4] = scores[index, 1]
                        for p in range(5):
                            dx = point_offsets[index, 2 * p]
                            dy = point_offsets[index, 2 * p + 1]
                            face[5 + 2 * p] = x + CENTRE_VARIANCE * dx * side
                            face[6 + 2 * p] = y + CENTRE_VARIANCE * dy * side
                    count += 1
    return count


@kernel
def suppress_overlaps(boxes: FloatArray, iou: float, keep: NDArray[np.bool_]) -> None:
    """Non-maximum suppression: drop every box that overlaps a better one too much.

    Parameters
    ----------
    boxes : ndarray of float32, shape (K, 4)
        x_min, y_min, x_max, y_max, the best box first.
    iou : float
        Greatest intersection over union that a box may have with a better one that is kept.
    keep : ndarray of bool, shape (K,)
        Filled with whether each box is kept.
    """
    n = boxes.shape[0]
    keep[:] = True
    for i in range(n):
        if not keep[i]:
            continue
        area_i = (boxes[i, 2] - boxes[i, 0]) * (boxes[i, 3] - boxes[i, 1])
        for j in range(i + 1, n):
            if not keep[j]:
                continue
            w = min(boxes[i, 2], boxes[j, 2]) - max(boxes[i, 0], boxes[j, 0])
            h = min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 1], boxes[j, 1])
            if w > 0.0 and h > 0.0:
                area_j = (boxes[j, 2] - boxes[j, 0]) * (boxes[j, 3] - boxes[j, 1])
                if w * h > iou * (area_i + area_j - w * h):
                    keep[j] = False
