"""Files of tables: Parquet for the dataset, and for the work folder what is read back fastest."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from openface_core.analysis.settings import OutputSettings
from openface_core.errors import OutputError, WorkFileError
from openface_core.media.sources import locate, storage_errors
from transforms.dataset.seal import BLANK, SEAL_KEY, SealedFile
from transforms.dataset.storage import read_work_file, write_if_changed, write_whole

_FEWEST_COMPRESSED_ROWS = 128
"""Columns of fewer numbers do not become smaller, and a compressor for each takes most of the time
that a table of a short clip is written in."""


def row_groups(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of so many rows each, the last one excepted."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            # No name is bound to it: a group is large, and is to go when it is written.
            yield _take_rows(waiting, rows)
            count -= rows
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _take_rows(waiting: list[pa.Table], rows: int) -> pa.Table:
    """Take so many rows from the front of tables and return them as one table."""
    joined = pa.concat_tables(waiting)
    waiting[:] = [joined.slice(rows)]
    return joined.slice(0, rows).combine_chunks()


def write_small_table(path: str, table: pa.Table) -> None:
    """Write a small table as Parquet, unless it is there with the same bytes.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    write_if_changed(path, content.getvalue())


def write_row_groups(
    path: str,
    schema: pa.Schema,
    groups: Iterable[pa.Table],
    settings: OutputSettings,
    scratch: str | None = None,
) -> int:
    """Write a Parquet file that appears whole or not at all, one row group at a time.

    Its bytes depend on the row groups alone. Its pages have checksums, and it is sealed.

    Parameters
    ----------
    path : str
        The file.
    schema : pyarrow.Schema
        Its columns, with the metadata of the whole file.
    groups : iterable of pyarrow.Table
        Its row groups.
    settings : OutputSettings
        Size of row groups, and compression; columns of few rows are not compressed.
    scratch : str or None
        Folder in which it is put together, see :func:`transforms.dataset.storage.write_whole`.

    Returns
    -------
    int
        Size of the file in bytes.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    rest = iter(groups)
    waiting = list(islice(rest, 1))
    is_small = sum(group.num_rows for group in waiting) < _FEWEST_COMPRESSED_ROWS
    # Measurements hardly repeat: dictionaries of them cost a third of the time, and space.
    repeating = [field.name for field in schema if not pa.types.is_floating(field.type)]

    def write(file: IO[bytes]) -> None:
        sealed = SealedFile(file)
        with pq.ParquetWriter(
            sealed,
            schema,
            compression="none" if is_small else "zstd",
            compression_level=None if is_small else settings.zstd_level,
            use_dictionary=repeating,
            write_page_checksum=True,
        ) as writer:
            while waiting:
                # No name is bound to a group, which goes before the next one is put together.
                writer.write_table(waiting.pop(), row_group_size=settings.row_group_rows)
                waiting.extend(islice(rest, 1))
            writer.add_key_value_metadata({SEAL_KEY: BLANK})
        sealed.seal()

    return write_whole(path, write, scratch=scratch)


def write_work_table(path: str, schema: pa.Schema, groups: Iterable[pa.Table]) -> int:
    """Write a table of the work folder and return its size in bytes.

    It is an Arrow file: Parquet takes its time for each of hundreds of columns, whatever the rows.

    Raises
    ------
    OutputError
        If storage refuses.
    """

    def write(file: IO[bytes]) -> None:
        with pa.ipc.new_file(file, schema) as writer:
            for group in groups:
                writer.write_table(group)
                del group

    return write_whole(path, write, durable=False)


@contextmanager
def open_work_table(path: str) -> Iterator[pa.RecordBatchFileReader]:
    """Open a table of the work folder.

    Raises
    ------
    WorkFileError
        If the file is damaged.
    OutputError
        If it cannot be read.
    """
    source = locate(path, error=OutputError)
    try:
        with storage_errors(path, OutputError):
            is_here = source.is_local and source.exists()
            content = pa.memory_map(source.path) if is_here else read_work_file(path)
        with content, pa.ipc.open_file(content) as reader:
            yield reader
    except pa.ArrowException as error:
        raise WorkFileError(path, f"the file is damaged ({error})", "Run again.") from error
