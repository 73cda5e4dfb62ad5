"""Parquet files whose bytes depend on their rows alone, not on how these arrive."""

from collections.abc import Iterable, Iterator
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.settings import OutputSettings
from transforms.storage import write_whole


def row_groups(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of so many rows each, the last one excepted."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows).combine_chunks()
            waiting, count = [joined.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def write_row_groups(
    path: str, schema: pa.Schema, groups: Iterable[pa.Table], settings: OutputSettings
) -> int:
    """Write a Parquet file that appears whole or not at all, one row group at a time.

    Parameters
    ----------
    path : str
        The file.
    schema : pyarrow.Schema
        Its columns, with the metadata of the whole file.
    groups : iterable of pyarrow.Table
        Its row groups.
    settings : OutputSettings
        Size of row groups, and compression.

    Returns
    -------
    int
        Size of the file in bytes.

    Raises
    ------
    OutputError
        If storage refuses.
    """

    def write(file: IO[bytes]) -> None:
        with pq.ParquetWriter(
            file, schema, compression="zstd", compression_level=settings.zstd_level
        ) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=settings.row_group_rows)

    return write_whole(path, write)
