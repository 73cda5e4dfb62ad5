"""What was analysed is what is recorded: inputs that change while they are analysed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from transforms.stages import extract_shards

Change = Callable[[LandmarkCorpus], object]


@pytest.fixture
def corpus(tmp_path: Path) -> LandmarkCorpus:
    return LandmarkCorpus(tmp_path)


def grow(corpus: LandmarkCorpus) -> None:
    """Go on copying the file."""
    with (corpus.videos / "b.mp4").open("ab") as file:
        file.write(bytes(1000))


def replace_video(corpus: LandmarkCorpus) -> None:
    corpus.write("b", 8)


def change_landmarks(corpus: LandmarkCorpus) -> None:
    path = corpus.points / "b.csv"
    path.write_text(path.read_text() + "\n")


def touch(corpus: LandmarkCorpus) -> None:
    os.utime(corpus.videos / "b.mp4", ns=(0, 0))


def run_with(corpus: LandmarkCorpus, change: Change, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run, with a change just after the frames of ``b`` were decoded; returns how many failed."""
    really_extract = extract_shards.extract_shard

    def extract(shard: Any, *arguments: Any) -> Any:
        result = really_extract(shard, *arguments)
        if shard.task.video_id == "b":
            change(corpus)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(extract_shards, "extract_shard", extract)
        return corpus.run().inputs_failed


@pytest.mark.parametrize("change", [grow, replace_video, change_landmarks])
def test_an_input_that_changes_gets_no_table(
    change: Change, corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_with(corpus, change, monkeypatch) == 1
    (row,) = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert (row["video_id"], row["reason"]) == ("b", "it changed while it was analysed")
    assert not corpus.table("b").exists()
    assert corpus.table("a").exists()
    assert corpus.run().inputs_written == 1


def test_an_input_that_was_only_touched_is_what_it_was(
    corpus: LandmarkCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_with(corpus, touch, monkeypatch) == 0
    assert corpus.run().inputs_finished == 3
