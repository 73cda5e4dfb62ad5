"""What the confidence is worth on faces and pictures that took no part in training."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.evaluation.annotated_faces import annotated_faces
from models.training.confidence.displacement import MOST_ERROR, displaced, landmark_error
from models.training.confidence.examples import NEGATIVES
from models.training.own_landmarks import OwnModels
from models.training.photographs import LANDMARKS, read_photographs, read_picture
from openface_core.landmark_confidence import LandmarkJudge
from openface_core.model_files import read_pdm
from openface_core.refinement import grey_from_bgr

SETS = ("helen_test", "afw")
"""Annotated sets that nothing is trained on."""

TRUSTED_ABOVE = 0.5
"""As in the preset ``embedded``."""

_SEED = 1
_DISPLACED = 2
_CROP_PX = 200
_ANGLES = np.zeros(3)


class ConfidenceTrial:
    """The embedded models, and what chance decides.

    Parameters
    ----------
    models : Path
        Their folder.
    """

    def __init__(self, models: Path) -> None:
        self.own = OwnModels.load(models)
        mean_mm = read_pdm(models / "shape.txt", LANDMARKS).mean_mm
        self._judge = LandmarkJudge(models / "validator.onnx", mean_mm)
        self.chance = np.random.default_rng(_SEED)

    def confidence(self, image: NDArray[np.uint8], points: NDArray[np.floating]) -> float:
        """Return the confidence of landmarks."""
        return self._judge.confidence(grey_from_bgr(image), points, _ANGLES)

    def on_faces(self, faces: Path) -> Iterator[tuple[float, bool, bool]]:
        """Yield confidence, whether the landmarks are right, and whether they were displaced."""
        for name in SETS:
            annotated = [*annotated_faces(faces, name)]
            for face in annotated:
                found = self.own.landmarks(face.image)
                if found is not None:
                    is_right = landmark_error(found, face.landmarks) < MOST_ERROR
                    yield self.confidence(face.image, found), is_right, False
                for _ in range(_DISPLACED):
                    other = annotated[self.chance.integers(len(annotated))].landmarks
                    points = displaced(face.landmarks, other, self.chance)
                    is_right = landmark_error(points, face.landmarks) < MOST_ERROR
                    yield self.confidence(face.image, points), is_right, True

    def without_a_face(self, faces: Path, count: int) -> int:
        """Return how many of so many crops without a face have trusted landmarks."""
        # The training takes every second picture; these are the others.
        pictures = [read_picture(one) for one in read_photographs(faces, NEGATIVES)[1::2]]
        return sum(self._is_fooled(pictures) for _ in range(count))

    def _is_fooled(self, pictures: Sequence[NDArray[np.uint8]]) -> bool:
        chance = self.chance
        picture = pictures[int(chance.integers(len(pictures)))]
        side = int(chance.uniform(0.4, 1.0) * min(picture.shape[:2]))
        top, left = (int(chance.integers(size - side + 1)) for size in picture.shape[:2])
        part = picture[top : top + side, left : left + side]
        crop = np.asarray(cv2.resize(part, (_CROP_PX, _CROP_PX)), dtype=np.uint8)
        seen = self.own.detector.detect(crop)
        if len(seen):
            found = self.own.network.locate(crop, seen.boxes[0], seen.five_points[0])
        else:
            size = chance.uniform(40.0, 150.0)
            corner = chance.uniform(0.0, _CROP_PX - size, 2)
            box = np.concatenate([corner, corner + size]).astype(np.float32)
            found = self.own.network.locate(crop, box)
        return found is not None and self.confidence(crop, found.landmarks) > TRUSTED_ABOVE
