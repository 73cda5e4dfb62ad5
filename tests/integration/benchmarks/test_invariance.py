"""The benchmark that runs a corpus in every way, on a small one."""

from pathlib import Path

import pytest

from benchmarks import invariance
from pipelines.comparison import invariance as measured
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks

ARGUMENTS = ("--shards", "0", "1", "--modes", "in_memory", "multi_threading")


@pytest.fixture
def corpus(models_folder: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "in").mkdir()
    for seed, name in enumerate("ab"):
        write_clip(tmp_path / "in" / f"{name}.mp4", 4, seed)
        write_landmarks(tmp_path / "points" / f"{name}.csv", face_clip(4, seed)[1])
    folders = {"input": tmp_path / "in", "models": models_folder, "landmarks": tmp_path / "points"}
    return [f"--{name}={folder}" for name, folder in folders.items()]


@pytest.mark.slow
def test_a_pass_for_every_way(corpus: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invariance.main([*corpus, *ARGUMENTS]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.endswith("the same bytes") for line in lines) == 4
    assert lines[-1] == "all the same"
    tables = [line for line in lines if line.endswith(".parquet")]
    assert len(tables) == len([line for line in tables if len(line.split()[0]) == 64]) >= 3


@pytest.mark.slow
def test_a_difference(
    corpus: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = measured.hashes

    def changed(output: Path) -> dict[str, str]:
        return hashes(output) | ({"errors.parquet": "0"} if "1.0" in output.name else {})

    monkeypatch.setattr(measured, "hashes", changed)
    assert invariance.main([*corpus, *ARGUMENTS]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.endswith("DIFFERENT: errors.parquet") for line in lines) == 2
    assert lines[-1] == "NOT the same"
