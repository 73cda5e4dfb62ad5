"""A run that finds all tables finished leaves the folder as a run that was never killed does."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.comparison.invariance import hashes
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.runs.clip_corpus import GOP, IN_MEMORY
from tests.fixtures.runs.datasets import assert_nothing_is_left_over
from tests.fixtures.synthetic_models.tiny_networks import write_config
from transforms.dataset.completion import complete_dataset
from transforms.dataset.error_table import earlier_problems, error_table
from transforms.problems import Problem, Severity

FRAMES = 60


@dataclass(frozen=True)
class Corpus:
    """A clip, one without its end, and their dataset."""

    folder: Path
    models: Path

    @property
    def videos(self) -> Path:
        return self.folder / "in"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def config(self) -> Path:
        return self.folder / "settings.toml"

    def write(self, name: str) -> Path:
        frames = face_clip(12)[0] * (FRAMES // 12)
        return write_video(self.videos / f"{name}.mkv", frames, options=GOP)

    def run(self, *, force: bool = False) -> RunSummary:
        return run(
            RunArguments(
                inputs=(str(self.videos),),
                output=str(self.output),
                config=str(self.config),
                models=str(self.models),
                quiet=True,
                force=force,
                beam=IN_MEMORY,
            )
        )

    def problems(self) -> list[tuple[str, str]]:
        rows = pq.ParquetFile(self.output / "errors.parquet").read().to_pylist()
        return [(row["video_id"], row["severity"]) for row in rows]


@pytest.fixture(scope="module", params=[0, 1], ids=["own files", "shared files"])
def finished(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    network_models_folder: Path,
) -> Corpus:
    corpus = Corpus(tmp_path_factory.mktemp("finished"), network_models_folder)
    write_config(corpus.config, corpus.models)
    text = corpus.config.read_text() + f"[output]\nbuckets = {request.param}\n"
    corpus.config.write_text(text)
    corpus.videos.mkdir()
    corpus.write("whole")
    cut = corpus.write("cut")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    summary = corpus.run()
    assert (summary.inputs_written, summary.warnings) == (2, len(corpus.problems()))
    assert set(corpus.problems()) == {("cut", "warning")}
    return corpus


@pytest.fixture
def corpus(finished: Corpus, tmp_path: Path) -> Corpus:
    """A copy, to be changed."""
    shutil.copytree(finished.folder, tmp_path, dirs_exist_ok=True)
    return Corpus(tmp_path, finished.models)


def lose(name: str) -> Callable[[Path], object]:
    return lambda out: (out / name).unlink()


def make_stale(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda out: (out / name).write_bytes(content)


def leave_work(out: Path) -> None:
    left = out / ".work" / "cut" / "shard-000000-of-000001.000000.features"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"what a killed run wrote")


def leave_temporary(out: Path) -> None:
    table = next(out.glob("frames/*/frames.parquet"))
    shutil.copy(table, table.with_name(f".frames.parquet.{'0' * 32}.tmp"))


STATES: dict[str, list[Callable[[Path], object]]] = {
    "no error table": [lose("errors.parquet")],
    "an error table of an earlier run": [make_stale("errors.parquet", b"of an earlier run")],
    "no dictionary": [lose("data_dictionary.json")],
    "documents of a run with other settings": [
        make_stale("dataset_description.json", b'{"GeneratedBy": [{"Name": "openface-beam"}]}'),
        make_stale("data_dictionary.json", b"{}"),
    ],
    "no summary": [lose("summary.parquet")],
    "work files": [leave_work],
    "a temporary file": [leave_temporary],
}


@pytest.mark.parametrize("state", STATES)
def test_what_a_kill_after_the_last_table_leaves_is_made_right(state: str, corpus: Corpus) -> None:
    before = hashes(corpus.output)
    tables = {path: path.stat().st_mtime_ns for path in corpus.output.rglob("frames.parquet")}
    for leave in STATES[state]:
        leave(corpus.output)
    assert hashes(corpus.output) != before
    assert str(corpus.run()).startswith("Nothing to do")
    assert hashes(corpus.output) == before
    assert_nothing_is_left_over(corpus.output)
    assert {path: path.stat().st_mtime_ns for path in tables} == tables


def test_what_an_earlier_runs_worker_writes_meanwhile_does_not_stay(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def completed(output: str, *arguments: Any, **named: Any) -> Any:
        late = corpus.output / ".work" / "earlier" / "clip" / "shard.features"
        late.parent.mkdir(parents=True)
        late.write_bytes(b"late")
        return complete_dataset(output, *arguments, **named)

    monkeypatch.setattr("pipelines.main_job.close.complete_dataset", completed)
    corpus.run(force=True)
    assert_nothing_is_left_over(corpus.output)


def test_a_run_with_something_to_do_finds_lost_warnings_and_failures(corpus: Corpus) -> None:
    (corpus.videos / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    corpus.run()
    expected = corpus.problems()
    assert set(expected) == {("cut", "warning"), ("noise", "error")}
    (corpus.output / "errors.parquet").unlink()
    corpus.write("another")
    summary = corpus.run()
    assert (summary.inputs_written, summary.inputs_finished, summary.inputs_failed) == (1, 2, 1)
    assert corpus.problems() == expected


def test_a_mended_input_is_warned_of_no_more(corpus: Corpus) -> None:
    # Where the copied inputs are now: one that is elsewhere and has another content is another one.
    corpus.run(force=True)
    corpus.write("cut")
    assert corpus.run().inputs_written == 1
    assert corpus.problems() == []


@pytest.mark.parametrize("again", ["named again", "not named"])
def test_a_mended_input_keeps_its_table(again: str, corpus: Corpus) -> None:
    """Killed after its table was written, with the failure of the run before in the error table."""
    expected = corpus.problems()
    row = Problem("whole", "in/whole.mkv", Severity.ERROR, "decoding", "it is dark", "Shine.")
    rows = [*earlier_problems(str(corpus.output), (), lambda video_id: None), row]
    pq.write_table(error_table(rows), corpus.output / "errors.parquet")
    if again == "not named":
        (corpus.videos / "whole.mkv").unlink()
    corpus.write("another")
    summary = corpus.run()
    assert (summary.inputs_written, summary.inputs_failed) == (1, 0)
    assert corpus.problems() == expected
    counts = pq.ParquetFile(corpus.output / "summary.parquet").read(["video_id", "frames"])
    frames = {row["video_id"]: row["frames"] for row in counts.to_pylist()}
    assert (frames["whole"], frames["another"]) == (FRAMES, FRAMES)
