"""Training of the face detector: ``detector.onnx``."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.detector.backgrounds import read_faceless
from models.training.detector.batches import LabelledSet, is_held_out
from models.training.detector.canvases import Picture
from models.training.detector.export import export_detector
from models.training.detector.mistakes import find_mistakes
from models.training.detector.network import FaceDetectorNetwork
from models.training.detector.training import Schedule, Training
from models.training.detector.views import Views, make_views, teacher_file
from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.photographs import Photograph, read_photographs, read_picture
from models.training.settings import TrainingFolders, TrainingSettings

_SCHEDULE = Schedule()
_SETS = (("helen_train", 14, 0.55), ("expressions", 4, 0.45))
"""Name, random views of each photograph, share of the faces, of each set."""


def train_detector(
    folders: TrainingFolders, settings: TrainingSettings, schedule: Schedule = _SCHEDULE
) -> Path:
    """Train the face detector and write ``detector.onnx``.

    Parameters
    ----------
    folders : TrainingFolders
        Where the training reads and writes.
    settings : TrainingSettings
        How it runs.
    schedule : Schedule
        How long and how fast it learns.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the photographs are not there.
    ModelFileError
        If the network that teaches is not there.
    """
    torch.set_num_threads(settings.threads)
    work = folders.work_of("detector")
    sets = []
    for name, views_each, weight in _SETS:
        photographs = read_photographs(folders.faces, name)
        views = _labelled(
            work / f"views_{name}.npz", photographs, folders.reference, views_each, settings.seed
        )
        sets.append(LabelledSet(photographs, views, weight))

    def mistakes(network: FaceDetectorNetwork) -> list[Picture]:
        """Look for mistakes in the first set, which has wide borders around its faces."""
        learned = ~is_held_out(len(sets[0].photographs))
        photographs = [
            read_picture(photograph)
            for photograph, chosen in zip(sets[0].photographs, learned, strict=True)
            if chosen
        ]
        return find_mistakes(network, photographs, read_faceless(), folders.reference / "models")

    origin = origin_of(settings.seed, *(part for each in sets for part in _parts(each)))
    checkpoint = work / "checkpoint.pt"
    training = Training(tuple(sets), schedule, checkpoint, settings.seed, mistakes, origin)
    trained = training.run()
    return export_detector(trained.network, folders.output / "detector.onnx", trained.shifts)


def _parts(labelled: LabelledSet) -> tuple[object, ...]:
    """Return all of a set, for :func:`origin_of`."""
    photographs = origin_of_photographs(labelled.photographs)
    return (photographs, labelled.weight, *vars(labelled.views).values())


def _labelled(
    cache: Path, photographs: tuple[Photograph, ...], reference: Path, views_each: int, seed: int
) -> Views:
    """Return the views of a set, from the cache if they are there."""
    models = reference / "models"
    photographs_origin = origin_of_photographs(photographs)
    origin = origin_of(seed, views_each, teacher_file(models), photographs_origin)

    def make() -> dict[str, NDArray[Any]]:
        return vars(make_views(photographs, models, views_each, np.random.default_rng(seed)))

    return Views(**kept(cache, origin, make))
