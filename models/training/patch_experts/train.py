"""Training of the patch experts: small networks that answer as OpenFace's experts do."""

import sys
from collections.abc import Sequence

import numpy as np

from models.training.in_threads import in_threads
from models.training.openface_teacher import Teacher
from models.training.own_landmarks import SETS_WITH_VIDEOS, TURNED, read_training_photographs
from models.training.patch_experts.eyes import MIRRORED_EYE, eye_shape, mirrored_eye, taught_eyes
from models.training.patch_experts.faces import LocatedFace, faces_of_part, located_faces
from models.training.patch_experts.files import (
    FACE_NAME,
    Part,
    flipped,
    write_compact_experts,
    write_lists,
)
from models.training.patch_experts.networks import ExpertNetworks
from models.training.patch_experts.squares import Squares, SquareSettings, cut_squares
from models.training.patch_experts.training import ExpertTrainingSettings, train_networks
from models.training.patch_experts.views import View, eye_view, views_of
from models.training.photograph_landmarks import landmarks_on_photographs
from models.training.photographs import LANDMARKS
from models.training.settings import TrainingFolders, TrainingSettings
from models.training.shape.files import write_shape_model
from models.training.shape.standard_frame import model_of_part
from openface_core.eyes.eye_fitter import EYE_PARTS
from openface_core.eyes.eye_points import FACE_LID_POINTS, LID_POINTS
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.model_files import read_pdm

_FIRST_INNER = 17

FACE = Part(FACE_NAME, {k: k for k in range(LANDMARKS)}, (0.35, 0.5), (4.0,))
INNER = Part("inner", {k: k - _FIRST_INNER for k in range(_FIRST_INNER, LANDMARKS)}, (1.0,), (8.0,))
EYES = tuple(
    Part(name, dict(zip(points, LID_POINTS, strict=True)), (1.0, 1.5), (2.5,))
    for name, points in zip(EYE_PARTS, FACE_LID_POINTS, strict=True)
)
"""What has experts: the face, all but the jaw once more in large faces, and the eyes there."""

FACE_WINDOWS_PX, INNER_WINDOWS_PX, EYE_WINDOWS_PX = (11, 9), (9,), (7, 7)
"""Side of the maps that are learned, by scale."""

_INNER_MODES = 32
_INNER_DISPLACEMENT, _EYE_DISPLACEMENT = 0.5, 0.4
"""The whole face has been refined before."""

_LEAST_INNER_PX_PER_MM = 0.7
"""Faces from 0.9 on are refined; a little smaller ones, enlarged, are what blur makes of them."""

HELD_OUT_STEP = 8
"""Every so many photographs take no part; the preset's settings were chosen on them."""


def _say(line: str) -> None:
    sys.stderr.write(f"patch experts: {line}\n")


def train_patch_experts(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Make the patch experts, shape models of inner face and eyes, and the lists that name them.

    Parameters
    ----------
    folders : TrainingFolders
        Where photographs, the teacher's models, and the shape model are.
    settings : TrainingSettings
        The seed decides about displacements, first weights and batches; as many views and scales
        are trained at a time as there are threads.

    Raises
    ------
    ModelFileError
        If a model is missing or damaged.
    InputError
        If photographs are.
    """
    teacher, cache = Teacher(folders.reference), folders.work_of("photographs")
    # Apart, as other trainings ask about the first ones, so that the teacher looks at them once.
    groups = [read_training_photographs(folders.faces, of) for of in (SETS_WITH_VIDEOS, (TURNED,))]
    photographs = sum(groups, start=())
    taught = np.concatenate(
        [landmarks_on_photographs(group, teacher, cache, settings.threads) for group in groups]
    )
    faces = [face for face in located_faces(photographs, taught) if face.number % HELD_OUT_STEP]
    _say(f"{len(faces)} faces of {len(photographs)} photographs")
    training = _Training(folders, settings, teacher)
    training.face(faces)
    training.inner_face(faces)
    training.eyes(faces)
    write_lists(folders.output, FACE, (INNER, *EYES))


class _Training:
    """Trains and writes the experts of a face and of its parts.

    Parameters
    ----------
    folders : TrainingFolders
        Where they are written.
    settings : TrainingSettings
        Seed and threads.
    teacher : Teacher
        Whose experts teach.
    """

    def __init__(
        self, folders: TrainingFolders, settings: TrainingSettings, teacher: Teacher
    ) -> None:
        self._folders = folders
        self._settings = settings
        self._teacher = teacher

    def face(self, faces: Sequence[LocatedFace]) -> None:
        """Make the experts of the whole face."""
        pdm = read_pdm(self._folders.output / FACE.shape_file, LANDMARKS)
        experts = self._teacher.experts[-len(FACE.scales_px_per_mm) :]  # the finest
        cut = cut_squares(faces, pdm, experts, FACE_WINDOWS_PX, self._square_settings(1.0))
        self._write(FACE, views_of(MIRRORED_ORDER), cut)

    def inner_face(self, faces: Sequence[LocatedFace]) -> None:
        """Make shape model and experts of the inner face."""
        output, landmarks = self._folders.output, list(INNER.landmarks)
        pdm = model_of_part(read_pdm(output / FACE.shape_file, LANDMARKS), landmarks, _INNER_MODES)
        write_shape_model(pdm, output / INNER.shape_file)
        large = faces_of_part(faces, pdm, landmarks, _LEAST_INNER_PX_PER_MM)
        _say(f"{len(large)} faces are large enough for experts of the inner face")
        settings = self._square_settings(_INNER_DISPLACEMENT)
        cut = cut_squares(large, pdm, self._teacher.inner_experts, INNER_WINDOWS_PX, settings)
        self._write(INNER, views_of(MIRRORED_ORDER[landmarks] - _FIRST_INNER), cut)

    def eyes(self, faces: Sequence[LocatedFace]) -> None:
        """Make shape models and experts of the eyes; those at the right are the others' mirror."""
        output, teacher = self._folders.output, self._teacher
        eyes = taught_eyes(faces, teacher, self._settings.threads)
        left = eye_shape(eyes, teacher.eye_models[0].pdm, _say)
        models = left, mirrored_eye(left)
        settings = self._square_settings(_EYE_DISPLACEMENT, looks_beside=False)
        cut = [
            cut_squares(eyes.large(eye), models[eye], of_eye.experts, EYE_WINDOWS_PX, settings)
            for eye, of_eye in enumerate(teacher.eye_models)
        ]
        both = [first.with_mirrored(second) for first, second in zip(*cut, strict=True)]
        view = eye_view(MIRRORED_EYE)
        trained = self._trained(EYES[0], (view,), both)
        for eye, part in enumerate(EYES):
            write_shape_model(models[eye], output / part.shape_file)
            for scale, px_per_mm in enumerate(part.scales_px_per_mm):
                networks = trained[scale, 0]
                own = networks if eye == 0 else flipped(networks, MIRRORED_EYE)
                path = output / part.experts_file(px_per_mm)
                write_compact_experts(path, px_per_mm, (eye_view(MIRRORED_EYE, False),), (own,))

    def _square_settings(self, displacement: float, *, looks_beside: bool = True) -> SquareSettings:
        seed, threads = self._settings.seed, self._settings.threads
        return SquareSettings(displacement, seed, threads, looks_beside)

    def _write(self, part: Part, views: Sequence[View], cut: Sequence[Squares]) -> None:
        trained = self._trained(part, views, cut)
        for scale, px_per_mm in enumerate(part.scales_px_per_mm):
            networks = [trained[scale, view] for view in range(len(views))]
            path = self._folders.output / part.experts_file(px_per_mm)
            write_compact_experts(path, px_per_mm, views, networks)

    def _trained(
        self, part: Part, views: Sequence[View], cut: Sequence[Squares]
    ) -> dict[tuple[int, int], ExpertNetworks]:
        """Return the networks of every scale and view."""
        tasks = [(scale, view) for scale in range(len(cut)) for view in range(len(views))]
        trained: dict[tuple[int, int], ExpertNetworks] = {}

        def train(number: int) -> None:
            scale, view = tasks[number]
            px_per_mm, degrees = part.scales_px_per_mm[scale], views[view].yaw_degrees
            trained[tasks[number]] = train_networks(
                cut[scale],
                views[view],
                ExpertTrainingSettings(),
                self._settings.seed,
                lambda line: _say(f"{part.name}, {px_per_mm:g} px/mm, {degrees:g} degrees: {line}"),
            )

        in_threads(train, range(len(tasks)), self._settings.threads)
        return trained
