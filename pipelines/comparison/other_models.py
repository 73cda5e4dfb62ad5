"""What the bounds of a comparison mean where the models are not OpenFace's."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from models import default_registry
from models.choice import WITHOUT_NETWORKS
from openface_core.analysis.model_set import ModelFiles
from openface_core.model_files import read_action_unit_list


def models_note(files: ModelFiles) -> str | None:
    """Return what a reader must know of bounds that other models than OpenFace's are held to.

    Parameters
    ----------
    files : ModelFiles
        The models of the comparison. Networks do not count: the bounds are for what comes after.

    Returns
    -------
    str or None
        One paragraph; None where shape model, triangles, predictors and the list of these are
        OpenFace's own.
    """
    registry = default_registry()
    own = {file.sha256 for file in registry.packs[WITHOUT_NETWORKS].files}
    used = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in _judged(files)}
    others = [path.name for path, digest in used.items() if digest not in own]
    if not others:
        return None
    packs = [
        pack.name
        for pack in registry.recognise({str(path): digest for path, digest in used.items()})
    ]
    whose = f"those of {', '.join(packs)}" if packs else "of no pack that this program knows"
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return (
        "The bounds are those that this version keeps with OpenFace's own models. Here the models "
        f"are {whose}: not OpenFace's are {others[0]}{more}. A bound that fails says how far they "
        "are from OpenFace's, not that anything is wrong. To check the program, use OpenFace's own "
        "(--models openface22, or its folder)."
    )


def _judged(files: ModelFiles) -> Iterable[Path]:
    """Return the files that what is bounded depends on."""
    listed = read_action_unit_list(files.video_action_units, files.video_predictors)
    lists = (files.video_action_units, *(path for path, _ in listed))
    return (files.shape, files.triangulation, *lists)
