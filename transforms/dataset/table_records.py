"""The records that the tables of an output folder carry, whatever run they are from."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OutputError
from openface_core.media.file_state import states_below
from openface_core.media.sources import locate
from transforms.dataset.bucket_files import open_bucket
from transforms.dataset.provenance import METADATA_KEY
from transforms.dataset.record_types import table_record
from transforms.dataset.seal import agreed_metadata
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
            metadata = agreed_metadata(pq.ParquetFile(file, pre_buffer=False))
        return {key.decode(): value.decode() for key, value in metadata.items()}
    except (pa.ArrowException, OSError, ValueError):
        return {}


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


@dataclass(frozen=True)
class TableFile:
    """A file of tables in an output folder.

    Parameters
    ----------
    folder : str
        Name of the folder that it is in, such as ``video_id=a``.
    records : tuple of dict
        The records of the inputs whose rows are in it.
    is_damaged : bool
        Whether the file is there, and has a record that cannot be read, or none at all.
    """

    folder: str
    records: tuple[dict[str, Any], ...]
    is_damaged: bool


def all_files(output: str) -> Iterator[TableFile]:
    """Yield every file of tables of an output folder, in the order of their names.

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
    names = sorted(folder.folder_names())
    with ThreadPoolExecutor(_READERS) as readers:
        for begin in range(0, len(names), _FILES_AT_ONCE):
            yield from readers.map(
                lambda name: _read(name, join(output, "frames", name, "frames.parquet")),
                names[begin : begin + _FILES_AT_ONCE],
            )


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
    for file in all_files(output):
        yield from file.records


def _read(folder: str, path: str) -> TableFile:
    if folder.startswith("bucket="):
        reader = open_bucket(path)
        if reader is None:
            return TableFile(folder, (), is_damaged=_is_there(path))
        reader.close()
        texts = [entry.metadata.get(METADATA_KEY) for entry in reader.entries.values()]
        records = tuple(record for text in texts if (record := table_record(text)) is not None)
        return TableFile(folder, records, is_damaged=len(records) < len(texts))
    record = table_record(table_metadata(path).get(METADATA_KEY))
    if record is None:
        return TableFile(folder, (), is_damaged=_is_there(path))
    return TableFile(folder, (record,), is_damaged=False)


def _is_there(path: str) -> bool:
    return locate(path, error=OutputError).exists()
