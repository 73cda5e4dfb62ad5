"""The stage that puts the tables of many inputs into few files."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.analysis.settings import OutputSettings
from openface_core.errors import RunOverError
from tests.fixtures.stages import elements
from transforms.dataset.layout import bucket_of, bucket_path
from transforms.dataset.table_files import write_work_table
from transforms.stages.write_buckets import WriteBuckets, write_bucket
from transforms.work.folder import local_folders

SETTINGS = OutputSettings(buckets=2)
FRAMES = {"a": 3, "b": 2, "c": 4, "d": 1, "e": 5}


def table_of(folder: Path, video_id: str) -> tuple[str, str]:
    """Write a table to the work folder; returns what goes into the stage."""
    metadata = {"openface_beam": json.dumps({"video_id": video_id})}
    schema = pa.schema([pa.field("frame", pa.int32(), nullable=False)], metadata)
    frames = pa.array(range(1, FRAMES[video_id] + 1), pa.int32())
    path = str(folder / f"{video_id}.arrow")
    write_work_table(path, schema, [pa.Table.from_arrays([frames], schema=schema)])
    return video_id, path


def rows(output: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in output.glob("frames/*/*.parquet"):
        for video_id in pq.ParquetFile(path).read(["video_id"])["video_id"].to_pylist():
            counts[video_id] = counts.get(video_id, 0) + 1
    return counts


def test_every_table_is_in_the_file_of_its_bucket(tmp_path: Path) -> None:
    stage = WriteBuckets(local_folders(str(tmp_path / "out")), SETTINGS)
    paths = elements([table_of(tmp_path, name) for name in FRAMES]) | stage
    numbers = {bucket_of(name, SETTINGS.buckets) for name in FRAMES}
    assert sorted(paths) == [bucket_path(str(tmp_path / "out"), number) for number in (0, 1)]
    assert numbers == {0, 1}
    assert rows(tmp_path / "out") == FRAMES


def test_rows_of_an_earlier_run_stay(tmp_path: Path) -> None:
    stage = WriteBuckets(local_folders(str(tmp_path / "out")), SETTINGS)
    _ = elements([table_of(tmp_path, name) for name in FRAMES]) | stage
    (path,) = elements([table_of(tmp_path, "a")]) | stage
    assert path == bucket_path(str(tmp_path / "out"), bucket_of("a", SETTINGS.buckets))
    assert rows(tmp_path / "out") == FRAMES


def test_nothing_found_writes_nothing(tmp_path: Path) -> None:
    assert (elements([]) | WriteBuckets(local_folders(str(tmp_path / "out")), SETTINGS)) == []
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_over_writes_nothing(tmp_path: Path) -> None:
    over = local_folders(str(tmp_path / "out"), "its mark is gone")
    with pytest.raises(RunOverError, match="another one has begun"):
        write_bucket(0, [table_of(tmp_path, "a")], over, SETTINGS)
    assert not (tmp_path / "out").exists()
