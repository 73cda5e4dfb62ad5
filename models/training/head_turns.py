"""How far a shape model's heads are turned: learned from a teacher's poses of the same faces.

A shape model that is found from points leaves it open: a mode may deform a face and turn it as
well, since a head that turns the other way makes up for that. How far it seems to, depends on how a
camera sees the head. Two shape models then tell the same face's pose differently, by more the more
it differs from their mean. The turns are learned from faces as each model's own patch experts see
them, in frames of many kinds: experts of one kind err otherwise than those of the other, mostly in
pitch and yaw.
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
from models.training.shape.head_pose import rotations_of_fits
from models.training.taught_faces import TaughtFaces
from openface_core.face_tracking import FaceRefinement
from openface_core.model_files import read_face_landmark_model, read_pdm
from openface_core.shape import (
    Camera,
    PointDistributionModel,
    ShapeFit,
    calc_params,
    project_shape,
)
from openface_core.shape.pose import turn_weights
from openface_core.shape.rotations import rotation_matrix

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

FRAME_FACES = 2.2, 12.0
"""Widths of the frames that poses are told in, in widths of the face: from, to. The nearer a
camera, the more of a turn is perspective, and shape models differ in how deep they are."""

_HEIGHTS = (9 / 16, 3 / 4, 1.0, 16 / 9)
"""Heights of the frames, in their widths."""

_CAMERAS = 4
"""Frames for each face."""

PENALTY = 300.0
"""Of all that turns heads but a turn of the mean. On photographs held out, up to this it makes no
difference: this is the largest that costs nothing, for faces unlike all of them."""

_MOST_RADIANS = 0.15
"""Poses that are further apart are of faces on which one of the two fits is wrong."""


def _say(line: str) -> None:
    sys.stderr.write(f"head turns: {line}\n")


def camera_of_video(points_px: NDArray[np.floating], rng: np.random.Generator) -> Camera:
    """Return the camera of a frame somewhere in which a face is, as videos show people.

    Parameters
    ----------
    points_px : (n, 2) ndarray
        Points of the face.
    rng : numpy.random.Generator
        Decides how wide the frame is, how high, and where in it the face is.
    """
    face_px = np.maximum(np.ptp(points_px, axis=0), 1.0)
    width_px = face_px[0] * np.exp(rng.uniform(*np.log(FRAME_FACES)))
    height_px = width_px * rng.choice(_HEIGHTS)
    frame_px = np.array([width_px, height_px])
    guessed = Camera.from_frame_size(max(1, round(width_px)), max(1, round(height_px)))
    aside_px = rng.uniform(-0.5, 0.5, 2) * np.maximum(frame_px - face_px, 0.0)
    x_px, y_px = points_px.mean(axis=0) + aside_px
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


def _fits(
    pdm: PointDistributionModel, points_px: Float32Array, numbers: NDArray[np.intp]
) -> list[ShapeFit]:
    """Return the fits of numbered faces, each of which is fitted once however often it comes."""
    known = [calc_params(pdm, points) for points in points_px]
    return [known[number] for number in numbers]


def with_head_turns(
    pdm: PointDistributionModel,
    teacher: PointDistributionModel,
    own_px: Float32Array,
    taught_px: Float32Array,
    seed: int,
    penalty: float = PENALTY,
) -> PointDistributionModel:
    """Return a shape model that knows how far its heads are turned.

    Parameters
    ----------
    pdm, teacher : PointDistributionModel
        The shape model, and that whose poses are wanted.
    own_px, taught_px : (n, 68, 2) ndarray of float32
        The same faces as their own patch experts see them; NaN where one does not.
    seed : int
        Decides about the cameras.
    penalty : float
        So many faces whose shape and place do not turn the head are thought to be there as well.
    """
    plain = replace(pdm, head_turns=None)
    is_seen = np.isfinite(own_px).all(axis=(1, 2)) & np.isfinite(taught_px).all(axis=(1, 2))
    own_px, taught_px = own_px[is_seen], taught_px[is_seen]
    numbers = np.repeat(np.arange(len(own_px)), _CAMERAS)
    fits, wanted_fits = _fits(plain, own_px, numbers), _fits(teacher, taught_px, numbers)
    own_px, taught_px = own_px[numbers], taught_px[numbers]
    rng = np.random.default_rng(seed)
    cameras = [camera_of_video(points, rng) for points in taught_px]
    rotations = rotations_of_fits(plain, fits, own_px, cameras)
    wanted = rotations_of_fits(teacher, wanted_fits, taught_px, cameras)
    turns, is_usable = turns_between(rotations, wanted)
    rows = []
    for row in np.flatnonzero(is_usable):
        weights = turn_weights(rotations[row], fits[row], cameras[row])
        rows.append(np.outer(weights, [1.0, *fits[row].shape_parameters]).ravel())
    summands = np.array(rows)
    spreads = summands.std(axis=0)
    spreads[0] = 1.0
    summands /= spreads
    penalties = penalty * np.diag([0.0, *np.ones(len(spreads) - 1)])
    normal = summands.T @ summands + penalties
    found = np.linalg.solve(normal, summands.T @ turns[is_usable])
    # Faces on which experts err far pull at the mean, and not at the median.
    found[0] += np.median(turns[is_usable] - summands @ found, axis=0)
    return replace(pdm, head_turns=(found / spreads[:, None]).astype(np.float32))


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
    pdm = read_pdm(shape, LANDMARKS)
    experts = read_face_landmark_model(folders.output / MAIN_LIST)
    refinement = FaceRefinement.from_settings(experts, REFINEMENT)
    seen = _as_experts_see(faces, np.arange(len(faces)), pdm, refinement, settings)
    pdm = with_head_turns(pdm, faces.teacher.pdm, *seen, settings.seed)
    assert pdm.head_turns is not None  # noqa: S101
    _say(f"{len(faces)} faces; the mean is turned by {pdm.head_turns[0].round(4)} rad")
    write_shape_model(pdm, shape)
