"""Training of the shape model, from the points that OpenFace's detector finds on photographs."""

import sys

import numpy as np
from numpy.typing import NDArray

from models.training.photographs import Photograph, read_picture
from models.training.settings import TrainingFolders, TrainingSettings
from models.training.shape.files import write_shape_model, write_triangulation
from models.training.shape.generic_face import generic_face_mm
from models.training.shape.head_pose import calibrated_model, head_rotations
from models.training.shape.standard_frame import straightened
from models.training.shape.structure_from_motion import reconstruct
from models.training.shape.teacher_frame import TaughtFace, in_unit_of, with_settled_mean
from models.training.shape.triangulation import delaunay, masked_outline_mm
from models.training.taught_faces import TaughtFaces
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.shape import Camera

Float32Array = NDArray[np.float32]

MODES = 34
"""The geometry descriptor has room for so many shape parameters."""

_ROUNDS = 40
_CALIBRATION_STEP, _SETTLING_STEP = 4, 8
"""Every so many photographs are enough for the numbers that are calibrated, and for the mean."""


def _say(line: str) -> None:
    sys.stderr.write(f"shape: {line}\n")


def with_mirrored(points_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return faces (n, 68, 2), every other one in mirror image."""
    points = points_px.astype(np.float64)
    points[1::2] = points[1::2][:, MIRRORED_ORDER] * (-1.0, 1.0)
    return points


def guessed_camera(photograph: Photograph) -> Camera:
    """Return the camera that the main job takes a photograph to be of."""
    height_px, width_px = read_picture(photograph).shape[:2]
    return Camera.from_frame_size(width_px, height_px)


def train_shape(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Make the shape model and the triangulation of the face mask.

    Parameters
    ----------
    folders : TrainingFolders
        Where photographs, reference models and the embedded networks are.
    settings : TrainingSettings
        How many threads look at photographs; nothing here is random.

    Raises
    ------
    ModelFileError
        If a model is missing or damaged.
    InputError
        If photographs are.

    Notes
    -----
    The points are the teacher's, of faces on which the landmark network agrees with it. Its models
    decide about the unit, the mean and four numbers more, see :mod:`teacher_frame` and
    :func:`calibrated_model`.
    """
    faces = TaughtFaces.found(folders, settings)
    teacher, points = faces.teacher, faces.taught_px
    _say(f"{len(faces)} photographs have a face")
    found = reconstruct(with_mirrored(points), generic_face_mm(), MODES, _ROUNDS, _say)
    chosen = points[::_CALIBRATION_STEP]
    cameras = [guessed_camera(one) for one in faces.photographs[::_CALIBRATION_STEP]]
    wanted = head_rotations(teacher.pdm, chosen, cameras)
    pdm = calibrated_model(found.model, MODES, chosen, cameras, wanted, _say)
    pdm = in_unit_of(pdm, teacher.pdm, chosen)
    some = slice(1, None, _SETTLING_STEP)
    triples = zip(faces.photographs[some], faces.own_px[some], points[some], strict=True)
    known = [TaughtFace(*triple) for triple in triples]
    pdm = straightened(with_settled_mean(pdm, teacher.experts, known, _say))
    folders.output.mkdir(parents=True, exist_ok=True)
    write_shape_model(pdm, folders.output / "shape.txt")
    triangles = delaunay(masked_outline_mm(pdm.mean_mm))
    _say(f"{len(triangles)} triangles")
    write_triangulation(triangles, folders.output / "triangulation.txt")
