"""The records that the tables of an output folder carry, whatever run they are from."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OutputError
from openface_core.media.file_state import states_below
from openface_core.media.sources import locate, storage_errors
from transforms.dataset.bucket_files import open_bucket
from transforms.dataset.json_text import parse_json
from transforms.dataset.provenance import METADATA_KEY
from transforms.dataset.seal import is_intact
from transforms.dataset.storage import join

_READERS = 8
"""Reading from remote storage is mostly waiting."""

_FILES_AT_ONCE = 256
"""A record has some 10 kB: those of a large corpus are not held in memory together."""


def table_metadata(path: str) -> dict[str, str]:
    """Return the metadata of a table of its own; none if there is no readable one.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    source = locate(path, error=OutputError)
    if not source.exists():
        return {}
    try:
        with source.open() as file:
            # Nothing is buffered ahead: see transforms.plan.manifest.
            metadata = pq.ParquetFile(file, pre_buffer=False).metadata.metadata or {}
        return {key.decode(): value.decode() for key, value in metadata.items()}
    except (pa.ArrowException, OSError, ValueError):
        return {}


def is_intact_file(path: str, *, sealed: bool) -> bool:
    """Return whether a file of tables is as it was written.

    Parameters
    ----------
    path : str
        The file. Remote storage has checksums of its own, and reading all of it again would take as
        long as the analysis: there, only what opens is taken for intact.
    sealed : bool
        Whether a seal is to be expected: older files have none.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    source = locate(path, error=OutputError)
    if not source.is_local:
        return True
    with storage_errors(path, OutputError), source.open() as file:
        found = is_intact(file)
    return not sealed if found is None else found


def parse_record(text: str | None) -> dict[str, Any] | None:
    """Return a table's record; None if it is none."""
    try:
        record = parse_json(text or "")
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def record_digest(record: Mapping[str, object] | None) -> str | None:
    """Return a hash that tells tables apart by their records; None without a record.

    Returns
    -------
    str or None
        ``"sha256:<hex>"``.
    """
    if record is None:
        return None
    text = json.dumps(record, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def table_states(output: str) -> frozenset[tuple[str, str | None]]:
    """Return what changes when a table of an output folder comes, goes or is replaced.

    No table is opened.

    Parameters
    ----------
    output : str
        The output folder.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    folder = locate(join(output, "frames"), error=OutputError)
    return frozenset(states_below(folder, "frames.parquet").items())


def all_records(output: str) -> Iterator[dict[str, Any]]:
    """Yield the record of every table of an output folder, in the order of their files' names.

    Parameters
    ----------
    output : str
        The output folder.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    folder = locate(join(output, "frames"), error=OutputError)
    if not folder.is_directory():
        return
    paths = [
        join(output, "frames", name, "frames.parquet") for name in sorted(folder.folder_names())
    ]
    with ThreadPoolExecutor(_READERS) as readers:
        for begin in range(0, len(paths), _FILES_AT_ONCE):
            for texts in readers.map(_records_in, paths[begin : begin + _FILES_AT_ONCE]):
                yield from (record for text in texts if (record := parse_record(text)) is not None)


def _records_in(path: str) -> list[str | None]:
    """Return the records of the inputs whose rows are in a file."""
    if not PurePosixPath(path).parent.name.startswith("bucket="):
        return [table_metadata(path).get(METADATA_KEY)]
    reader = open_bucket(path)
    if reader is None:
        return []
    reader.close()
    return [entry.metadata.get(METADATA_KEY) for entry in reader.entries.values()]
