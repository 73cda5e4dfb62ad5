"""Summary and error table as the records of tables want them, without any video behind them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.analysis.settings import OutputSettings
from openface_core.fields import Column, frame_schema
from transforms.dataset.bucket_files import update_bucket
from transforms.dataset.bucket_record import BucketEntry, pack_entries
from transforms.dataset.completion import complete_dataset, warnings_of
from transforms.dataset.error_table import error_table
from transforms.dataset.layout import bucket_path, errors_path, frames_path, summary_path
from transforms.dataset.summary import rows_of
from transforms.dataset.table_files import write_work_table
from transforms.dataset.table_records import record_digest
from transforms.plan.known_inputs import known_inputs
from transforms.problems import Problem, Severity

COLUMN = Column("frame", pa.int32(), "1", "number of the frame", False)
WARNINGS = ("7 corrupt packets skipped", "the rotation changes within the video")


def uri(video_id: str) -> str:
    return f"in/{video_id}.mp4"


def record(video_id: str, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "video_id": video_id,
        "input_uri": uri(video_id),
        "decoding_warnings": list(warnings),
    }


def warning(video_id: str) -> tuple[Problem, ...]:
    return Problem.decoding_warnings(video_id, uri(video_id), WARNINGS)


def error(video_id: str, stage: str = "decoding") -> Problem:
    return Problem(video_id, uri(video_id), Severity.ERROR, stage, "it is dark", "Shine.")


@pytest.fixture(params=[False, True], ids=["own files", "shared files"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Tables of ``good``, which decoded well, and of ``poor``, which did not."""
    output = str(tmp_path / "out")
    tables = {}
    for video_id, texts in {"good": (), "poor": WARNINGS}.items():
        metadata = {"openface_beam": json.dumps(record(video_id, texts), sort_keys=True)}
        table = pa.table({"frame": [1, 2]}, schema=frame_schema([COLUMN], metadata))
        if request.param:
            tables[video_id] = str(tmp_path / video_id)
            write_work_table(tables[video_id], table.schema, [table])
        else:
            path = Path(frames_path(output, video_id))
            path.parent.mkdir(parents=True)
            pq.write_table(table, path)
    if request.param:
        update_bucket(bucket_path(output, 0), tables, OutputSettings(buckets=1))
    return output


def problems(output: str) -> set[Problem]:
    rows = pq.ParquetFile(errors_path(output)).read().to_pylist()
    return {Problem(**row | {"severity": Severity(row["severity"])}) for row in rows}


def put_errors(output: str, *rows: Problem) -> None:
    """Write an error table as a run may have left it, whatever tables there are by now."""
    pq.write_table(error_table(rows), errors_path(output))


def with_its_table(problem: Problem) -> Problem:
    """Return the row of an input that had a table when it failed, and still has it."""
    return replace(problem, kept_table=record_digest(record(problem.video_id)))


def test_warnings_are_those_of_the_tables(output: str) -> None:
    complete = complete_dataset(output, {"good", "poor"})
    assert complete.problems == warning("poor")
    assert problems(output) == set(warning("poor"))


def test_warnings_of_tables_that_are_gone_go(output: str) -> None:
    put_errors(output, *warning("good"), *warning("gone"))
    complete_dataset(output, ())
    assert problems(output) == set(warning("poor"))


def test_errors_of_inputs_without_a_table_stay(output: str) -> None:
    put_errors(output, error("bad"), error("far", "input"))
    complete_dataset(output, {"good", "poor"})
    assert problems(output) == {error("bad"), error("far", "input"), *warning("poor")}


def test_an_error_that_a_later_table_belies_goes(output: str) -> None:
    put_errors(output, error("good"))
    complete_dataset(output, ())
    assert problems(output) == set(warning("poor"))


@pytest.mark.parametrize("stage", ["input", "decoding", "writing"])
def test_an_error_of_an_input_with_an_older_table_stays_until_it_is_seen_again(
    stage: str, output: str
) -> None:
    row = with_its_table(error("good", stage))
    put_errors(output, row)
    complete_dataset(output, {"poor"})
    assert problems(output) == {row, *warning("poor")}
    complete_dataset(output, {"good"})
    assert problems(output) == set(warning("poor"))


def test_damaged_tables_are_told_and_keep_their_names(output: str) -> None:
    path = min(Path(output).glob("frames/*/frames.parquet"))
    names = ["good"] if "good" in str(path) else ["good", "poor"]
    rows = {"video_id": ["good", "poor"], "uri": ["/in/good.mp4", "/in/poor.mp4"]}
    pq.write_table(pa.table(rows), summary_path(output))
    content = path.read_bytes()
    path.write_bytes(content[:-50])
    for _ in range(2):  # the second time, the error table alone knows the names
        complete = complete_dataset(output, ())
        told = {row for row in complete.problems if row.is_of_damaged_table}
        assert told == {Problem.damaged_table(x, f"/in/{x}.mp4", str(path)) for x in names}
        assert told <= problems(output)
        assert complete.damaged == len(names)
        known = known_inputs(output)
        assert known.at("/in/good.mp4") == "good"
        assert known.has_other("good", "/elsewhere/good.mp4", ())
        Path(summary_path(output)).unlink()
    path.write_bytes(content)
    assert complete_dataset(output, ()).damaged == 0
    assert problems(output) == set(warning("poor"))


def test_a_damaged_file_of_which_nothing_else_is_known_stands_for_its_inputs(output: str) -> None:
    path = min(Path(output).glob("frames/*/frames.parquet"))
    path.write_bytes(b"PAR1")
    for _ in range(2):
        (row,) = (row for row in complete_dataset(output, ()).problems if row.is_of_damaged_table)
        assert row.video_id in ("good", "bucket=00000")
        assert row.uri == str(path)
        assert not known_inputs(output).has_other("good", "/in/good.mp4", ())


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no table at all"])
def test_damaged_files_beside_the_tables_count_as_absent(damage: bytes, output: str) -> None:
    complete_dataset(output, ())
    paths = [Path(errors_path(output)), Path(summary_path(output))]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.write_bytes(damage)
    complete_dataset(output, ())
    assert [path.read_bytes() for path in paths] == before


def test_what_is_right_is_not_touched(output: str) -> None:
    complete_dataset(output, ())
    paths = [Path(errors_path(output)), Path(summary_path(output))]
    before = [path.stat().st_ino for path in paths]
    complete_dataset(output, ())
    assert [path.stat().st_ino for path in paths] == before


@pytest.mark.parametrize(
    "changes", [{"decoding_warnings": None}, {"input_uri": 7}, {"video_id": None}]
)
def test_a_record_of_another_version_tells_nothing(changes: dict[str, Any]) -> None:
    assert warnings_of(record("v", WARNINGS)) == warning("v")
    assert warnings_of(record("v", WARNINGS) | changes) == ()
    assert warnings_of({}) == ()


def test_a_summary_without_frames_is_left_out() -> None:
    face = dict.fromkeys(
        ("face_id", "calibration", "calibration_frames", "calibration_is_short"), 0
    )
    assert len(rows_of(record("v") | {"faces": [face | {"summary": {"frames": 1}}]})) == 1
    assert rows_of(record("v") | {"faces": [face | {"summary": {}}]}) == []


def test_a_record_with_a_value_of_a_wrong_type_is_damage(output: str) -> None:
    """The input keeps its name, and others of the same file are not called damaged."""
    complete_dataset(output, ())
    wrong = record("poor") | {"input_size_bytes": "many"}
    text = json.dumps(wrong, sort_keys=True)
    if (own := Path(frames_path(output, "poor"))).exists():
        path = own
        table = pq.ParquetFile(path).read()
        pq.write_table(table.replace_schema_metadata({"openface_beam": text}), path)
    else:
        path = Path(bucket_path(output, 0))
        table = pq.ParquetFile(path).read()
        right = json.dumps(record("good"), sort_keys=True)
        entries = {
            "good": BucketEntry(2, {"openface_beam": right}),
            "poor": BucketEntry(2, {"openface_beam": text}),
        }
        pq.write_table(table.replace_schema_metadata(pack_entries(entries)), path)
    rows = {"video_id": ["good", "poor"], "uri": ["/in/good.mp4", "/in/poor.mp4"]}
    pq.write_table(pa.table(rows), summary_path(output))
    complete = complete_dataset(output, ())
    assert complete.problems == (Problem.damaged_table("poor", "/in/poor.mp4", str(path)),)
    assert known_inputs(output).at("/in/poor.mp4") == "poor"
