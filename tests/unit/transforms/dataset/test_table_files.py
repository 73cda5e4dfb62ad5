"""What Parquet files hold, and how."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.analysis.settings import OutputSettings
from transforms.dataset.table_files import row_groups, write_row_groups


def table(rows: int) -> pa.Table:
    values = np.random.default_rng(rows).random(rows, dtype=np.float32)
    return pa.table({"frame": np.arange(rows), "x_0": values})


@pytest.mark.parametrize(
    ("rows", "group_rows", "compression"),
    [
        (1, 1000, "UNCOMPRESSED"),
        (127, 1000, "UNCOMPRESSED"),
        (128, 1000, "ZSTD"),
        (2500, 1000, "ZSTD"),
        (2500, 100, "UNCOMPRESSED"),
    ],
)
def test_columns_of_few_rows_are_not_compressed(
    rows: int, group_rows: int, compression: str, tmp_path: Path
) -> None:
    path, settings = tmp_path / "frames.parquet", OutputSettings(row_group_rows=group_rows)
    written = table(rows)
    groups = row_groups([written], group_rows)
    write_row_groups(str(path), written.schema, groups, settings)
    file = pq.ParquetFile(path, page_checksum_verification=True)
    assert file.read().equals(written)
    metadata = file.metadata
    sizes = [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)]
    whole, left = divmod(rows, group_rows)
    assert sizes == [group_rows] * whole + [left] * (left > 0)
    found = {metadata.row_group(k).column(1).compression for k in range(len(sizes))}
    assert found == {compression}


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    path, empty = tmp_path / "frames.parquet", table(0)
    write_row_groups(str(path), empty.schema, row_groups([empty], 10), OutputSettings())
    assert pq.ParquetFile(path).read().equals(empty)
