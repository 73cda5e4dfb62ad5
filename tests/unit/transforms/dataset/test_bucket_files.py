"""Files that inputs share, without any video behind them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.analysis.settings import OutputSettings
from openface_core.errors import OutputError, WorkFileError
from openface_core.fields import Column, frame_schema
from transforms.dataset.bucket_files import VIDEO_COLUMN, check_update, open_bucket, update_bucket
from transforms.dataset.bucket_record import BucketEntry, pack_entries, unpack_entries
from transforms.dataset.error_table import write_error_table
from transforms.dataset.layout import bucket_path, summary_path
from transforms.dataset.table_files import row_groups, write_work_table
from transforms.problems import Problem

OUTPUT = OutputSettings(row_group_rows=7)
COLUMNS = (
    Column("frame", pa.int32(), "1", "number of the frame", False),
    Column("timestamp", pa.float64(), "s", "time of the frame"),
    Column("AU01_r", pa.float32(), "1", "intensity"),
    Column("AU01_c", pa.bool_(), "1", "presence"),
)
MODELS = {f"model {k}": "00" * 32 for k in range(40)}


def metadata(video_id: str) -> dict[str, str]:
    record = {"video_id": video_id, "models_sha256": MODELS, "settings": {"name": "n"}}
    return {
        "openface_beam": json.dumps(record, sort_keys=True),
        "openface_beam.video_id": video_id,
    }


def table_of(video_id: str, rows: int, version: int = 0) -> pa.Table:
    """Return a table in which every third frame has no face, other numbers for each version."""
    rng = np.random.default_rng([version, *video_id.encode()])
    lost = np.arange(rows) % 3 == 2
    arrays = [
        pa.array(np.arange(1, rows + 1, dtype=np.int32)),
        pa.array(rng.random(rows)),
        pa.array(rng.random(rows, dtype=np.float32), mask=lost),
        pa.array(rng.random(rows) > 0.5, mask=lost),
    ]
    return pa.Table.from_arrays(arrays, schema=frame_schema(COLUMNS, metadata(video_id)))


def write_table(folder: Path, video_id: str, rows: int, version: int = 0) -> str:
    table = table_of(video_id, rows, version)
    path = str(folder / f"{video_id}.{version}.arrow")
    write_work_table(path, table.schema, row_groups([table], 3))
    return path


def written(folder: Path, videos: dict[str, tuple[int, int]]) -> dict[str, str]:
    return {key: write_table(folder, key, *form) for key, form in videos.items()}


def update(path: Path, tables: dict[str, str]) -> None:
    update_bucket(str(path), tables, OUTPUT)


def rows_by_video(path: Path) -> dict[str, pa.Table]:
    table = pq.ParquetFile(path).read()
    assert table.column_names[0] == "video_id"
    names = table["video_id"].to_pylist()
    assert names == sorted(names)
    wanted = dict.fromkeys(names)
    return {
        name: table.filter(pa.compute.field("video_id") == name).drop_columns(["video_id"])
        for name in wanted
    }


def test_rows_are_those_of_the_inputs(tmp_path: Path) -> None:
    videos = {"b": (5, 0), "a": (20, 0), "empty": (0, 0), "c": (1, 0)}
    path = tmp_path / "shared.parquet"
    update(path, written(tmp_path, videos))
    found = rows_by_video(path)
    assert list(found) == ["a", "b", "c"]
    for name, rows in found.items():
        assert rows.equals(table_of(name, *videos[name]))
    file = pq.ParquetFile(path)
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.metadata.num_row_groups)]
    assert sizes == [7, 7, 7, 5]
    column = file.metadata.row_group(0).column(0)
    assert column.compression == "UNCOMPRESSED"
    assert "RLE_DICTIONARY" in column.encodings
    schema = file.schema_arrow
    assert schema.field(0) == VIDEO_COLUMN.field()
    assert list(schema)[1:] == list(frame_schema(COLUMNS))
    assert [field.metadata for field in schema][1:] == [
        field.metadata for field in frame_schema(COLUMNS)
    ]


def test_the_record_is_that_of_the_inputs(tmp_path: Path) -> None:
    path = tmp_path / "shared.parquet"
    update(path, written(tmp_path, {"b": (5, 0), "a": (2, 0), "none": (0, 0)}))
    reader = open_bucket(str(path))
    assert reader is not None
    assert reader.entries == {
        "a": BucketEntry(2, metadata("a")),
        "b": BucketEntry(5, metadata("b")),
        "none": BucketEntry(0, metadata("none")),
    }
    reader.close()


videos_of_a_run = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.integers(0, 17), st.integers(0, 3)), max_size=6
)


@settings(max_examples=25, deadline=None)
@given(st.lists(videos_of_a_run, min_size=1, max_size=4))
def test_the_same_bytes_in_however_many_runs(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[dict[str, tuple[int, int]]],
) -> None:
    folder = tmp_path_factory.mktemp("bucket")
    at_once: dict[str, tuple[int, int]] = {}
    for videos in runs:
        update(folder / "stepwise", written(folder, videos))
        at_once |= videos
    update(folder / "at_once", written(folder, at_once))
    assert (folder / "stepwise").exists() == (folder / "at_once").exists() == bool(at_once)
    if at_once:
        assert (folder / "stepwise").read_bytes() == (folder / "at_once").read_bytes()


def test_a_file_of_which_nothing_changes_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "shared.parquet"
    update(path, {})
    assert not path.exists()
    update(path, written(tmp_path, {"a": (3, 0)}))
    before = path.stat().st_mtime_ns, path.stat().st_ino
    update(path, {})
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shared.parquet"
    update(path, written(tmp_path, {"a": (3, 0), "b": (3, 0)}))
    before = path.read_bytes()
    other = table_of("b", 4).drop_columns(["AU01_c"])
    write_work_table(f"{tmp_path}/other", other.schema, [other])
    with pytest.raises(OutputError, match="rows of a have other columns") as caught:
        update(path, {"b": f"{tmp_path}/other"})
    assert caught.value.remedy.endswith(".")
    assert path.read_bytes() == before
    update(path, {"a": f"{tmp_path}/other", "b": f"{tmp_path}/other"})
    assert rows_by_video(path)["b"].equals(other)


def test_other_columns_are_refused_before_anything_is_analysed(tmp_path: Path) -> None:
    path = Path(bucket_path(str(tmp_path), 0))
    path.parent.mkdir(parents=True)
    update(path, written(tmp_path, {"a": (3, 0), "b": (3, 0)}))
    check_update(str(tmp_path), 1, frame_schema(COLUMNS), ["b"])
    check_update(str(tmp_path), 1, frame_schema(COLUMNS[:-1]), ["b", "a"])
    check_update(f"{tmp_path}/new", 1, frame_schema(COLUMNS), ["b"])
    with pytest.raises(OutputError, match="rows of a have other columns"):
        check_update(str(tmp_path), 1, frame_schema(COLUMNS[:-1]), ["b"])


def shared_file(output: Path) -> Path:
    """Write a shared file of ``a`` and ``b``, and the summary that names them."""
    path = Path(bucket_path(str(output), 0))
    path.parent.mkdir(parents=True)
    update(path, written(output, {"a": (30, 0), "b": (30, 0)}))
    pq.write_table(pa.table({"video_id": ["a", "b"], "uri": ["a.mp4", "b.mp4"]}), summary(output))
    return path


def summary(output: Path) -> str:
    return summary_path(str(output))


def check(output: Path, *video_ids: str) -> None:
    check_update(str(output), 1, frame_schema(COLUMNS), video_ids)


def test_a_file_without_its_end_is_not_replaced_by_some_of_its_inputs(tmp_path: Path) -> None:
    path = shared_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-50])
    for names in (["b"], ["c"]):
        with pytest.raises(OutputError, match="the rows of a"):
            check(tmp_path, *names)
    check(tmp_path, "a", "b")
    Path(summary(tmp_path)).unlink()
    write_error_table(str(tmp_path), [Problem.damaged_table("b", "b.mp4", str(path))])
    with pytest.raises(OutputError, match="the rows of b in it would be lost"):
        check(tmp_path, "a")
    path.unlink()
    check(tmp_path, "a")


def test_damage_is_not_sealed_as_good(tmp_path: Path) -> None:
    path = shared_file(tmp_path)
    content = bytearray(path.read_bytes())
    place = content.index(b"openface_beam.seal") + 40  # no reader sees anything of this
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(OutputError, match="the rows of a in it would be lost"):
        check(tmp_path, "b")
    with pytest.raises(OutputError, match="the rows of a in it would be lost"):
        update(path, written(tmp_path, {"b": (3, 1)}))
    assert path.read_bytes() == content
    check(tmp_path, "a", "b")
    update(path, written(tmp_path, {"a": (3, 1), "b": (3, 1)}))
    check(tmp_path, "b")


def test_a_record_that_differs_from_its_copy_is_damaged(tmp_path: Path) -> None:
    path = shared_file(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"rows": 30', b'"rows": 31', 1))
    assert open_bucket(str(path)) is None


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no table at all"])
def test_a_damaged_file_is_made_anew(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "shared.parquet"
    path.write_bytes(damage)
    assert open_bucket(str(path)) is None
    update(path, written(tmp_path, {"a": (3, 0)}))
    assert rows_by_video(path)["a"].equals(table_of("a", 3))


def test_a_file_whose_record_does_not_fit_is_none(tmp_path: Path) -> None:
    table = table_of("a", 5).add_column(0, "video_id", pa.array(["a"] * 5))
    for entries in ({"a": BucketEntry(4, {})}, {}):
        content = table.replace_schema_metadata(pack_entries(entries))
        pq.write_table(content, tmp_path / "wrong.parquet")
        assert open_bucket(str(tmp_path / "wrong.parquet")) is None
    pq.write_table(table, tmp_path / "wrong.parquet")
    assert open_bucket(str(tmp_path / "wrong.parquet")) is None


def test_a_damaged_table_of_the_work_folder(tmp_path: Path) -> None:
    tables = written(tmp_path, {"a": (3, 0)})
    Path(tables["a"]).write_bytes(Path(tables["a"]).read_bytes()[:-40])
    with pytest.raises(WorkFileError):
        update(tmp_path / "shared.parquet", tables)
    Path(tables["a"]).unlink()
    with pytest.raises(OutputError):
        update(tmp_path / "shared.parquet", tables)
    assert not (tmp_path / "shared.parquet").exists()


class TestRecord:
    def test_what_inputs_share_is_kept_once(self) -> None:
        entries = {f"v{k}": BucketEntry(k, metadata(f"v{k}")) for k in range(50)}
        packed = pack_entries(entries)
        assert unpack_entries({k.encode(): v.encode() for k, v in packed.items()}) == entries
        (text,) = packed.values()
        assert text.count("model 7") == 1

    @given(
        st.dictionaries(
            st.text(max_size=9),
            st.dictionaries(
                st.text(max_size=9),
                st.text(max_size=9)
                | st.sampled_from(['{"a": {"$shared": 7}}', '{"a":1}', "{}", "[]", "1", "NaN"]),
            ),
        )
    )
    def test_any_metadata_comes_back_as_it_was(self, given_metadata: dict[str, Any]) -> None:
        entries = {key: BucketEntry(3, values) for key, values in given_metadata.items()}
        packed = {k.encode(): v.encode() for k, v in pack_entries(entries).items()}
        found = unpack_entries(packed)
        assert found == entries
        assert list(found) == sorted(entries)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{}",
            "[]",
            "null",
            '{"shared": [], "videos": {"a": 1}}',
            '{"shared": [], "videos": {"a": {"rows": 1e999, "metadata": {}}}}',
            '{"shared": [], "videos": {"a": {"rows": 1, "metadata": {"k": {"": {"$shared": 0}}}}}}',
        ],
    )
    def test_what_is_no_record(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - any wording will do
            unpack_entries({b"openface_beam.videos": text.encode()})
