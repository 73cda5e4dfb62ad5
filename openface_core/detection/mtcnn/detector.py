"""OpenFace's face detector: one network proposes boxes, two others look at them again.

References
----------
Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks",
IEEE Signal Processing Letters, 2016. ``FaceDetectorMTCNN::DetectFaces`` of OpenFace 2.2, whose
numbers these are.
"""

from dataclasses import dataclass
from math import ceil, floor, log

import numpy as np
from numpy.typing import NDArray

from openface_core.detection.detections import FaceDetections
from openface_core.detection.mtcnn.boxes import (
    SUPPORT_PX,
    corrected,
    landmark_boxes,
    proposals,
    sensible,
    squared,
    suppressed,
)
from openface_core.detection.mtcnn.layers import LayeredNetwork
from openface_core.detection.mtcnn.sampling import sample_part
from openface_core.detection.settings import (
    DEFAULT_DETECTION,
    MAX_CANDIDATES,
    DetectionSettings,
)
from openface_core.frame_check import check_frame
from openface_core.logistic import exponentials

Float32Array = NDArray[np.float32]

_LEAST_FACE_PX = 60
_PYRAMID_FACTOR = 0.709
_PROPOSAL_SCORE, _LOOK_SCORE, _LAST_SCORE = 0.6, 0.7, 0.7
_OVERLAP_AT_ONE_SCALE, _OVERLAP = 0.5, 0.7
_LOOK_SIDE_PX, _LAST_SIDE_PX = 24, 48
_LEAST_ANSWERS = 6
"""Two scores and four corrections; the last network also sees five points."""
_ANSWERS_WITH_POINTS = 16


@dataclass(frozen=True, eq=False)
class MtcnnNetworks:
    """The three networks of the cascade.

    Parameters
    ----------
    proposal : LayeredNetwork
        Sees 12 x 12 px of a shrunken picture at each position.
    look, last : LayeredNetwork
        See a box, as pictures of 24 x 24 and of 48 x 48 px.

    Raises
    ------
    ValueError
        If a network does not take its picture, or answers with too few numbers.
    """

    proposal: LayeredNetwork
    look: LayeredNetwork
    last: LayeredNetwork

    def __post_init__(self) -> None:
        sides = SUPPORT_PX, _LOOK_SIDE_PX, _LAST_SIDE_PX
        networks = self.proposal, self.look, self.last
        for network, side in zip(networks, sides, strict=True):
            answers, *size = network.output_shape((3, side, side))
            if answers < _LEAST_ANSWERS or size != [1, 1]:
                raise ValueError(
                    f"a network makes {answers} x {size[0]} x {size[1]} numbers of "
                    f"{side} x {side} px; {_LEAST_ANSWERS} or more are expected"
                )


def _probability(no_face: Float32Array, face: Float32Array) -> Float32Array:
    # Boxes of nearly equal probabilities compete: as in OpenFace, the exponential is of single
    # precision, and the rest of double. An infinite exponential is a probability of 0.
    differences = np.ascontiguousarray(no_face - face)
    odds = np.empty_like(differences)
    exponentials(differences.reshape(-1), odds.reshape(-1))
    return np.asarray(1.0 / (1.0 + odds.astype(np.float64)), dtype=np.float32)


class MtcnnDetector:
    """Finds faces of 60 px and more in frames of any size; keeps no state between frames.

    Parameters
    ----------
    networks : MtcnnNetworks
        The networks.
    settings : DetectionSettings
        `min_face_px` and `max_faces` count; the thresholds are OpenFace's.
    """

    def __init__(
        self, networks: MtcnnNetworks, settings: DetectionSettings = DEFAULT_DETECTION
    ) -> None:
        self._networks = networks
        self._settings = settings

    def detect(self, image_bgr: NDArray[np.uint8]) -> FaceDetections:
        """Find the faces of one frame.

        Parameters
        ----------
        image_bgr : ndarray of uint8, shape (H, W, 3)
            The upright frame, blue first.

        Returns
        -------
        FaceDetections
            The faces, in pixels of the frame, with the boxes of their landmarks.

        Raises
        ------
        ValueError
            If the image is not H x W x 3 uint8 or is empty.
        """
        check_frame(image_bgr)
        image_bgr = np.ascontiguousarray(image_bgr)
        boxes = self._proposed(image_bgr)
        boxes, answers, scores = _looked_at(
            self._networks.look, image_bgr, boxes, _LOOK_SIDE_PX, _LOOK_SCORE
        )
        left = suppressed(boxes, scores, _OVERLAP)
        boxes = squared(corrected(boxes[left], answers[left, 2:6], is_last=False))
        boxes, answers, scores = _looked_at(
            self._networks.last, image_bgr, boxes, _LAST_SIDE_PX, _LAST_SCORE
        )
        points = _five_points(boxes, answers)
        boxes = corrected(boxes, answers[:, 2:6], is_last=True)
        left = np.flatnonzero(sensible(boxes))
        left = left[suppressed(boxes[left], scores[left], _OVERLAP, of_smaller=True)]
        is_large = boxes[left, 2:].max(axis=1, initial=0.0) >= self._settings.min_face_px
        left = left[is_large][: self._settings.max_faces]
        boxes = boxes[left]
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
        return FaceDetections(corners, scores[left], points[left], landmark_boxes(boxes))

    def _proposed(self, image: NDArray[np.uint8]) -> Float32Array:
        """Return squares (n, 4) in which the first network sees a face."""
        height, width = image.shape[:2]
        # The shrunken picture is at least as large as what the network sees.
        scales = floor(log(_LEAST_FACE_PX / min(height, width)) / log(_PYRAMID_FACTOR)) + 1
        found: list[tuple[Float32Array, Float32Array, Float32Array]] = []
        for number in range(scales):
            scale = SUPPORT_PX / _LEAST_FACE_PX * _PYRAMID_FACTOR**number
            picture = np.empty((3, ceil(height * scale), ceil(width * scale)), dtype=np.float32)
            sample_part(image, 0, 0, width, height, picture)
            answers = self._networks.proposal.run(picture)
            heat = _probability(answers[0], answers[1])
            boxes, rows, columns = proposals(heat, scale, _PROPOSAL_SCORE)
            scores = heat[rows, columns]
            best = np.sort(np.argsort(-scores, kind="stable")[:MAX_CANDIDATES])
            left = best[suppressed(boxes[best], scores[best], _OVERLAP_AT_ONE_SCALE)]
            corrections = answers[2:6, rows[left], columns[left]].T
            found.append((boxes[left], scores[left], corrections))
        if not found:
            return np.empty((0, 4), dtype=np.float32)
        boxes, scores, corrections = (np.concatenate(part) for part in zip(*found, strict=True))
        left = suppressed(boxes, scores, _OVERLAP)[:MAX_CANDIDATES]
        return squared(corrected(boxes[left], corrections[left], is_last=False))


def _looked_at(
    network: LayeredNetwork,
    image: NDArray[np.uint8],
    boxes: Float32Array,
    side_px: int,
    least_score: float,
) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Return the boxes in which a network sees a face, with its answers and its scores."""
    boxes = boxes[sensible(boxes)]
    count = network.output_shape((3, side_px, side_px))[0]
    answers = np.empty((len(boxes), count), dtype=np.float32)
    picture = np.empty((3, side_px, side_px), dtype=np.float32)
    for index, box in enumerate(boxes):
        left, top, width, height = (int(value) for value in box)
        # OpenFace counts a box's pixels from 1, and takes one more.
        sample_part(image, left - 1, top - 1, width + 1, height + 1, picture)
        answers[index] = network.run(picture)[:, 0, 0]
    scores = _probability(answers[:, 0], answers[:, 1])
    seen = scores >= np.float32(least_score)
    return boxes[seen], answers[seen], scores[seen]


def _five_points(boxes: Float32Array, answers: Float32Array) -> Float32Array:
    """Return eyes, nose and corners of the mouth (n, 5, 2) in the frame; NaN where not known."""
    if answers.shape[1] < _ANSWERS_WITH_POINTS:
        return np.full((len(boxes), 5, 2), np.nan, dtype=np.float32)
    shares = np.stack([answers[:, 6:11], answers[:, 11:16]], axis=2)
    return boxes[:, None, :2] + shares * boxes[:, None, 2:]
