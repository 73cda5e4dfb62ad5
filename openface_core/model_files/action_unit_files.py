"""Readers for OpenFace's action-unit predictors (``.dat``) and the lists that name them.

References
----------
``FaceAnalyser::ReadRegressor`` and the ``Read`` functions of the SVR and SVM classes, OpenFace 2.2.
"""

import re
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target
from openface_core.descriptors import DESCRIPTOR_SIZE
from openface_core.errors import ModelFileError
from openface_core.model_files.binary_fields import BinaryFields
from openface_core.model_files.content import REINSTALL, beside, read_model_text

_KINDS = {
    0: (Target.INTENSITY, False),
    1: (Target.INTENSITY, True),
    4: (Target.PRESENCE, False),
    5: (Target.PRESENCE, True),
}
"""The file's type number: (what is predicted, whether the running median is subtracted)."""


def _vector(fields: BinaryFields, what: str) -> NDArray[np.float64]:
    """Return one number per element of the descriptor, (4702,).

    OpenFace's own files have float64; in float16, the embedded models' are a quarter as large.
    """
    rows, columns, dtype = fields.real_header(what)
    if min(rows, columns) != 1 or max(rows, columns) != DESCRIPTOR_SIZE:
        raise fields.fail(
            f"the {what} should be {DESCRIPTOR_SIZE} numbers "
            f"(4464 FHOG and 238 geometry), found {rows} x {columns}"
        )
    return fields.elements(DESCRIPTOR_SIZE, what, dtype).astype(np.float64)


def read_action_unit_model(path: Path, name: str) -> ActionUnitModel:
    """Read one predictor.

    Parameters
    ----------
    path : Path
        A ``.dat`` file of OpenFace: linear SVR or SVM, static or dynamic.
    name : str
        The action unit that it predicts, as ``AU01``; the file does not say.

    Returns
    -------
    ActionUnitModel
        The predictor.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, too long, of an unknown type, of another descriptor
        size, or holds values that are not finite.
    """
    fields = BinaryFields(path)
    kind = fields.integer("type number")
    if kind not in _KINDS:
        raise fields.fail(
            f"not an action-unit predictor: type number {kind}, expected one of {sorted(_KINDS)}"
        )
    target, is_dynamic = _KINDS[kind]
    cutoff: float | None = None
    if target is Target.INTENSITY and is_dynamic:
        cutoff = fields.number("cutoff")
        if cutoff != -1.0 and not 0.0 <= cutoff < 1.0:
            raise fields.fail(f"the cutoff should be a quantile from 0 to 1, found {cutoff}")
        cutoff = None if cutoff == -1.0 else cutoff
    means = _vector(fields, "means")
    weights = _vector(fields, "weights")
    bias = fields.number("bias")
    presence_if_positive = True
    if target is Target.PRESENCE:
        classes = (fields.number("positive class"), fields.number("negative class"))
        if sorted(classes) != [0.0, 1.0]:
            raise fields.fail(f"classes of 0 and 1 are expected, found {classes}")
        presence_if_positive = classes[0] == 1.0
    fields.end()
    return ActionUnitModel(
        name, target, is_dynamic, means, weights, bias, cutoff, presence_if_positive
    )


def read_action_unit_list(path: Path, folder: Path | None = None) -> tuple[tuple[Path, str], ...]:
    """Read which predictor file belongs to which action unit.

    Parameters
    ----------
    path : Path
        A list such as ``AU_all_best.txt`` (videos) or ``AU_all_static.txt`` (single images).
    folder : Path or None
        What its file names are relative to, and may not lead out of; None takes its own folder.

    Returns
    -------
    tuple of (Path, str)
        Predictor file and action unit, in the list's order.

    Raises
    ------
    ModelFileError
        If the list is missing, empty or has a line of another form.
    """
    entries: list[tuple[Path, str]] = []
    for number, line in enumerate(read_model_text(path).splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not re.fullmatch("AU[0-9]{2}", words[1]):
            raise ModelFileError(
                path,
                f"line {number} should be a file name and an action unit, found {line[:60]!r}",
                f"{REINSTALL}.",
            )
        relative = PurePosixPath(words[0].replace("\\", "/"))
        if relative.is_absolute() or ".." in relative.parts:
            raise ModelFileError(
                path,
                f"line {number} names a file outside of the list's folder: {words[0]!r}",
                f"{REINSTALL}.",
            )
        file = beside(path, relative) if folder is None else folder / relative
        entries.append((file, words[1]))
    if not entries:
        raise ModelFileError(path, "no predictor is listed", f"{REINSTALL}.")
    return tuple(entries)


def read_action_unit_models(path: Path, folder: Path | None = None) -> ActionUnitModels:
    """Read all predictors that a list names.

    Parameters
    ----------
    path, folder : Path
        See :func:`read_action_unit_list`.

    Returns
    -------
    ActionUnitModels
        The predictors, sorted by action unit.

    Raises
    ------
    ModelFileError
        If the list or one of its files is missing or damaged, or an action unit occurs twice.
    """
    listed = read_action_unit_list(path, folder)
    models = [read_action_unit_model(file, name) for file, name in listed]
    try:
        return ActionUnitModels(
            intensity=tuple(m for m in models if m.target is Target.INTENSITY),
            presence=tuple(m for m in models if m.target is Target.PRESENCE),
        )
    except ValueError as error:
        raise ModelFileError(path, str(error), f"{REINSTALL}.") from error
