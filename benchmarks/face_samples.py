"""What is seen of the faces of a video in every few frames, without following any of them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.engine import Engine
from openface_core.face_networks import FaceNetwork
from openface_core.faces import Face, FaceStatus
from openface_core.refinement.grey import grey_from_bgr
from openface_core.shape import calc_params, project_shape

THUMBNAIL_PX = (64, 36)


@dataclass(frozen=True, eq=False)
class FaceSamples:
    """The n faces of all frames looked at, frame by frame.

    Parameters
    ----------
    looked_at : (m,) ndarray of int64
        Frames looked at.
    change : (m,) ndarray of float64
        Mean difference of the hue, saturation and value of thumbnails to the frame before it.
    frame : (n,) ndarray of int64
    box : (n, 4) ndarray of float64
        Of the landmarks, pixels.
    detected : (n, 4) ndarray of float64
        The detector's box.
    score, sharpness, confidence : (n,) ndarray of float64
    appearance : (n, 4464) ndarray of float32
    embedding, embedding_of_detector : (n, d) ndarray of float32
        Aligned by the landmarks, and by the detector's five points.
    """

    looked_at: NDArray[np.int64]
    change: NDArray[np.float64]
    frame: NDArray[np.int64]
    box: NDArray[np.float64]
    detected: NDArray[np.float64]
    score: NDArray[np.float64]
    sharpness: NDArray[np.float64]
    confidence: NDArray[np.float64]
    appearance: NDArray[np.float32]
    embedding: NDArray[np.float32]
    embedding_of_detector: NDArray[np.float32]


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return hue, saturation and value of a frame, shrunk."""
    small = cv2.resize(image, THUMBNAIL_PX, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2HSV), dtype=np.float32)


def _sharpness(image: NDArray[np.uint8], box: NDArray[np.float32]) -> float:
    x0, y0, x1, y1 = (int(v) for v in np.clip(box, 0, [*image.shape[1::-1]] * 2))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return 0.0
    small = cv2.resize(image[y0:y1, x0:x1], (64, 64), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


class Sampler:
    """Looks for all faces of single frames and describes them.

    Parameters
    ----------
    engine : Engine
        With a detector, a landmark network and a validator.
    network : FaceNetwork
        Has one output, the embedding.
    """

    def __init__(self, engine: Engine, network: FaceNetwork) -> None:
        self._engine = engine
        self._network = network

    def sample(self, frames: Iterable[tuple[int, NDArray[np.uint8], float]]) -> FaceSamples:
        """Describe the faces of frames that are given with their numbers and changes."""
        looked_at, changes = [], []
        rows: dict[str, list[object]] = {field.name: [] for field in fields(FaceSamples)[2:]}
        for number, image, change in frames:
            looked_at.append(number)
            changes.append(change)
            for row in self._faces(image):
                rows["frame"].append(number)
                for name, value in row.items():
                    rows[name].append(value)
        arrays = {name: np.array(values) for name, values in rows.items()}
        return FaceSamples(np.array(looked_at), np.array(changes), **arrays)

    def _faces(self, image: NDArray[np.uint8]) -> Iterable[dict[str, object]]:
        models = self._engine.faces
        assert models is not None
        assert models.validator is not None
        grey = grey_from_bgr(image)
        found = models.detector.detect(image)
        for box, score, five in zip(found.boxes, found.scores, found.five_points, strict=True):
            located = models.network.locate(image, box, five)
            if located is None:
                continue
            fit = calc_params(models.pdm, located.landmarks)
            if not fit.is_finite:
                continue
            points = project_shape(models.pdm, fit)
            face = self._engine.tracked_meter.measure(
                image, Face(FaceStatus.FOUND, points, fit=fit)
            )
            if not face.is_measured:
                continue
            (by_landmarks,) = self._network.run(image, points).values()
            (by_detector,) = self._network.run_on_five_points(image, five).values()
            yield {
                "box": np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float64),
                "detected": box.astype(np.float64),
                "score": float(score),
                "sharpness": _sharpness(image, box),
                "confidence": models.validator.confidence(grey, points, fit.rotation_radians),
                "appearance": face.fhog,
                "embedding": by_landmarks,
                "embedding_of_detector": by_detector,
            }
