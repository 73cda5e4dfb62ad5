"""How well a network finds the faces of composed canvases that it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.detector.canvases import Canvas
from models.training.detector.network import FaceDetectorNetwork
from openface_core.detection.decoding import decode_faces, suppress_overlaps
from openface_core.detection.retinaface import MEAN_BGR

_FOUND_IOU = 0.5
_TOUCHING_IOU = 0.3
_SAME_FACE_IOU = 0.4
_LOWEST_SCORE = 0.02
_FEW_FALSE = 0.05
_CALIBRATED_FALSE = 0.005
_GREATEST_SHIFT = 0.6
_LEVEL_BOUNDS_PX = (0.0, 45.0, 181.0, np.inf)
"""Between the anchors of neighbouring levels: the geometric means of 32 and 64, 128 and 256."""
_SMALL_PX = 24.0
_MAX_CANDIDATES = 4000


@dataclass(frozen=True, eq=False)
class CanvasFindings:
    """What was found on canvases.

    Parameters
    ----------
    found : ndarray of float32, shape (F,)
        For each face to be found, the probability it was found with, 0 if it was not.
    side_px : ndarray of float32, shape (F,)
        The longer side of its box.
    iou : ndarray of float32, shape (F,)
        Intersection over union of the box found.
    false : ndarray of float32, shape (G,)
        Probabilities of what was found and is no face.
    false_px : ndarray of float32, shape (G,)
        The longer side of its box.
    n_canvases : int
        How many canvases there were.
    """

    found: NDArray[np.float32]
    side_px: NDArray[np.float32]
    iou: NDArray[np.float32]
    false: NDArray[np.float32]
    false_px: NDArray[np.float32]
    n_canvases: int

    def recall(self, threshold: float) -> float:
        """Share of the faces found."""
        return _mean(self.found >= threshold)

    def false_per_canvas(self, threshold: float) -> float:
        """Mean number of false faces on a canvas."""
        return float(np.sum(self.false >= threshold)) / self.n_canvases

    def threshold_of(self, false_per_canvas: float) -> float:
        """Return the lowest threshold that gives at most so many false faces per canvas."""
        return self._threshold(self.false, false_per_canvas)

    def calibrating_shifts(self) -> tuple[float, ...]:
        """Return what to add to each level's logits so that 0.5 gives few false faces.

        That is one on two hundred canvases for the sizes of each level; canvases have more that
        resembles a face than pictures of other things do.
        """
        shifts = []
        for low, high in pairwise(_LEVEL_BOUNDS_PX):
            of_level = (self.false_px >= low) & (self.false_px < high)
            threshold = self._threshold(self.false[of_level], _CALIBRATED_FALSE)
            shift = float(np.log((1.0 - threshold) / threshold))
            shifts.append(float(np.clip(shift, -_GREATEST_SHIFT, _GREATEST_SHIFT)))
        return tuple(shifts)

    def _threshold(self, false: NDArray[np.float32], per_canvas: float) -> float:
        """Return the lowest threshold that leaves so many of the false faces."""
        allowed = int(per_canvas * self.n_canvases)
        if len(false) <= allowed:
            return _LOWEST_SCORE
        return float(np.sort(false)[::-1][allowed]) + 1e-6

    def summary(self) -> str:
        """Say in one line how good this is."""
        strict = self.threshold_of(_FEW_FALSE)
        small = self.found[self.side_px < _SMALL_PX]
        return (
            f"recall {self.recall(0.5):.4f} at 0.5 with {self.false_per_canvas(0.5):.3f} false "
            f"faces per canvas; {self.recall(strict):.4f} at {strict:.3f} with {_FEW_FALSE}; "
            f"below {_SMALL_PX:.0f} px {_mean(small >= 0.5):.4f}; "
            f"IoU {_mean(self.iou[self.iou > 0]):.3f}"
        )


def find_on_canvases(network: FaceDetectorNetwork, canvases: Sequence[Canvas]) -> CanvasFindings:
    """Run a network over canvases and compare with what is on them.

    Parameters
    ----------
    network : FaceDetectorNetwork
        The network, in evaluation mode.
    canvases : sequence of Canvas
        The canvases.

    Returns
    -------
    CanvasFindings
    """
    found: list[float] = []
    sides: list[float] = []
    overlaps: list[float] = []
    false: list[float] = []
    false_px: list[float] = []
    for canvas in canvases:
        boxes, scores = find_boxes(network, canvas.picture)
        best = box_overlaps(canvas.boxes, boxes)
        for k, truth in enumerate(canvas.boxes):
            match = np.flatnonzero(best[k] >= _FOUND_IOU)
            winner = match[np.argmax(scores[match])] if len(match) else -1
            found.append(float(scores[winner]) if winner >= 0 else 0.0)
            overlaps.append(float(best[k, winner]) if winner >= 0 else 0.0)
            sides.append(float((truth[2:] - truth[:2]).max()))
        known = np.concatenate([canvas.boxes, canvas.ignored])
        touching = box_overlaps(known, boxes).max(axis=0, initial=0.0)
        strange = touching < _TOUCHING_IOU
        false += scores[strange].tolist()
        false_px += (boxes[strange, 2:] - boxes[strange, :2]).max(axis=1, initial=0.0).tolist()
    lists = (found, sides, overlaps, false, false_px)
    columns = [np.array(values, dtype=np.float32) for values in lists]
    return CanvasFindings(columns[0], columns[1], columns[2], columns[3], columns[4], len(canvases))


def _mean(values: NDArray[np.float32] | NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if values.size else 0.0


def find_boxes(
    network: FaceDetectorNetwork, picture: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Find the faces of one picture.

    Parameters
    ----------
    network : FaceDetectorNetwork
        The network, in evaluation mode.
    picture : ndarray of uint8, shape (H, W, 3)
        Blue, green, red.

    Returns
    -------
    tuple of ndarray of float32, shapes (K, 4) and (K,)
        Boxes x_min, y_min, x_max, y_max in pixels and probabilities, the most certain first.
    """
    height, width = picture.shape[:2]
    image = (picture.astype(np.float32) - MEAN_BGR).transpose(2, 0, 1)[None]
    with torch.inference_mode():
        logits, boxes, points = network(torch.from_numpy(np.ascontiguousarray(image)))
    score = logits.sigmoid()[0].numpy()
    faces = np.empty((_MAX_CANDIDATES, 15), dtype=np.float32)
    count = decode_faces(
        boxes[0].numpy(), np.stack([1.0 - score, score], axis=1), points[0].numpy(),
        height, width, _LOWEST_SCORE, faces,
    )  # fmt: skip
    faces = faces[: min(count, _MAX_CANDIDATES)]
    faces = faces[np.argsort(-faces[:, 4], kind="stable")]
    keep = np.empty(len(faces), dtype=np.bool_)
    suppress_overlaps(faces[:, :4], _SAME_FACE_IOU, keep)
    return faces[keep, :4], faces[keep, 4]


def box_overlaps(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersections over union of boxes (n, 4) and (m, 4): (n, m)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=2)
    areas = np.prod(one[:, 2:] - one[:, :2], axis=1)[:, None]
    total = areas + np.prod(other[:, 2:] - other[:, :2], axis=1)[None] - common
    result: NDArray[np.float32] = (common / np.maximum(total, 1e-6)).astype(np.float32)
    return result
