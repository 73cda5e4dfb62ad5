"""Training of the patch experts: small networks that see where a landmark lies."""

import sys

from models.training.openface_teacher import Teacher
from models.training.own_landmarks import OwnModels, read_training_photographs
from models.training.patch_experts.faces import labelled_faces
from models.training.patch_experts.files import experts_file, write_compact_experts, write_lists
from models.training.patch_experts.squares import cut_squares
from models.training.patch_experts.training import (
    SUPPORT_PX,
    ExpertTrainingSettings,
    train_networks,
)
from models.training.photograph_landmarks import landmarks_on_photographs
from models.training.photographs import LANDMARKS
from models.training.settings import TrainingFolders, TrainingSettings
from openface_core.model_files import read_pdm

SCALES_PX_PER_MM = (0.35, 0.5)

WINDOWS_PX = (11, 9)
"""Positions that are looked at in either direction, by scale."""

HELD_OUT_STEP = 8
"""Every so many photographs take no part; the preset's settings were chosen on them."""


def _say(line: str) -> None:
    sys.stderr.write(f"patch experts: {line}\n")


def train_patch_experts(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Make the patch experts and the lists that name them.

    Parameters
    ----------
    folders : TrainingFolders
        Where photographs, the teacher's models, and the embedded networks and shape model are.
    settings : TrainingSettings
        The seed decides about displacements, first weights and batches; the threads look at
        photographs.

    Raises
    ------
    ModelFileError
        If a model is missing or damaged.
    InputError
        If photographs are.
    """
    photographs = read_training_photographs(folders.faces)
    cache = folders.work_of("photographs")
    own = landmarks_on_photographs(
        photographs, OwnModels.load(folders.output), cache, settings.threads
    )
    taught = landmarks_on_photographs(
        photographs, Teacher(folders.reference), cache, settings.threads
    )
    faces = [
        face for face in labelled_faces(photographs, taught, own) if face.number % HELD_OUT_STEP
    ]
    _say(f"{len(faces)} faces of {len(photographs)} photographs")
    pdm = read_pdm(folders.output / "shape.txt", LANDMARKS)
    sides = [window + SUPPORT_PX - 1 for window in WINDOWS_PX]
    cut = cut_squares(faces, pdm, SCALES_PX_PER_MM, sides, settings.seed)
    for scale, squares in zip(SCALES_PX_PER_MM, cut, strict=True):

        def report(line: str, scale: float = scale) -> None:
            _say(f"scale {scale:g}: {line}")

        networks = train_networks(squares, ExpertTrainingSettings(), settings.seed, report)
        write_compact_experts(folders.output / experts_file(scale), scale, networks)
    write_lists(folders.output, SCALES_PX_PER_MM)
