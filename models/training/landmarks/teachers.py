"""What the reference networks say about photographs: the face's box, and its landmarks."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.locate import SPECS_FOLDER
from models.training.photographs import LANDMARKS, Photograph, read_picture
from openface_core.detection import RetinaFaceDetector
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec

TEACHERS = (
    "cunjian_mobilefacenet68",
    "ghostone98",
    "mp_face_landmark",
    "openseeface_lm_model0",
)
"""Specifications of the networks whose landmarks are averaged."""

DETECTOR = "retinaface_mobilenet025.onnx"

_PROGRESS_EVERY = 500


@dataclass(frozen=True, eq=False)
class TeachersViews:
    """What the networks see in n photographs, T of them in each.

    Parameters
    ----------
    boxes : (n, 4) ndarray of float32
        The detector's box x_min, y_min, x_max, y_max in pixels; NaN without a face.
    scores : (n,) ndarray of float32
        The detector's, 0 without a face.
    five_points : (n, 5, 2) ndarray of float32
        The detector's; NaN without a face.
    landmarks : (n, T, 68, 2) ndarray of float32
        iBUG points, pixels; NaN where a network sees no face.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    five_points: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    @classmethod
    def empty(cls, count: int) -> "TeachersViews":
        """Return views without any face."""
        nan = np.float32(np.nan)
        return cls(
            np.full((count, 4), nan),
            np.zeros(count, dtype=np.float32),
            np.full((count, 5, 2), nan),
            np.full((count, len(TEACHERS), LANDMARKS, 2), nan),
        )


def teacher_files(models: Path) -> tuple[Path, ...]:
    """Return the files of the detector and of all teachers, below the folder of the networks."""
    specs = [SPECS_FOLDER / f"{name}.toml" for name in TEACHERS]
    return models / DETECTOR, *specs, *(models / load_landmark_spec(path).model for path in specs)


def teachers_views(photographs: Sequence[Photograph], models: Path) -> TeachersViews:
    """Run the detector and all teachers over photographs.

    Of several faces, the one with the largest box counts.

    Parameters
    ----------
    photographs : sequence of Photograph
    models : Path
        Folder of the networks.

    Returns
    -------
    TeachersViews

    Raises
    ------
    ModelFileError
        If a network is missing or damaged.
    InputError
        If a photograph cannot be read.
    """
    detector = RetinaFaceDetector(models / DETECTOR)
    networks = []
    for name in TEACHERS:
        spec = load_landmark_spec(SPECS_FOLDER / f"{name}.toml")
        networks.append(LandmarkNetwork(spec, models / spec.model))
    views = TeachersViews.empty(len(photographs))
    for row, photograph in enumerate(photographs):
        if row % _PROGRESS_EVERY == 0:
            sys.stderr.write(f"teachers: photograph {row} of {len(photographs)}\n")
        image = read_picture(photograph)
        faces = detector.detect(image)
        if not len(faces):
            continue
        face = int(np.argmax(np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)))
        views.boxes[row] = faces.boxes[face]
        views.scores[row] = faces.scores[face]
        views.five_points[row] = faces.five_points[face]
        for column, network in enumerate(networks):
            result = network.locate(image, faces.boxes[face], faces.five_points[face])
            if result is not None:
                views.landmarks[row, column] = result.landmarks
    return views
