"""The models that aligned faces and descriptors need once more, wherever they are now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openface_core.analysis.model_set import ModelSelection
from openface_core.errors import ModelFileError
from openface_core.exports.face_pictures import FacePictures
from openface_core.exports.models_used import refinement_of
from openface_core.faces import FaceMeter
from openface_core.landmarks.conventions import LANDMARK_COUNT
from openface_core.model_files import read_pdm, read_triangulation


@dataclass(frozen=True)
class ShapeFiles:
    """Files of the shape model and of the face mask.

    Parameters
    ----------
    shape, triangulation : Path
        The files.
    """

    shape: Path
    triangulation: Path


@lru_cache(maxsize=4)
def _meter(
    files: ShapeFiles,
    shift_average: bool,
    fits_anew: bool,
    starts_from_fits: bool,
    place_independent: bool,
) -> FaceMeter:
    pdm = read_pdm(files.shape, LANDMARK_COUNT)
    triangles = read_triangulation(files.triangulation, LANDMARK_COUNT)
    meter = FaceMeter(pdm, triangles, shift_average, fits_anew=fits_anew).at_any_roll()
    if starts_from_fits:
        meter = meter.from_known_fits()
    return meter.near_faces() if place_independent else meter


def _selected(record: Mapping[str, Any]) -> ModelSelection:
    models = _settings(record, "models")
    known = {name: models[name] for name in ("shape", "triangulation") if name in models}
    return ModelSelection(**known)


def _settings(record: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    settings = record.get("settings")
    found = settings.get(section) if isinstance(settings, dict) else None
    return found if isinstance(found, dict) else {}


def needed_models(record: Mapping[str, Any]) -> tuple[tuple[str, str | None], ...]:
    """Return the names of the shape model and the triangulation of a table, and their SHA-256."""
    hashes = record.get("models_sha256")
    known: Mapping[str, str] = hashes if isinstance(hashes, dict) else {}
    selected = _selected(record)
    return tuple(
        (name, next((text for path, text in known.items() if Path(path).name == name), None))
        for name in (Path(selected.shape).name, Path(selected.triangulation).name)
    )


def missing_models(video_id: str, record: Mapping[str, Any]) -> ModelFileError:
    """Return the error that says which models are not there."""
    names = " and ".join(name for name, _ in needed_models(record))
    return ModelFileError(
        video_id,
        f"its faces were aligned with {names}, which are not there in the same version",
        "Name the folder that they are in with --models.",
    )


def face_pictures(record: Mapping[str, Any], files: ShapeFiles) -> FacePictures:
    """Return what aligns the faces of a table as its analysis did.

    Parameters
    ----------
    record : mapping
        How the table was made.
    files : ShapeFiles
        The models.

    Raises
    ------
    ModelFileError
        If a file is damaged.
    """
    given = record.get("landmarks_uri") is not None
    has_experts = refinement_of(record) is not None
    follows_network = bool(_settings(record, "refinement").get("follow_network", False))
    shift_average = bool(_settings(record, "alignment").get("shift_average", False))
    # As in openface_core.analysis.engine, where given landmarks are taken for exact.
    fits_anew = has_experts and not follows_network and not given
    refinement = _settings(record, "refinement")
    meter = _meter(
        files,
        shift_average and not given,
        fits_anew,
        not refinement.get("rounded_as_openface", True),
        fits_anew and bool(refinement.get("place_independent", False)),
    )
    return FacePictures(meter)


def find_files(
    needed: Iterable[tuple[str, str | None]], found: Mapping[tuple[str, str], Path]
) -> ShapeFiles | None:
    """Return the files with these names and hashes; None if one is not there.

    Parameters
    ----------
    needed : iterable of (str, str or None)
        As :func:`needed_models` gives them.
    found : mapping of (str, str) to Path
        Files by their name and SHA-256.
    """
    paths = [found.get((name, digest)) if digest else None for name, digest in needed]
    shape, triangulation = paths
    return None if shape is None or triangulation is None else ShapeFiles(shape, triangulation)
