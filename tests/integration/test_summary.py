"""The summary of a dataset through runs that go on, fail, or are killed before they write it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from transforms.dataset.layout import summary_path

LENGTHS = {"a": 4, "b": 5, "c": 3}


@pytest.fixture
def arguments(tmp_path: Path, models_folder: Path) -> RunArguments:
    (tmp_path / "in").mkdir()
    for seed, (name, count) in enumerate(LENGTHS.items()):
        write_clip(tmp_path / "in" / f"{name}.mp4", count, seed)
        success = [k != 1 for k in range(count)]
        write_landmarks(tmp_path / "points" / f"{name}.csv", face_clip(count, seed)[1], success)
    return RunArguments(
        inputs=(str(tmp_path / "in"),),
        output=str(tmp_path / "out"),
        models=str(models_folder),
        landmarks=str(tmp_path / "points"),
        quiet=True,
        beam=("--direct_running_mode=in_memory",),
    )


def shared_files(arguments: RunArguments) -> RunArguments:
    config = Path(arguments.output).parent / "shared.toml"
    config.write_text("name = 'shared'\n[output]\nbuckets = 2\n")
    return replace(arguments, config=str(config))


def rows(arguments: RunArguments) -> list[dict[str, Any]]:
    return pq.ParquetFile(summary_path(arguments.output)).read().to_pylist()


@pytest.mark.parametrize("buckets", [False, True], ids=["own files", "shared files"])
def test_one_row_per_video_whatever_run_it_is_from(buckets: bool, arguments: RunArguments) -> None:
    arguments = shared_files(arguments) if buckets else arguments
    folder = Path(arguments.inputs[0])
    for name in "ba":
        run(replace(arguments, inputs=(str(folder / f"{name}.mp4"),)))
    assert [row["video_id"] for row in rows(arguments)] == ["a", "b"]
    summary = run(arguments)
    assert (summary.inputs_written, summary.inputs_finished) == (1, 2)
    assert summary.inputs_with_few_frames == 3
    assert "\n3 of 3 inputs are calibrated on fewer than 300 frames, so that" in str(summary)
    assert "and null in 3 that have fewer than 10 (--calibration person" in str(summary)
    found = rows(arguments)
    assert [row["frames"] for row in found] == list(LENGTHS.values())
    assert [row["success_rate"] for row in found] == [(n - 1) / n for n in LENGTHS.values()]
    assert [row["calibration_frames"] for row in found] == [2, 3, 2]
    assert {row["calibration_is_short"] for row in found} == {True}
    assert found[0]["seconds"] == pytest.approx(4 / 30, rel=1e-3)  # the container's clock ticks


def test_a_table_kept_of_an_input_that_fails_is_not_counted(arguments: RunArguments) -> None:
    run(arguments)
    (Path(arguments.inputs[0]) / "a.mp4").write_bytes(b"no video")
    summary = run(arguments)
    assert (summary.inputs_finished, summary.inputs_failed) == (2, 1)
    assert [row["video_id"] for row in rows(arguments)] == ["a", "b", "c"]
    assert (summary.inputs_with_few_frames, summary.inputs_withheld) == (2, 2)


def test_means_are_those_of_the_table(arguments: RunArguments) -> None:
    run(arguments)
    row = rows(arguments)[1]
    frames = pq.read_table(f"{arguments.output}/frames/video_id=b/frames.parquet").to_pandas()
    good = frames[frames["success"]]
    names = [name for name in row if name.startswith("AU")]
    assert len(names) > 40
    dictionary = Path(f"{arguments.output}/data_dictionary.json").read_text()
    relative = json.loads(dictionary)["frames"]
    for name in names:
        au, kind, what = name.split("_", 2)
        if relative[f"{au}_{kind}"]["relative_to_person"]:  # three frames calibrate it
            assert row[name] is None, name
            assert good[f"{au}_{kind}"].isna().all()
            continue
        values = good[f"{au}_{kind}"].astype(float)
        expected = {"mean": values.mean(), "sd": values.std()}.get(what, 100 * values.mean())
        assert row[name] == pytest.approx(expected, abs=1e-6), name


@pytest.mark.parametrize("buckets", [False, True], ids=["own files", "shared files"])
@pytest.mark.parametrize("left", [None, b"", b"of an earlier run"], ids=["none", "empty", "old"])
def test_a_run_killed_before_the_summary_is_repaired_by_the_next(
    left: bytes | None, buckets: bool, arguments: RunArguments
) -> None:
    arguments = shared_files(arguments) if buckets else arguments
    run(arguments)
    path = Path(summary_path(arguments.output))
    before = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    tables = {p: p.stat().st_mtime_ns for p in Path(arguments.output).rglob("frames.parquet")}
    assert run(arguments).inputs_finished == 3
    assert path.read_bytes() == before
    assert {p: p.stat().st_mtime_ns for p in tables} == tables
    written = path.stat().st_mtime_ns
    run(arguments)
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize("buckets", [False, True], ids=["own files", "shared files"])
def test_an_input_that_fails_keeps_its_row(buckets: bool, arguments: RunArguments) -> None:
    arguments = shared_files(arguments) if buckets else arguments
    run(arguments)
    (Path(arguments.inputs[0]) / "b.mp4").write_bytes(b"no video any more")
    assert run(arguments).inputs_failed == 1
    assert [row["video_id"] for row in rows(arguments)] == ["a", "b", "c"]


def test_a_dataset_of_failures_has_an_empty_summary(arguments: RunArguments) -> None:
    for path in Path(arguments.inputs[0]).iterdir():
        path.write_bytes(b"no video")
    assert run(arguments).inputs_failed == 3
    table = pq.ParquetFile(summary_path(arguments.output)).read()
    assert table.num_rows == 0
    assert "AU12_r_mean" in table.column_names


def test_the_camera_is_told_and_another_one_is_another_analysis(arguments: RunArguments) -> None:
    run(arguments)
    assert {row["camera_is_assumed"] for row in rows(arguments)} == {True}
    assumed = {row["camera"] for row in rows(arguments)}
    named = replace(arguments, camera="300,300,80,60")
    assert run(named).inputs_written == 3
    assert {(row["camera"], row["camera_is_assumed"]) for row in rows(named)} == {
        ("300,300,80,60", False)
    }
    assert "300,300,80,60" not in assumed
    assert run(named).inputs_finished == 3
    outside = run(replace(arguments, camera="300,300,8000,60"))
    assert outside.inputs_failed == 3
    errors = pq.read_table(f"{arguments.output}/errors.parquet").to_pylist()
    assert "lies outside of its upright frames" in errors[0]["reason"]
