"""What a half-trained network takes for faces: pieces of pictures that further training shows it.

References
----------
Felzenszwalb et al., "Object Detection with Discriminatively Trained Part-Based Models", TPAMI 2010
(data mining of hard negative examples).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.detector.evaluation import box_overlaps, find_boxes
from models.training.detector.network import FaceDetectorNetwork
from models.training.detector.views import teacher_detector

Picture = NDArray[np.uint8]

_SCALES = (0.5, 1.0, 1.5)
_LEAST_SCORE = 0.2
_TOUCHING_IOU = 0.1
_MARGIN = 0.25
"""Border of a piece beyond the box of the mistake, as a share of the box."""
_MOST_PER_PICTURE = 6


def find_mistakes(
    network: FaceDetectorNetwork,
    photographs: Sequence[Picture],
    faceless: Sequence[Picture],
    models: Path,
) -> list[Picture]:
    """Cut out what a network takes for faces and the teacher does not.

    Parameters
    ----------
    network : FaceDetectorNetwork
        The network, in evaluation mode.
    photographs : sequence of ndarray of uint8, shape (H, W, 3)
        Photographs of faces.
    faceless : sequence of ndarray of uint8, shape (H, W, 3)
        Pictures that show no face.
    models : Path
        Folder of the reference networks.

    Returns
    -------
    list of ndarray of uint8
        Small pictures of the mistakes.
    """
    teacher = teacher_detector(models)
    nothing = np.zeros((0, 4), dtype=np.float32)
    pieces: list[Picture] = []
    for picture in photographs:
        pieces += _pieces(network, picture, teacher.detect(picture).boxes)
    for picture in faceless:
        pieces += _pieces(network, picture, nothing)
    return pieces


def _pieces(
    network: FaceDetectorNetwork, picture: Picture, known: NDArray[np.float32]
) -> Iterable[Picture]:
    """Yield the mistakes in one picture."""
    for scale in _SCALES:
        scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        scaled = np.asarray(scaled, dtype=np.uint8)
        boxes, scores = find_boxes(network, scaled)
        strange = box_overlaps(boxes, known * np.float32(scale)).max(axis=1, initial=0.0)
        wrong = boxes[(scores >= _LEAST_SCORE) & (strange < _TOUCHING_IOU)]
        for box in wrong[:_MOST_PER_PICTURE]:
            margin = (box[2:] - box[:2]) * _MARGIN
            low = np.maximum(np.floor(box[:2] - margin), 0).astype(int)
            high = np.ceil(box[2:] + margin).astype(int)
            piece = scaled[low[1] : high[1], low[0] : high[0]]
            if min(piece.shape[:2]) >= 8:
                yield piece.copy()
