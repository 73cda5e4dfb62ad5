"""Training of the action-unit predictors: linear models that say what OpenFace's would."""

import hashlib
import sys
from pathlib import Path

from models.training.action_units.files import write_predictors
from models.training.action_units.predictors import student_models
from models.training.action_units.ridge import fit_ridge
from models.training.action_units.samples import SampleMaker, Student
from models.training.openface_teacher import Teacher
from models.training.own_landmarks import (
    REFINEMENT,
    SETS_WITH_VIDEOS,
    OwnModels,
    read_training_photographs,
)
from models.training.patch_experts.files import MAIN_LIST
from models.training.photographs import LANDMARKS
from models.training.settings import TrainingFolders, TrainingSettings
from openface_core.face_tracking import FaceRefinement
from openface_core.faces import FaceMeter
from openface_core.model_files import (
    face_landmark_model_files,
    read_face_landmark_model,
    read_pdm,
    read_triangulation,
)

VIDEO_LIST, IMAGE_LIST, PREDICTORS_FOLDER = "AU_video.txt", "AU_image.txt", "action_units"

VARIANTS = 4
"""Versions of each photograph."""

PENALTIES = (0.03, 0.1, 0.3, 1.0)
FOLDS = 3

BETWEEN = 0.25
"""Weight of differences between photographs, most of which tell persons apart: with a quarter, both
they and the differences within photographs are predicted better on photographs held out."""


def _say(line: str) -> None:
    sys.stderr.write(f"action units: {line}\n")


def load_student(folder: Path, own: OwnModels) -> Student:
    """Return the embedded pipeline up to the descriptor.

    Parameters
    ----------
    folder : Path
        Holds ``shape.txt``, ``triangulation.txt`` and the patch experts.
    own : OwnModels
        Its networks.

    Raises
    ------
    ModelFileError
        If a file is missing or damaged.
    """
    shape, triangulation = folder / "shape.txt", folder / "triangulation.txt"
    pdm = read_pdm(shape, LANDMARKS)
    triangles = read_triangulation(triangulation, LANDMARKS)
    experts = folder / MAIN_LIST
    refinement = FaceRefinement.from_settings(read_face_landmark_model(experts), REFINEMENT)
    paths = (shape, triangulation, *face_landmark_model_files(experts))
    content = b"".join(path.read_bytes() for path in paths) + repr(REFINEMENT).encode()
    digest = hashlib.sha256(content).hexdigest()
    meter = FaceMeter(pdm, triangles, shift_average=True)
    return Student(own.network, meter, f"{own.key}_{digest[:8]}", refinement)


def train_action_units(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Make the predictors for videos and for single images.

    Parameters
    ----------
    folders : TrainingFolders
        Where photographs, the teacher's models and the embedded networks and shape model are.
    settings : TrainingSettings
        The seed decides about the versions of the photographs; the threads look at them.

    Raises
    ------
    ModelFileError
        If a model is missing or damaged.
    InputError
        If photographs are.
    """
    own = OwnModels.load(folders.output)
    student = load_student(folders.output, own)
    photographs = read_training_photographs(folders.faces, SETS_WITH_VIDEOS)
    teacher = Teacher(folders.reference)
    cache = folders.work_of("photographs")
    maker = SampleMaker(
        photographs, teacher, VARIANTS, settings.seed, settings.threads, cache, _say
    )
    samples = maker.samples(student, own)
    _say(f"{len(samples.people)} samples of {len(set(samples.people.tolist()))} people")
    fit = fit_ridge(samples, PENALTIES, FOLDS, BETWEEN, report=_say)
    video, image = teacher.video_models, teacher.image_models
    for column, model in enumerate((*video.all_models, *image.all_models)):
        kind = "dynamic" if model.is_dynamic else "static"
        _say(
            f"{model.name} {model.target.value} {kind}: r {fit.held_out_r[column]:.3f} on "
            f"photographs held out, penalty {fit.penalties[column]:g}"
        )
    lists = {
        VIDEO_LIST: student_models(video, fit, 0, samples.scores),
        IMAGE_LIST: student_models(image, fit, len(video.all_models), samples.scores),
    }
    write_predictors(lists, folders.output, PREDICTORS_FOLDER)
