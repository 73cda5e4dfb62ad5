"""How far patch experts may deform a face: learned, mode by mode, from how far a teacher's do.

The variances of a shape model's modes are those of fits that are drawn towards its mean. Experts
need looser ones, but how much looser depends on the mode: one that lengthens the chin follows
whatever edge lies below it if it is loose, and one that the experts hardly see does nothing if it
is stiff.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.training.patch_experts.files import write_lists
from models.training.patch_experts.train import EYES, FACE, INNER
from models.training.photographs import LANDMARKS
from models.training.settings import TrainingFolders, TrainingSettings
from models.training.settling import Settling
from models.training.taught_faces import TaughtFaces
from openface_core.model_files import read_landmark_model, read_pdm
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.patch_experts import PatchExperts
from openface_core.shape import PointDistributionModel, calc_params

Float64Array = NDArray[np.float64]
Picture = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]

FIRST, LEAST, MOST = 4.0, 0.3, 3.0
"""Factor of all variances to begin with, and those that none leaves. With more, modes that are
hardly seen follow what blur and noise make of lively faces."""

_ROUNDS = 5
_FOLLOWS = 2
_STEP = 9
"""Every so many photographs are enough."""


def _say(line: str) -> None:
    sys.stderr.write(f"stiffness: {line}\n")


def spread(values: Float64Array) -> Float64Array:
    """Return the median distance (m,) of n values of m numbers from their median."""
    return np.asarray(np.median(np.abs(values - np.median(values, axis=0)), axis=0))


def parameters_of(
    pdm: PointDistributionModel, experts: Sequence[PatchExperts], pictures: Sequence[Picture]
) -> tuple[Float64Array, Float64Array]:
    """Return shape parameters (n, m) that experts find, and those of the taught points.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, as loose as it is tried.
    experts : sequence of PatchExperts
        The embedded ones.
    pictures : sequence of tuple
        A grey picture, and the own and the taught points of its face. Those on which the experts
        lose the face are left out.
    """
    settling = Settling(pdm, experts)
    found, taught = [], []
    for grey, own_px, taught_px in pictures:
        fit = settling.fit(grey, own_px, _FOLLOWS)
        if fit is not None:
            found.append(fit.shape_parameters)
            taught.append(calc_params(pdm, taught_px).shape_parameters)
    return np.array(found, dtype=np.float64), np.array(taught, dtype=np.float64)


def calibrated_factors(
    pdm: PointDistributionModel,
    look: Callable[[PointDistributionModel], tuple[Float64Array, Float64Array]],
    report: Callable[[str], None] = lambda _line: None,
) -> Float64Array:
    """Return the factor (m,) of each mode's variance with which experts deform it as far as taught.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    look : callable
        Returns the parameters that experts find with a shape model, and the taught ones.
    report : callable
        Is told how it goes.
    """
    factors = np.full(pdm.mode_count, FIRST)
    for number in range(_ROUNDS):
        loose = replace(pdm, eigenvalues=(factors * pdm.eigenvalues).astype(np.float32))
        found, taught = look(loose)
        shares = spread(taught) / np.maximum(spread(found), 1e-9)
        factors = np.clip(factors * shares, LEAST, 100.0)
        report(f"round {number + 1}: modes spread {np.median(1.0 / shares):.2f} times as taught")
    return np.asarray(np.minimum(factors, MOST), dtype=np.float64)


def train_stiffness(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Write into the list of the face's patch experts how far they may deform each mode.

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
    pdm = read_pdm(folders.output / FACE.shape_file, LANDMARKS)
    experts = read_landmark_model(folders.output / FACE.list_file).experts
    chosen = np.arange(len(faces))[::_STEP]
    seen: list[tuple[Picture, ...]] = [()] * len(chosen)

    def prepare(row: int, number: int) -> None:
        versions = faces.as_it_is(number), faces.as_of_a_video(number, settings.seed)
        seen[row] = tuple((grey_from_bgr(v.image_bgr), v.own_px, v.taught_px) for v in versions)

    faces.each(chosen, settings.threads, prepare)
    pictures = [picture for of_face in seen for picture in of_face]
    factors = calibrated_factors(pdm, lambda loose: parameters_of(loose, experts, pictures), _say)
    _say(f"{len(pictures)} pictures; variances times {factors.min():.1f} to {factors.max():.1f}")
    face = replace(FACE, variances=tuple(factors.tolist()))
    write_lists(folders.output, face, (INNER, *EYES))
