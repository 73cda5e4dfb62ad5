"""The eyes that the network learns from, and those that are held out."""

import sys
from pathlib import Path

import numpy as np

from models.training.eyes.batches import EyePictures
from models.training.eyes.labels import eye_labels
from models.training.openface_teacher import Teacher
from models.training.own_landmarks import OwnModels, read_training_photographs
from models.training.photograph_landmarks import landmarks_on_photographs
from models.training.photographs import LANDMARKS, read_picture
from models.training.settings import TrainingFolders
from openface_core.model_files import read_pdm

HELD_OUT_EVERY = 8
"""Every eighth photograph is not trained on: it says which weights are the best."""


def training_eyes(
    folders: TrainingFolders, work: Path, threads: int
) -> tuple[EyePictures, EyePictures]:
    """Return the eyes to train on, and those that are held out.

    Parameters
    ----------
    folders : TrainingFolders
    work : Path
        Where the teacher's points are kept.
    threads : int
        Photographs seen at a time.

    Raises
    ------
    InputError
        If photographs are missing.
    ModelFileError
        If a model is missing or damaged.
    """
    photographs = read_training_photographs(folders.faces)
    own = OwnModels.load(folders.output)
    landmarks = landmarks_on_photographs(photographs, own, folders.work_of("photographs"), threads)
    pdm = read_pdm(folders.output / "shape.txt", LANDMARKS)
    cache = work / f"{own.key}_eyes.npz"
    teacher = Teacher(folders.reference)
    labels = eye_labels(photographs, landmarks, pdm, teacher, cache, threads)
    is_known = np.isfinite(labels.points).all(axis=(2, 3)).reshape(len(photographs), -1)
    seen = np.flatnonzero(is_known.any(axis=1))
    held = seen % HELD_OUT_EVERY == 0
    parts = []
    for chosen in (seen[~held], seen[held]):
        images = {int(index): read_picture(photographs[index]) for index in chosen}
        parts.append(EyePictures.of(labels, images))
    sys.stderr.write(
        f"eyes: {len(parts[0])} on {len(seen)} of {len(photographs)} photographs, "
        f"{len(parts[1])} held out\n"
    )
    return parts[0], parts[1]
