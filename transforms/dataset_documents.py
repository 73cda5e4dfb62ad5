"""The two JSON files beside the tables: how the dataset was made, and what its columns mean."""

import json
from collections.abc import Sequence
from functools import partial
from typing import IO

from openface_core.tables import Column, data_dictionary
from transforms.provenance import RunProvenance, dataset_description
from transforms.storage import join, write_whole
from transforms.write_errors import ERROR_COLUMNS

DESCRIPTION_NAME = "dataset_description.json"
DICTIONARY_NAME = "data_dictionary.json"


def _write_text(file: IO[bytes], text: str) -> None:
    file.write(text.encode())


def write_documents(output: str, provenance: RunProvenance, columns: Sequence[Column]) -> None:
    """Write ``dataset_description.json`` and ``data_dictionary.json``.

    Parameters
    ----------
    output : str
        Output folder.
    provenance : RunProvenance
        How the run's outputs are made.
    columns : sequence of Column
        Columns of the per-frame table.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    dictionary = {"frames": data_dictionary(columns), "errors": data_dictionary(ERROR_COLUMNS)}
    documents = {
        # First: its presence marks the folder as an output of this program.
        DESCRIPTION_NAME: dataset_description(provenance),
        DICTIONARY_NAME: dictionary,
    }
    for name, content in documents.items():
        text = json.dumps(content, indent=2) + "\n"
        write_whole(join(output, name), partial(_write_text, text=text))
