"""The two JSON files beside the tables: how the dataset was made, and what its columns mean."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from openface_core.action_units.models import ActionUnitModels
from openface_core.errors import OutputError
from openface_core.fields import Column, data_dictionary
from openface_core.media.sources import locate
from transforms.dataset.bucket_files import VIDEO_COLUMN
from transforms.dataset.error_table import ERROR_COLUMNS
from transforms.dataset.json_text import parse_json
from transforms.dataset.persons import PERSON_COLUMNS, are_compared
from transforms.dataset.provenance import SOFTWARE, RunProvenance, dataset_description
from transforms.dataset.run_lock import LOCK_NAME
from transforms.dataset.storage import is_temporary, join, read_whole, write_if_changed
from transforms.dataset.table_records import all_records

DESCRIPTION_NAME = "dataset_description.json"
DICTIONARY_NAME = "data_dictionary.json"
_OWN_NAMES = frozenset(
    (
        ".work",
        "embeddings",
        "errors.parquet",
        "frames",
        "metrics.json",
        "persons.parquet",
        "report",
        "summary.parquet",
        DESCRIPTION_NAME,
        DICTIONARY_NAME,
        LOCK_NAME,
    )
)
"""What runs and reports leave in an output folder."""


def _buckets_of(settings: Any) -> int:
    """Return how many files inputs share, by the recorded settings of a run."""
    return int(settings.get("output", {}).get("buckets", 0))


def _read_description(output: str) -> Any:
    """Return the description of a dataset as it is; None if there is no readable one."""
    path = join(output, DESCRIPTION_NAME)
    if not locate(path, error=OutputError).exists():
        return None
    try:
        return parse_json(read_whole(path).read())
    except ValueError:
        return None


def _own_entry(description: Any) -> dict[str, Any] | None:
    """Return what a description says of this program; None if it does not name it."""
    makers = description.get("GeneratedBy") if isinstance(description, dict) else None
    for maker in makers if isinstance(makers, list) else ():
        if isinstance(maker, dict) and maker.get("Name") == SOFTWARE:
            return maker
    return None


def is_own_dataset(output: str) -> bool:
    """Return whether a folder is an output of this program, by its own documents.

    Every BIDS study has a ``dataset_description.json``, so that its presence says nothing: it has
    to name this program. Where it cannot be read any more, the tables tell; where it is gone, they
    do if there is nothing else.

    Parameters
    ----------
    output : str
        The folder.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if not locate(join(output, DESCRIPTION_NAME), error=OutputError).exists():
        return _is_all_own(output) and next(all_records(output), None) is not None
    description = _read_description(output)
    if description is None:
        return next(all_records(output), None) is not None
    return _own_entry(description) is not None


def _is_all_own(output: str) -> bool:
    """Return whether a folder holds nothing that this program does not write."""
    place = locate(output, error=OutputError)
    if not place.is_directory():
        return False
    names = (*place.names(), *place.folder_names())
    return all(name in _OWN_NAMES or is_temporary(name) for name in names)


def recorded_buckets(output: str) -> int | None:
    """Return how many files the inputs of an output folder share, 0 where each has its own.

    What is there says so, and only where that does not, the description: it may be damaged, and
    rows would count twice if a dataset had files of both forms.

    Parameters
    ----------
    output : str
        The output folder.

    Returns
    -------
    int or None
        None if neither says it.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    folder = locate(join(output, "frames"), error=OutputError)
    names = folder.folder_names() if folder.is_directory() else ()
    kinds = {name.partition("=")[0] for name in names}
    if "bucket" in kinds:
        recorded = _recorded_in_tables(output)
        if recorded:
            return recorded
    elif "video_id" in kinds:
        return 0
    try:
        return _buckets_of((_own_entry(_read_description(output)) or {})["Settings"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _recorded_in_tables(output: str) -> int | None:
    """Return how many files inputs share by the record of a table; None if there is none."""
    for record in all_records(output):
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            if buckets := _buckets_of(record["settings"]):
                return buckets
    return None


def _of_model(is_relative: bool) -> dict[str, Any]:
    """Return what is said of a column of action units: which kind of model its values are from."""
    return {"model": "dynamic" if is_relative else "static", "relative_to_person": is_relative}


def write_documents(
    output: str,
    provenance: RunProvenance,
    columns: Sequence[Column],
    of_summary: Sequence[Column],
    models: ActionUnitModels | None = None,
) -> None:
    """Write ``dataset_description.json`` and ``data_dictionary.json`` where that changes them.

    Parameters
    ----------
    output : str
        Output folder.
    provenance : RunProvenance
        How the run's outputs are made.
    columns : sequence of Column
        Columns of the per-frame table of an input.
    of_summary : sequence of Column
        Columns of the summary.
    models : ActionUnitModels, optional
        The predictors for videos: the dictionary says which columns are relative to the person.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if _buckets_of(provenance.settings):
        columns = (VIDEO_COLUMN, *columns)
    relative = {} if models is None else models.relative_columns
    frames = {
        name: meaning | (_of_model(relative[name]) if name in relative else {})
        for name, meaning in data_dictionary(columns).items()
    }
    dictionary = {
        "frames": frames,
        "summary": data_dictionary(of_summary),
        "errors": data_dictionary(ERROR_COLUMNS),
    }
    if are_compared({"settings": provenance.settings}):
        dictionary["persons"] = data_dictionary(PERSON_COLUMNS)
    documents = {
        # First: it marks the folder as an output of this program.
        DESCRIPTION_NAME: dataset_description(provenance),
        DICTIONARY_NAME: dictionary,
    }
    for name, content in documents.items():
        text = json.dumps(content, indent=2) + "\n"
        write_if_changed(join(output, name), text.encode())
