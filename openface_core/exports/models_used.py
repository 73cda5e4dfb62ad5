"""Which models found and followed the faces of a table, as its record says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from openface_core.analysis.model_set import NO_MODEL

_CECLM_EXPERTS = "cen_patches_"


@dataclass(frozen=True)
class ModelsUsed:
    """The models that found landmarks.

    Parameters
    ----------
    detector : str or None
        File of the face detector; None where the record names none.
    network : str or None
        Landmark network; None where patch experts begin in the detector's boxes.
    refinement : str or None
        List of the patch experts; None without any.
    is_ceclm : bool
        Whether they are CE-CLM's.
    witnesses : tuple of str
        Networks that were asked about what patch experts followed.
    """

    detector: str | None
    network: str | None
    refinement: str | None
    is_ceclm: bool
    witnesses: tuple[str, ...]


def refinement_of(record: Mapping[str, Any]) -> str | None:
    """Return the list of the patch experts that took part in a table; None without any."""
    return _used(record, "refinement")


def models_used(record: Mapping[str, Any]) -> ModelsUsed:
    """Return the models that found the landmarks of a table.

    Parameters
    ----------
    record : mapping
        How the table was made.
    """
    detector, refinement = _used(record, "detector"), refinement_of(record)
    is_ceclm = refinement is not None and any(
        name.startswith(_CECLM_EXPERTS) for name in _file_names(record)
    )
    # As in openface_core.face_tracking: hypotheses are tried in the boxes of MTCNN, whose file is
    # a list; a witness, where there is one, asks the network all the same.
    starts_in_boxes = (
        refinement is not None
        and (detector or "").endswith(".txt")
        and bool(_section(record, "refinement").get("hypotheses", False))
        and not _section(record, "refinement").get("follow_network", False)
        and _named(record, "witness") is None
    )
    network = None if starts_in_boxes else _named(record, "landmarks")
    return ModelsUsed(detector, network, refinement, is_ceclm, _witnesses(record))


def _witnesses(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the witnesses that took part: the second one is not in every folder."""
    files = _file_names(record)
    named = (_named(record, key) for key in ("witness", "second_witness"))
    return tuple(name for name in named if name and not files.isdisjoint({name, f"{name}.toml"}))


def _used(record: Mapping[str, Any], kind: str) -> str | None:
    """Return the preferred model of a kind where its file took part, or else the other one."""
    preferred = _named(record, f"preferred_{kind}")
    if preferred is not None and PurePosixPath(preferred).name in _file_names(record):
        return preferred
    return _named(record, kind)


def _named(record: Mapping[str, Any], name: str) -> str | None:
    value = _section(record, "models").get(name, NO_MODEL)
    return None if value == NO_MODEL else str(value)


def _section(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    settings = record.get("settings")
    found = settings.get(name) if isinstance(settings, dict) else None
    return found if isinstance(found, dict) else {}


def _file_names(record: Mapping[str, Any]) -> set[str]:
    hashes = record.get("models_sha256")
    return {PurePosixPath(path).name for path in hashes} if isinstance(hashes, dict) else set()
