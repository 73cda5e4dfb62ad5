"""Readers for OpenFace's action-unit predictors (``.dat``) and the lists that name them.

References
----------
``FaceAnalyser::ReadRegressor`` and the ``Read`` functions of the SVR and SVM classes, OpenFace 2.2.
"""

import re
import struct
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from openface_core.action_unit_models import (
    DESCRIPTOR_SIZE,
    ActionUnitModel,
    ActionUnitModels,
    Target,
)
from openface_core.errors import ModelFileError
from openface_core.model_files.content import REINSTALL, read_model_bytes, read_model_text

_KINDS = {
    0: (Target.INTENSITY, False),
    1: (Target.INTENSITY, True),
    4: (Target.PRESENCE, False),
    5: (Target.PRESENCE, True),
}
"""The file's type number: (what is predicted, whether the running median is subtracted)."""

_OPENCV_FLOAT64 = 6


class _Content:
    """The little-endian fields of a ``.dat`` file, one after another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = read_model_bytes(path)
        self._position = 0

    def fail(self, cause: str) -> ModelFileError:
        return ModelFileError(self._path, cause, f"{REINSTALL}.")

    def _take(self, size: int, what: str) -> bytes:
        field = self._content[self._position : self._position + size]
        if len(field) < size:
            raise self.fail(
                f"the file is truncated: after {len(self._content)} bytes it ends within the {what}"
            )
        self._position += size
        return field

    def integer(self, what: str) -> int:
        (value,) = struct.unpack("<i", self._take(4, what))
        return int(value)

    def number(self, what: str) -> float:
        (value,) = struct.unpack("<d", self._take(8, what))
        if not np.isfinite(value):
            raise self.fail(f"the {what} is not a finite number")
        return float(value)

    def vector(self, what: str) -> NDArray[np.float64]:
        rows, columns, code = struct.unpack("<iii", self._take(12, f"{what}' header"))
        if code != _OPENCV_FLOAT64:
            raise self.fail(
                f"the {what} should be of type {_OPENCV_FLOAT64} (float64), found {code}"
            )
        if min(rows, columns) != 1 or max(rows, columns) != DESCRIPTOR_SIZE:
            raise self.fail(
                f"the {what} should be {DESCRIPTOR_SIZE} numbers "
                f"(4464 FHOG and 238 geometry), found {rows} x {columns}"
            )
        values = np.frombuffer(self._take(8 * DESCRIPTOR_SIZE, what), dtype="<f8")
        if not np.isfinite(values).all():
            raise self.fail(f"the {what} hold values that are not finite")
        return values.astype(np.float64)

    def end(self) -> None:
        rest = len(self._content) - self._position
        if rest:
            raise self.fail(f"{rest} bytes follow the end of the model")


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
    content = _Content(path)
    kind = content.integer("type number")
    if kind not in _KINDS:
        raise content.fail(
            f"not an action-unit predictor: type number {kind}, expected one of {sorted(_KINDS)}"
        )
    target, is_dynamic = _KINDS[kind]
    cutoff: float | None = None
    if target is Target.INTENSITY and is_dynamic:
        cutoff = content.number("cutoff")
        if cutoff != -1.0 and not 0.0 <= cutoff < 1.0:
            raise content.fail(f"the cutoff should be a quantile from 0 to 1, found {cutoff}")
        cutoff = None if cutoff == -1.0 else cutoff
    means = content.vector("means")
    weights = content.vector("weights")
    bias = content.number("bias")
    presence_if_positive = True
    if target is Target.PRESENCE:
        classes = (content.number("positive class"), content.number("negative class"))
        if sorted(classes) != [0.0, 1.0]:
            raise content.fail(f"classes of 0 and 1 are expected, found {classes}")
        presence_if_positive = classes[0] == 1.0
    content.end()
    return ActionUnitModel(
        name, target, is_dynamic, means, weights, bias, cutoff, presence_if_positive
    )


def read_action_unit_list(path: Path) -> tuple[tuple[Path, str], ...]:
    """Read which predictor file belongs to which action unit.

    Parameters
    ----------
    path : Path
        A list such as ``AU_all_best.txt`` (videos) or ``AU_all_static.txt`` (single images). Its
        file names are relative to its own folder and may not lead out of it.

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
        entries.append((path.parent / relative, words[1]))
    if not entries:
        raise ModelFileError(path, "no predictor is listed", f"{REINSTALL}.")
    return tuple(entries)


def read_action_unit_models(path: Path) -> ActionUnitModels:
    """Read all predictors that a list names.

    Parameters
    ----------
    path : Path
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
    models = [read_action_unit_model(file, name) for file, name in read_action_unit_list(path)]
    try:
        return ActionUnitModels(
            intensity=tuple(m for m in models if m.target is Target.INTENSITY),
            presence=tuple(m for m in models if m.target is Target.PRESENCE),
        )
    except ValueError as error:
        raise ModelFileError(path, str(error), f"{REINSTALL}.") from error
