"""Runs into a folder that an earlier run has filled, or was killed over."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from openface_core.errors import OutputError
from tests.fixtures.faces.clips import face_clip, write_landmarks
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from transforms.dataset.run_lock import LOCK_NAME
from transforms.stages import extract_shards

KILLS = 5


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file but the metrics of the last run, temporaries and work files included."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "metrics.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def corpus(tmp_path: Path) -> LandmarkCorpus:
    return LandmarkCorpus(tmp_path)


def test_a_second_run_does_nothing_and_says_so(corpus: LandmarkCorpus) -> None:
    assert corpus.run().inputs_written == 3
    times = {path: path.stat().st_mtime_ns for path in corpus.output.rglob("*")}
    summary = corpus.run()
    assert (summary.inputs_written, summary.inputs_finished) == (0, 3)
    assert str(summary).startswith("Nothing to do")
    assert {path: path.stat().st_mtime_ns for path in corpus.output.rglob("*")} == times


def test_a_new_input_is_added_to_the_others(corpus: LandmarkCorpus) -> None:
    corpus.run()
    corpus.write("d", 7)
    summary = corpus.run()
    assert (summary.inputs, summary.inputs_written, summary.inputs_finished) == (4, 1, 3)
    assert corpus.table("d").exists()


def test_a_changed_video_is_analysed_anew(corpus: LandmarkCorpus) -> None:
    corpus.run()
    corpus.write("b", 8)
    assert corpus.run().inputs_written == 1


def test_a_moved_video_is_not(corpus: LandmarkCorpus) -> None:
    corpus.run()
    shutil.move(corpus.videos, corpus.folder / "elsewhere")
    assert corpus.run(inputs=(str(corpus.folder / "elsewhere"),)).inputs_finished == 3


def test_changed_landmarks_count_as_a_change(corpus: LandmarkCorpus) -> None:
    corpus.run()
    write_landmarks(corpus.points / "c.csv", face_clip(4, 2)[1] + 1)
    assert corpus.run().inputs_written == 1


def test_other_settings_analyse_everything_anew(corpus: LandmarkCorpus) -> None:
    corpus.run()
    assert corpus.run(config="openface22").inputs_written == 3


def test_other_models_analyse_everything_anew(corpus: LandmarkCorpus) -> None:
    corpus.run()
    listed = next(corpus.models.rglob("AU_all_best.txt"))
    listed.write_text("# the same models, another file\n" + listed.read_text())
    assert corpus.run().inputs_written == 3


def test_a_run_says_that_other_tables_were_made_otherwise(corpus: LandmarkCorpus) -> None:
    assert corpus.run().made_otherwise == 0
    clips = [str(corpus.videos / f"{name}.mp4") for name in "ab"]
    mixed = corpus.run(inputs=(clips[0],), calibration="none")
    assert mixed.made_otherwise == 2
    assert "2 tables of this dataset were made with other settings" in str(mixed)
    # The line comes again where there is nothing to do, and goes with its cause.
    assert "2 tables" in str(corpus.run(inputs=(clips[0],), calibration="none"))
    assert "1 table of this dataset was made" in str(
        corpus.run(inputs=(clips[1],), calibration="none")
    )
    last = corpus.run(calibration="none")
    assert (last.made_otherwise, last.inputs_written) == (0, 1)


def test_force_analyses_everything_anew(corpus: LandmarkCorpus) -> None:
    corpus.run()
    before = contents(corpus.output)
    assert corpus.run(force=True).inputs_written == 3
    assert contents(corpus.output) == before


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no table at all"])
def test_a_damaged_table_is_made_again(corpus: LandmarkCorpus, damage: bytes) -> None:
    corpus.run()
    whole = corpus.table("a").read_bytes()
    corpus.table("a").write_bytes(damage)
    assert corpus.run().inputs_written == 1
    assert corpus.table("a").read_bytes() == whole


def test_an_input_out_of_reach_keeps_its_table(corpus: LandmarkCorpus) -> None:
    corpus.run()
    manifest = corpus.folder / "list.csv"
    rows = [f"{name},{corpus.videos}/{name}.mp4,{corpus.points}/{name}.csv" for name in "abc"]
    manifest.write_text("\n".join(["video_id,uri,landmarks", *rows]) + "\n")
    (corpus.videos / "a.mp4").unlink()
    summary = corpus.run(inputs=(str(manifest),), landmarks=None)
    assert (summary.inputs_failed, summary.inputs_finished) == (1, 2)
    assert corpus.table("a").exists()


def test_problems_of_other_inputs_stay_in_the_error_table(corpus: LandmarkCorpus) -> None:
    (corpus.videos / "z.mp4").write_bytes(b"no video")
    write_landmarks(corpus.points / "z.csv", face_clip(4, 0)[1])
    assert corpus.run().inputs_failed == 1
    before = contents(corpus.output)["errors.parquet"]
    corpus.write("d", 7)
    assert corpus.run(inputs=(str(corpus.videos / "d.mp4"),)).inputs_written == 1
    assert contents(corpus.output)["errors.parquet"] == before


def test_a_second_run_at_the_same_time_is_refused(
    corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_extract = extract_shards.extract_shard
    refusals: list[str] = []

    def extract(*arguments: Any) -> Any:
        try:
            corpus.run(inputs=(f"{corpus.videos}/a.mp4",))
        except OutputError as error:
            refusals.append(str(error))
        return really_extract(*arguments)

    monkeypatch.setattr(extract_shards, "extract_shard", extract)
    assert corpus.run().inputs_written == 3
    assert len(refusals) == 3
    assert f"another run works in this folder: process {os.getpid()}" in refusals[0]
    assert not (corpus.output / LOCK_NAME).exists()


@pytest.mark.slow
def test_killed_runs_are_resumed_to_the_same_dataset(corpus: LandmarkCorpus) -> None:
    for seed, name in enumerate("defgh", start=3):
        corpus.write(name, seed, 6)
    undisturbed = corpus.folder / "undisturbed"
    corpus.run(output=str(undisturbed))
    command = [
        sys.executable, "-m", "pipelines.run", "--input", str(corpus.videos), "--landmarks",
        str(corpus.points), "--models", str(corpus.models), "--output", str(corpus.output),
        "--quiet",
    ]  # fmt: skip
    chance = random.Random(20)
    finished_before: dict[str, int] = {}
    for _ in range(KILLS):
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(1.5, 4.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        tables = {
            path.parent.name: path.stat().st_mtime_ns
            for path in corpus.output.glob("frames/*/frames.parquet")
        }
        assert finished_before.items() <= tables.items(), "a finished input was analysed again"
        finished_before = tables
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, timeout=300)
    assert contents(corpus.output) == contents(undisturbed)
