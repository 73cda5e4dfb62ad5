"""Writers of action-unit predictors and of the lists that name them, in OpenFace's form."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target
from openface_core.model_files.binary_fields import FLOAT16_CODE

_TYPES = {
    (Target.INTENSITY, False): 0,
    (Target.INTENSITY, True): 1,
    (Target.PRESENCE, False): 4,
    (Target.PRESENCE, True): 5,
}
_NO_CUTOFF = -1.0


def file_name(model: ActionUnitModel) -> str:
    """Return the name of a predictor's file, as ``AU01_intensity_dynamic.dat``."""
    kind = "dynamic" if model.is_dynamic else "static"
    return f"{model.name}_{model.target.value}_{kind}.dat"


def _vector(values: NDArray[np.floating], *, is_row: bool) -> bytes:
    shape = (1, values.size) if is_row else (values.size, 1)
    return struct.pack("<iii", *shape, FLOAT16_CODE) + values.astype("<f2").tobytes()


def predictor_bytes(model: ActionUnitModel) -> bytes:
    """Return the content of a predictor's file; means and weights in half precision."""
    parts = [struct.pack("<i", _TYPES[model.target, model.is_dynamic])]
    if model.target is Target.INTENSITY and model.is_dynamic:
        parts.append(struct.pack("<d", _NO_CUTOFF if model.cutoff is None else model.cutoff))
    parts += [_vector(model.means, is_row=True), _vector(model.weights, is_row=False)]
    parts.append(struct.pack("<d", model.bias))
    if model.target is Target.PRESENCE:
        classes = (1.0, 0.0) if model.presence_if_positive else (0.0, 1.0)
        parts.append(struct.pack("<dd", *classes))
    return b"".join(parts)


def write_predictors(lists: Mapping[str, ActionUnitModels], folder: Path, below: str) -> None:
    """Write lists of predictors, and each predictor once.

    Parameters
    ----------
    lists : Mapping of str to ActionUnitModels
        The predictors by the file name of the list.
    folder : Path
        Where the lists go.
    below : str
        Folder below it for the predictors; all else in there is removed.
    """
    place = folder / below
    place.mkdir(parents=True, exist_ok=True)
    written: set[str] = set()
    for list_name, models in lists.items():
        lines = []
        for model in models.all_models:
            name = file_name(model)
            (place / name).write_bytes(predictor_bytes(model))
            written.add(name)
            lines.append(f"{below}/{name} {model.name}")
        (folder / list_name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for path in place.glob("*.dat"):
        if path.name not in written:
            path.unlink()
