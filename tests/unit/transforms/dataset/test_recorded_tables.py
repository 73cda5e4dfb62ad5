"""Tables of a dataset that are read again: whose errors are whose."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.errors import DatasetError, OutputError
from transforms.dataset.bucket_record import BucketEntry, pack_entries
from transforms.dataset.provenance import METADATA_KEY
from transforms.dataset.record_types import wrong_key
from transforms.dataset.recorded_tables import RecordedTable, check_dataset, recorded_tables

ROWS = 1200


@pytest.fixture(params=["own", "shared"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> RecordedTable:
    """A table of three row groups, in a file of its own or not."""
    is_shared = request.param == "shared"
    columns = {"video_id": pa.array(["v"] * ROWS)} if is_shared else {}
    rows = pa.table(columns | {"frame": list(range(ROWS)), "face_id": [0] * ROWS})
    if is_shared:
        rows = rows.replace_schema_metadata(pack_entries({"v": BucketEntry(ROWS, {})}))
    path = tmp_path / "frames.parquet"
    pq.write_table(
        rows, path, row_group_size=400, compression="none", use_dictionary=False,
        write_page_checksum=True,
    )  # fmt: skip
    return RecordedTable("v", str(path), is_shared)


def test_rows(table: RecordedTable) -> None:
    with table.open() as opened:
        assert (opened.columns, opened.rows) == (("frame", "face_id"), ROWS)
        for _ in range(2):
            read = pa.concat_tables(opened.batches())
            assert read["frame"].to_pylist() == list(range(ROWS))
        (names,) = {tuple(batch.column_names) for batch in opened.batches(["face_id"])}
        assert names == ("face_id",)


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "gone"), KeyError("x"), OSError(28, "full")]
)
def test_what_is_done_with_rows_does_not_damage_the_table(
    table: RecordedTable, error: Exception
) -> None:
    def use(_: pa.Table) -> None:
        raise error

    with pytest.raises(type(error)), table.open() as opened:
        list(map(use, opened.batches()))


def test_a_column_of_another_kind_is_damage(table: RecordedTable) -> None:
    with pytest.raises(DatasetError, match="the table is damaged"), table.open():
        pa.array(["x"]).cast(pa.float64())


def test_damage_within_the_rows(table: RecordedTable) -> None:
    path = Path(table.path)
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\xff" * (len(content) - 2500) + content[-2492:])
    with pytest.raises((DatasetError, OutputError), match="damaged"), table.open() as opened:
        list(opened.batches())


def test_a_single_bit_within_the_rows(table: RecordedTable) -> None:
    path = Path(table.path)
    content = bytearray(path.read_bytes())
    content[content.index((700).to_bytes(8, "little"))] ^= 64
    path.write_bytes(content)
    with pytest.raises((DatasetError, OutputError), match="damaged"), table.open() as opened:
        list(opened.batches())


def test_a_table_that_is_none(table: RecordedTable) -> None:
    Path(table.path).write_bytes(b"PAR1 or not")
    with pytest.raises(DatasetError, match="the table is damaged"), table.open():
        pass


def test_a_table_that_is_gone(table: RecordedTable) -> None:
    Path(table.path).unlink()
    with pytest.raises((DatasetError, OutputError)), table.open():
        pass


def test_names_that_are_paths_are_damage(tmp_path: Path) -> None:
    entries = {name: BucketEntry(1, {}) for name in ("../../x", "v")}
    rows = pa.table({"video_id": sorted(entries), "frame": [1, 1]})
    path = tmp_path / "frames" / "bucket=00000" / "frames.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(rows.replace_schema_metadata(pack_entries(entries)), path)
    tables = list(recorded_tables(str(tmp_path)))
    assert [table.video_id for table in tables] == ["bucket=00000", "v"]
    with pytest.raises(DatasetError, match="the table is damaged"):
        tables[0].record()


WRONG = {
    "frames_decoded": None,
    "average_rate_fps": "fast",
    "image_names": "a.png",
    "input_size_bytes": 10**30,
    "frame_width_px": True,
    "video_id": ["v"],
    "settings": [],
}


@pytest.mark.parametrize("key", WRONG)
def test_a_value_of_a_wrong_type_in_the_record_is_named(key: str, tmp_path: Path) -> None:
    path = tmp_path / "frames.parquet"
    metadata = {METADATA_KEY: json.dumps({"video_id": "v", key: WRONG[key]})}
    pq.write_table(pa.table({"frame": [1]}).replace_schema_metadata(metadata), path)
    with pytest.raises(DatasetError) as caught:
        RecordedTable("v", str(path), is_shared=False).record()
    assert caught.value.subject == str(path)
    assert caught.value.cause == f"the value of {key} in its record is damaged"
    assert caught.value.remedy == "Analyse its video again with --force."


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({}, None),
        ({"settings": {"name": "default", "faces": {"follow": "all"}}}, None),
        ({"settings": {"faces": 7}}, "settings.faces"),
        ({"settings": {"models": {"shape": 5, "parts": ["inner"]}}}, "settings.models.shape"),
        ({"faces": [{"face_id": None, "summary": {"frames": 7, "seconds": 0.5}}]}, None),
        ({"faces": [{"face_id": 0}, {"face_id": "b"}]}, "faces.1.face_id"),
        ({"faces": [{"summary": {"AU01_r_mean": "low"}}]}, "faces.0.summary.AU01_r_mean"),
        ({"faces": {"0": {}}}, "faces"),
        ({"models_sha256": {"a.txt": None}}, "models_sha256.a.txt"),
        ({"of a later version": object()}, None),
    ],
)
def test_where_a_record_is_wrong(record: dict[str, Any], key: str | None) -> None:
    assert wrong_key(record) == key


def test_what_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, cause in {
        "none": "there is no such folder",
        "file": "it is no folder",
        "": "it is no dataset: there is no dataset_description.json of this program",
    }.items():
        with pytest.raises(DatasetError) as caught:
            check_dataset(str(tmp_path / name))
        assert caught.value.cause == cause
