"""A run that is planned while others write into the same folder."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models import locate_models
from openface_core.errors import ConfigError, RunOverError
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.metrics import RunMetrics
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.runs.clip_corpus import IN_MEMORY
from transforms.dataset.error_table import read_problems
from transforms.dataset.run_lock import LOCK_NAME, Holder
from transforms.dataset.table_records import all_records
from transforms.stages.extract_shards import extract_shard

FRAMES = 3


@pytest.fixture
def asked(tmp_path: Path, models_folder: Path) -> Callable[..., RunArguments]:
    """Return arguments of runs on inputs of one name, which lie in two folders."""
    for seed, name in enumerate("ab"):
        (tmp_path / name).mkdir()
        write_clip(tmp_path / name / "video.mp4", FRAMES, seed)
        write_landmarks(tmp_path / name / "points" / "video.csv", face_clip(FRAMES, seed)[1])

    def arguments(name: str, **changes: Any) -> RunArguments:
        values: dict[str, Any] = {
            "inputs": (str(tmp_path / name / "video.mp4"),),
            "output": str(tmp_path / "out"),
            "models": str(models_folder),
            "landmarks": str(tmp_path / name / "points"),
            "quiet": True,
        }
        return RunArguments(**(values | changes))

    return arguments


def when_planned(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> list[str]:
    """Have something happen once in the midst of planning; return a list that counts plans."""
    plans: list[str] = []

    def located(*words: Any, **options: Any) -> Any:
        plans.append("plan")
        if len(plans) == 1:
            happens()
        return locate_models(*words, **options)

    monkeypatch.setattr("pipelines.main_job.plan.locate_models", located)
    return plans


def tables(output: str) -> dict[str, str]:
    return {record["video_id"]: record["input_uri"] for record in all_records(output)}


def test_a_name_that_another_run_has_taken_meanwhile(
    asked: Callable[..., RunArguments],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = asked("a", quiet=False), asked("b")
    when_planned(monkeypatch, lambda: run(second))
    assert run(first).inputs_written == 1
    found = tables(first.output)
    assert found == {"video": second.inputs[0], "video.mp4": first.inputs[0]}
    assert "meanwhile; planning anew" in capsys.readouterr().err


def test_an_input_that_another_run_has_finished_meanwhile(
    asked: Callable[..., RunArguments], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = when_planned(monkeypatch, lambda: run(asked("a")))
    summary = run(asked("a"))
    assert (summary.inputs_written, summary.inputs_finished) == (0, 1)
    assert len(plans) == 3


def test_a_plan_that_holds_is_kept(
    asked: Callable[..., RunArguments], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(asked("a"))
    left = Path(asked("a").output) / "frames" / "video_id=video" / f".frames.parquet.{'0' * 32}.tmp"
    left.write_bytes(b"of a killed run")
    plans = when_planned(monkeypatch, lambda: None)
    assert run(asked("a")).inputs_finished == 1
    assert len(plans) == 1
    assert not left.exists()


def test_a_folder_that_has_become_another_form_of_dataset_meanwhile(
    asked: Callable[..., RunArguments], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "shared.toml"
    config.write_text("[output]\nbuckets = 1\n")
    when_planned(monkeypatch, lambda: run(asked("b", config=str(config))))
    with pytest.raises(ConfigError, match=r"output\.buckets = 1, this run has 0"):
        run(asked("a"))
    output = Path(asked("a").output)
    assert tables(str(output)) == {"video": asked("b").inputs[0]}
    assert json.loads((output / "dataset_description.json").read_text())
    assert not [path for path in output.iterdir() if path.name.startswith(".")]


def test_a_run_that_is_refused_leaves_no_folder(
    asked: Callable[..., RunArguments], tmp_path: Path
) -> None:
    output = tmp_path / "new" / "out"
    with pytest.raises(ConfigError, match="no_such"):
        run(asked("a", output=str(output), config="no_such"))
    assert not output.parent.exists()


@pytest.mark.parametrize("beam", [(), IN_MEMORY])
def test_a_run_whose_folder_another_one_takes_over_ends_and_writes_nothing(
    beam: tuple[str, ...], asked: Callable[..., RunArguments], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = asked("a", beam=beam)
    mark = Path(arguments.output) / LOCK_NAME
    other = replace(Holder.here(), token="another").content()

    def taken_over(*words: Any) -> Any:
        mark.write_bytes(other)
        return extract_shard(*words)

    monkeypatch.setattr("transforms.stages.extract_shards.extract_shard", taken_over)
    with pytest.raises(RunOverError, match="another one has begun"):
        run(arguments)
    assert mark.read_bytes() == other
    assert sorted(path.name for path in Path(arguments.output).iterdir()) == [
        LOCK_NAME,
        "data_dictionary.json",
        "dataset_description.json",
    ]


@pytest.mark.parametrize("has_older_table", [False, True])
def test_an_input_without_a_table_of_this_run_is_not_written(
    has_older_table: bool,
    asked: Callable[..., RunArguments],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = asked("a", force=True)
    if has_older_table:
        run(arguments)
    monkeypatch.setattr("pipelines.main_job.analyse.analyse", lambda *_: RunMetrics())
    summary = run(arguments)
    assert (summary.inputs_written, summary.inputs_failed, summary.exit_status) == (0, 1, 1)
    (row,) = read_problems(arguments.output)
    assert (row.video_id, row.reason) == ("video", "no table was written, though nothing failed")
    assert (row.kept_table is not None) == has_older_table


def test_a_runner_that_does_everything_twice(asked: Callable[..., RunArguments]) -> None:
    arguments = asked("a", beam=(*IN_MEMORY, "--direct_runner_bundle_repeat=1"))
    assert run(arguments).inputs_written == 1
    assert tables(arguments.output) == {"video": arguments.inputs[0]}
