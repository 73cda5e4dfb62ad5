"""What the confidence of the embedded models is worth.

On annotated faces that took no part in training: of landmarks that the embedded network finds, and
of landmarks that were displaced. And on pictures without a face: how many landmarks are trusted
there, which the network is asked for where the detector fires, or else in boxes at random.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.evaluation.annotated_faces import annotated_faces
from models.evaluation.calibration import calibration_error, reliability
from models.locate import EMBEDDED_FOLDER
from models.training.confidence.displacement import MOST_ERROR, displaced, landmark_error
from models.training.confidence.examples import NEGATIVES
from models.training.own_landmarks import OwnModels
from models.training.photographs import LANDMARKS, read_photographs, read_picture
from openface_core.landmark_confidence import LandmarkJudge
from openface_core.model_files import read_pdm
from openface_core.refinement import grey_from_bgr

SETS = ("helen_test", "afw")
_SEED = 1
_DISPLACED = 2
_CROP_PX = 200
_THRESHOLD = 0.5
_ANGLES = np.zeros(3)


class Trial:
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
        return found is not None and self.confidence(crop, found.landmarks) > _THRESHOLD


def lines(models: Path, faces: Path, crops: int) -> Iterator[str]:
    """Yield the report."""
    trial = Trial(models)
    confidences, right, moved = (
        np.array(part) for part in zip(*trial.on_faces(faces), strict=True)
    )
    for name, chosen in (("found", ~moved), ("displaced", moved), ("all", moved | ~moved)):
        error = calibration_error(confidences[chosen], right[chosen])
        count, share = chosen.sum(), right[chosen].mean()
        yield f"{name}: {count} landmarks, {share:.1%} right, calibration error {error:.4f}"
    refused = (confidences[~moved & right] <= _THRESHOLD).mean()
    accepted = (confidences[moved & ~right] > _THRESHOLD).mean()
    yield f"right ones that were found and are refused: {refused:.2%}"
    yield f"wrong displaced ones that are trusted: {accepted:.2%}"
    yield "| confidence from | landmarks | mean confidence | right |"
    yield "| --- | --- | --- | --- |"
    for least, number, said, came in reliability(confidences, right):
        yield f"| {least:.2f} | {number} | {said:.3f} | {came:.3f} |"
    fooled = trial.without_a_face(faces, crops)
    yield f"trusted in {crops} crops without a face: {fooled} ({fooled / crops:.2%})"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.embedded_confidence", description=__doc__
    )
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR", help="sets of faces")
    parser.add_argument("--models", type=Path, default=EMBEDDED_FOLDER, metavar="DIR")
    parser.add_argument("--crops", type=int, default=2000, metavar="N", help="without a face")
    arguments = parser.parse_args(argv)
    for line in lines(arguments.models, arguments.faces, arguments.crops):
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
