"""How far a shape model's heads are turned: learned from a teacher's poses of the same faces.

A shape model that is found from points leaves it open: a mode may deform a face and turn it as
well, since a head that turns the other way makes up for that. Two shape models then tell the same
face's pose differently, by more the more it differs from their mean. The turn of each mode is
learned from points of one face that both fit, and that of the mean from where each has its own
points: patch experts of one kind err otherwise than those of the other, mostly in pitch and yaw.
"""

import sys
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.own_landmarks import REFINEMENT, followed
from models.training.patch_experts.files import MAIN_LIST
from models.training.photograph_landmarks import agree
from models.training.photographs import LANDMARKS
from models.training.settings import TrainingFolders, TrainingSettings
from models.training.shape.files import write_shape_model
from models.training.shape.head_pose import head_rotations
from models.training.taught_faces import TaughtFaces
from openface_core.face_tracking import FaceRefinement
from openface_core.model_files import read_face_landmark_model, read_pdm
from openface_core.shape import (
    Camera,
    PointDistributionModel,
    calc_params,
    project_shape,
)
from openface_core.shape.rotations import rotation_matrix

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

FRAME_FACES = 5.0
"""Width of the frames that poses are told in, in widths of the face: as videos show people. The
nearer a camera, the more of a turn is perspective, and shape models differ in how deep they are."""

PENALTY = 1000.0
"""Of modes that turn the head. On photographs held out, from a thirtieth on it makes no difference:
this is the largest that costs nothing, for faces unlike all of them."""

_MOST_RADIANS = 0.15
"""Poses that are further apart are of faces on which one of the two fits is wrong."""

_LOOKED_AT_STEP = 4
"""Every so many photographs are enough for the turn of the mean."""


def _say(line: str) -> None:
    sys.stderr.write(f"head turns: {line}\n")


def camera_of_video(points_px: NDArray[np.floating]) -> Camera:
    """Return the camera of a frame that is five times as wide as a face, which is in its middle.

    Parameters
    ----------
    points_px : (n, 2) ndarray
        Points of the face.
    """
    width_px = max(1, round(FRAME_FACES * float(np.ptp(points_px[:, 0]))))
    guessed = Camera.from_frame_size(width_px, max(1, round(width_px * 9 / 16)))
    x_px, y_px = points_px.mean(axis=0)
    return replace(guessed, cx_px=float(x_px), cy_px=float(y_px))


def turns_between(
    rotations_radians: Float64Array, wanted_radians: Float64Array
) -> tuple[Float64Array, NDArray[np.bool_]]:
    """Return how far heads are turned against where they should be, about the model's axes.

    Parameters
    ----------
    rotations_radians, wanted_radians : (n, 3) ndarray of float64
        Euler angles of two shape models' heads; NaN where there are none.

    Returns
    -------
    (n, 3) ndarray of float64
        Rotation vectors, radians.
    (n,) ndarray of bool
        Where both are known and near enough to each other to be of one face.
    """
    turns = np.zeros((len(rotations_radians), 3))
    is_known = np.isfinite(rotations_radians) & np.isfinite(wanted_radians)
    is_usable: NDArray[np.bool_] = np.asarray(is_known.all(axis=1))
    for row in np.flatnonzero(is_usable):
        between = rotation_matrix(wanted_radians[row]).T @ rotation_matrix(rotations_radians[row])
        turns[row] = cv2.Rodrigues(between)[0].ravel()
    is_usable &= (np.abs(turns) < _MOST_RADIANS).all(axis=1)
    return turns, is_usable


def with_turned_modes(
    pdm: PointDistributionModel,
    teacher: PointDistributionModel,
    points_px: Float32Array,
    penalty: float = PENALTY,
) -> PointDistributionModel:
    """Return a shape model that knows how far its mean and its modes turn a head.

    Parameters
    ----------
    pdm, teacher : PointDistributionModel
        The shape model, and that whose poses are wanted.
    points_px : (n, 68, 2) ndarray of float32
        Faces.
    penalty : float
        So many faces whose modes do not turn the head are thought to be there as well.
    """
    plain = replace(pdm, head_turns=None)
    cameras = [camera_of_video(points) for points in points_px]
    wanted = head_rotations(teacher, points_px, cameras)
    turns, is_usable = turns_between(head_rotations(plain, points_px, cameras), wanted)
    deviations = np.sqrt(pdm.eigenvalues.astype(np.float64))
    parameters = np.stack([calc_params(plain, p).shape_parameters for p in points_px[is_usable]])
    rows = np.column_stack([np.ones(len(parameters)), parameters / deviations])
    penalties = penalty * np.diag([0.0, *np.ones(pdm.mode_count)])
    found = np.linalg.solve(rows.T @ rows + penalties, rows.T @ turns[is_usable])
    found[1:] /= deviations[:, None]
    return replace(pdm, head_turns=found.astype(np.float32))


def with_turned_mean(
    pdm: PointDistributionModel,
    teacher: PointDistributionModel,
    own_px: Float32Array,
    taught_px: Float32Array,
) -> PointDistributionModel:
    """Return a shape model whose poses are the teacher's in the median, each from its own points.

    Parameters
    ----------
    pdm, teacher : PointDistributionModel
        The shape model, with turns, and that whose poses are wanted.
    own_px, taught_px : (n, 68, 2) ndarray of float32
        The same faces as their own patch experts see them; NaN where one does not.
    """
    assert pdm.head_turns is not None  # noqa: S101 - its modes come first
    is_seen = np.isfinite(own_px).all(axis=(1, 2)) & np.isfinite(taught_px).all(axis=(1, 2))
    own_px, taught_px = own_px[is_seen], taught_px[is_seen]
    cameras = [camera_of_video(points) for points in taught_px]
    turns, is_usable = turns_between(
        head_rotations(pdm, own_px, cameras), head_rotations(teacher, taught_px, cameras)
    )
    found = pdm.head_turns.copy()
    found[0] += np.median(turns[is_usable], axis=0).astype(np.float32)
    return replace(pdm, head_turns=found)


def _as_experts_see(
    faces: TaughtFaces,
    chosen: NDArray[np.intp],
    pdm: PointDistributionModel,
    refinement: FaceRefinement,
    settings: TrainingSettings,
) -> tuple[Float32Array, Float32Array]:
    """Return the points (n, 68, 2) of both kinds of experts on photographs as of a video."""
    found = np.full((2, len(chosen), LANDMARKS, 2), np.nan, dtype=np.float32)

    def look(row: int, number: int) -> None:
        version = faces.as_of_a_video(number, settings.seed)
        fit = followed(refinement, version.image_bgr, calc_params(pdm, version.own_px))
        own = project_shape(pdm, fit)
        if agree(own, version.taught_px):
            found[:, row] = own, version.taught_px

    faces.each(chosen, settings.threads, look)
    return found[0], found[1]


def train_head_turns(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Write into the shape model how far its heads are turned.

    Parameters
    ----------
    folders : TrainingFolders
        Where photographs, the teacher's models, the shape model and the patch experts are.
    settings : TrainingSettings
        The seed decides how photographs are made worse; the threads look at them.

    Raises
    ------
    ModelFileError
        If a model is missing or damaged.
    InputError
        If photographs are.
    """
    faces = TaughtFaces.found(folders, settings)
    shape = folders.output / "shape.txt"
    pdm = with_turned_modes(read_pdm(shape, LANDMARKS), faces.teacher.pdm, faces.taught_px)
    experts = read_face_landmark_model(folders.output / MAIN_LIST)
    refinement = FaceRefinement.from_settings(experts, REFINEMENT)
    chosen = np.arange(len(faces))[::_LOOKED_AT_STEP]
    seen = _as_experts_see(faces, chosen, pdm, refinement, settings)
    pdm = with_turned_mean(pdm, faces.teacher.pdm, *seen)
    assert pdm.head_turns is not None  # noqa: S101
    _say(f"{len(faces)} faces; the mean is turned by {pdm.head_turns[0].round(4)} rad")
    write_shape_model(pdm, shape)
