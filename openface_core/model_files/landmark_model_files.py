"""Readers for the lists that say which files make up a landmark model.

``main_clnf_general.txt`` names a model of the whole face and models of its parts;
``clnf_general.txt`` and its kin name the PDM and the patch experts of one model. So do
``main_ceclm_general.txt`` and ``cen_general.txt``, OpenFace's own default. The lists of the
embedded models name patch experts of a form of their own, ``PatchesCompact``, and
``ShapeVariances``, factors of the PDM's variances for the experts: one for all or for each mode.

References
----------
``CLNF::Read`` and ``CLNF::Read_CLNF`` of OpenFace 2.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.model_files.ccnf_patch_file import MAX_LANDMARKS, read_ccnf_experts
from openface_core.model_files.cen_patch_file import read_cen_experts
from openface_core.model_files.compact_expert_file import read_compact_experts
from openface_core.model_files.content import REINSTALL, beside, read_model_text
from openface_core.model_files.early_termination_file import read_early_termination
from openface_core.model_files.pdm_file import read_pdm
from openface_core.model_files.svr_patch_file import read_svr_experts
from openface_core.refinement.early_termination import EarlyTermination
from openface_core.refinement.landmark_model import (
    CECLM_ADJUSTMENT,
    NO_ADJUSTMENT,
    FaceLandmarkModel,
    LandmarkModel,
    PartModel,
)
from openface_core.refinement.patch_experts import PatchExperts
from openface_core.shape.pdm import PointDistributionModel

_MAX_LINES = 64
_CECLM = "main_ceclm_general"
"""OpenFace adjusts its settings for a list of this very name, and for no copy by another name."""

_EXPERT_READERS: Mapping[str, Callable[[Path], PatchExperts]] = {
    "PatchesCEN": read_cen_experts,
    "PatchesCompact": read_compact_experts,
    "PatchesCCNF": read_ccnf_experts,
    "PatchesIntensity": read_svr_experts,
}
"""Readers of patch experts; where a list names several kinds, the first counts."""

_IGNORED = ("Triangulations", "FaceDetConversion", "DetectionValidator")
"""Entries of the lists that landmark refinement does not need."""


def read_landmark_model(path: Path) -> LandmarkModel:
    """Read a shape model and its patch experts.

    Parameters
    ----------
    path : Path
        A list such as ``clnf_general.txt`` (CCNF experts), ``cen_general.txt`` (CEN experts),
        ``clm_general.txt`` (SVR experts), ``model_inner/clnf_inner.txt``.

    Returns
    -------
    LandmarkModel
        The model. CEN experts take precedence where a list names several kinds, then compact ones,
        then CCNF.

    Raises
    ------
    ModelFileError
        If the list or one of its files is missing or damaged, or they do not fit together.
    """
    pdm: PointDistributionModel | None = None
    found: dict[str, list[PatchExperts]] = {entry: [] for entry in _EXPERT_READERS}
    early_termination: EarlyTermination | None = None
    factors: NDArray[np.float64] | None = None
    for entry, words in _entries(path):
        if entry == "PDM":
            pdm = read_pdm(_file(path, words))
        elif entry in _EXPERT_READERS:
            found[entry].append(_EXPERT_READERS[entry](_file(path, words)))
        elif entry == "ShapeVariances":
            factors = _factors(path, words)
        elif entry == "EarlyTermination":
            early_termination = read_early_termination(_file(path, words))
        elif entry not in _IGNORED:
            raise _fail(path, f"the entry {entry[:40]!r} is unknown")
    experts = next((of_kind for of_kind in found.values() if of_kind), [])
    if pdm is None or not experts:
        raise _fail(path, "a PDM and patch experts should be named")
    if factors is not None:
        if factors.size not in (1, pdm.mode_count):
            count = f"1 or {pdm.mode_count}"
            raise _fail(path, f"{count} ShapeVariances are expected, found {factors.size}")
        # The experts' alone: how far shapes that they find may be from the mean.
        pdm = replace(pdm, eigenvalues=(pdm.eigenvalues * factors).astype(np.float32))
    try:
        return LandmarkModel(pdm, tuple(experts), early_termination)
    except ValueError as error:
        raise _fail(path, str(error)) from error


def read_face_landmark_model(
    path: Path, part_names: tuple[str, ...] | None = None
) -> FaceLandmarkModel:
    """Read the model of a whole face and of its parts.

    Parameters
    ----------
    path : Path
        A list such as ``main_clnf_general.txt``.
    part_names : tuple of str or None
        The parts to read, all if None.

    Returns
    -------
    FaceLandmarkModel
        The models.

    Raises
    ------
    ModelFileError
        If a list or a file is missing or damaged, or a part does not fit the face.
    """
    face: LandmarkModel | None = None
    parts: list[tuple[str, LandmarkModel, list[str]]] = []
    for entry, words in _entries(path):
        if entry == "LandmarkDetector":
            face = read_landmark_model(_file(path, words))
        elif entry == "LandmarkDetector_part":
            if len(words) < 2:
                raise _fail(path, "a part should have a file and a name")
            if part_names is None or words[1] in part_names:
                parts.append((words[1], _part(_file(path, words[:1])), words[2:]))
        elif entry not in _IGNORED:
            raise _fail(path, f"the entry {entry[:40]!r} is unknown")
    if face is None:
        raise _fail(path, "no model of the whole face is named")
    missing = sorted(set(part_names or ()) - {name for name, _, _ in parts})
    if missing:
        raise ModelFileError(
            path,
            f"it does not name the parts {', '.join(missing)}",
            "Leave them out of the configuration (parts under [models]), or use another list.",
        )
    try:
        return FaceLandmarkModel(
            face,
            tuple(PartModel(name, model, *_mapping(path, name, w)) for name, model, w in parts),
            CECLM_ADJUSTMENT if path.stem == _CECLM else NO_ADJUSTMENT,
        )
    except ValueError as error:
        raise _fail(path, str(error)) from error


def face_landmark_model_files(
    path: Path, part_names: tuple[str, ...] | None = None
) -> tuple[Path, ...]:
    """Return every file that :func:`read_face_landmark_model` reads for the same arguments.

    Raises
    ------
    ModelFileError
        If a list is missing or damaged.
    """
    files = [path]
    for entry, words in _entries(path):
        if entry == "LandmarkDetector":
            files += _landmark_model_files(_file(path, words))
        elif entry == "LandmarkDetector_part" and _is_wanted(words, part_names):
            part = _file(path, words[:1])
            files.append(part)
            for kind, names in _entries(part):
                if kind == "LandmarkDetector":
                    files += _landmark_model_files(_file(part, names))
    return tuple(files)


def cen_expert_files(path: Path) -> tuple[Path, ...]:
    """Return the files of CEN experts that the list of a face names, whether they exist or not.

    Raises
    ------
    ModelFileError
        If a list is missing or damaged.
    """
    files: list[Path] = []
    for entry, words in _entries(path):
        if entry == "LandmarkDetector":
            model = _file(path, words)
            files += [_file(model, w) for kind, w in _entries(model) if kind == "PatchesCEN"]
    return tuple(files)


def landmark_part_names(path: Path) -> tuple[str, ...]:
    """Return the parts that the list of a face names.

    Raises
    ------
    ModelFileError
        If the list is missing or damaged.
    """
    parts = [words[1:2] for entry, words in _entries(path) if entry == "LandmarkDetector_part"]
    return tuple(name for names in parts for name in names)


def landmark_validator_of(path: Path) -> Path | None:
    """Return the validator that the list of a face names; None if it names none.

    Raises
    ------
    ModelFileError
        If the list is missing or damaged.
    """
    named = [_file(path, words) for entry, words in _entries(path) if entry == "DetectionValidator"]
    return named[0] if named else None


def _is_wanted(words: list[str], part_names: tuple[str, ...] | None) -> bool:
    return part_names is None or any(name in part_names for name in words[1:2])


def _landmark_model_files(path: Path) -> list[Path]:
    read = ("PDM", "EarlyTermination", *_EXPERT_READERS)
    return [path, *(_file(path, words) for entry, words in _entries(path) if entry in read)]


def _part(path: Path) -> LandmarkModel:
    """Read a part's main list, which names one model and no parts."""
    for entry, words in _entries(path):
        if entry == "LandmarkDetector":
            return read_landmark_model(_file(path, words))
    raise _fail(path, "no model is named")


def _mapping(
    path: Path, name: str, words: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which landmarks of the face are which of a part."""
    if not words or len(words) % 2 or len(words) > 2 * MAX_LANDMARKS:
        raise _fail(path, f"the part {name} should have pairs of landmarks")
    if not all(word.isascii() and word.isdigit() and len(word) <= 4 for word in words):
        raise _fail(path, f"the landmarks of the part {name} should be whole numbers")
    numbers = np.array([int(word) for word in words], dtype=np.int64).reshape(-1, 2)
    return np.ascontiguousarray(numbers[:, 0]), np.ascontiguousarray(numbers[:, 1])


def _factors(path: Path, words: list[str]) -> NDArray[np.float64]:
    """Return the factors of the shape's variances."""
    try:
        factors = np.array([float(word) for word in words[: MAX_LANDMARKS + 1]])
    except ValueError:
        factors = np.empty(0)
    if not (factors.size and ((factors >= 0.01) & (factors <= 100.0)).all()):
        raise _fail(path, f"ShapeVariances should be 0.01 to 100, found {' '.join(words)[:40]!r}")
    return factors


def _fail(path: Path, cause: str) -> ModelFileError:
    return ModelFileError(path, cause, f"{REINSTALL}.")


def _entries(path: Path) -> list[tuple[str, list[str]]]:
    """Return the first word of every line, and the others."""
    lines = [line.split() for line in read_model_text(path).splitlines()]
    entries = [(words[0], words[1:]) for words in lines if words]
    if len(entries) > _MAX_LINES:
        raise _fail(path, f"{len(entries)} entries are more than a list can have")
    return entries


def _file(path: Path, words: list[str]) -> Path:
    """Return the file that an entry names, which must lie in or below the list's folder."""
    if len(words) != 1:
        raise _fail(path, f"a file name is expected, found {' '.join(words)[:60]!r}")
    relative = PurePosixPath(words[0].replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts:
        raise _fail(path, f"a file outside of the list's folder is named: {words[0][:60]!r}")
    return beside(path, relative)
