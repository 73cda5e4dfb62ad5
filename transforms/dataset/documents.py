"""The two JSON files beside the tables: how the dataset was made, and what its columns mean."""

import json
from collections.abc import Sequence
from typing import Any

from openface_core.errors import OutputError
from openface_core.fields import Column, data_dictionary
from openface_core.media.sources import locate
from transforms.dataset.bucket_files import VIDEO_COLUMN
from transforms.dataset.error_table import ERROR_COLUMNS
from transforms.dataset.provenance import RunProvenance, dataset_description
from transforms.dataset.storage import join, read_whole, write_if_changed

DESCRIPTION_NAME = "dataset_description.json"
DICTIONARY_NAME = "data_dictionary.json"


def _buckets_of(settings: Any) -> int:
    """Return how many files inputs share, by the recorded settings of a run."""
    return int(settings.get("output", {}).get("buckets", 0))


def recorded_buckets(output: str) -> int | None:
    """Return how many files the inputs of an output folder share, 0 where each has its own.

    Parameters
    ----------
    output : str
        The output folder.

    Returns
    -------
    int or None
        None if there is no readable description of a dataset.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    path = join(output, DESCRIPTION_NAME)
    if not locate(path, error=OutputError).exists():
        return None
    try:
        description = json.loads(read_whole(path).read())
        return _buckets_of(description["GeneratedBy"][0]["Settings"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def write_documents(
    output: str,
    provenance: RunProvenance,
    columns: Sequence[Column],
    of_summary: Sequence[Column],
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

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if _buckets_of(provenance.settings):
        columns = (VIDEO_COLUMN, *columns)
    dictionary = {
        "frames": data_dictionary(columns),
        "summary": data_dictionary(of_summary),
        "errors": data_dictionary(ERROR_COLUMNS),
    }
    documents = {
        # First: its presence marks the folder as an output of this program.
        DESCRIPTION_NAME: dataset_description(provenance),
        DICTIONARY_NAME: dictionary,
    }
    for name, content in documents.items():
        text = json.dumps(content, indent=2) + "\n"
        write_if_changed(join(output, name), text.encode())
