"""Counts that workers leave in small files."""

import shutil
from pathlib import Path

import pytest

from transforms.work import progress
from transforms.work.progress import Progress, ProgressWriter, read_progress


class Clock:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_nothing_yet(tmp_path: Path) -> None:
    assert read_progress(str(tmp_path)) == Progress(0, 0)


def test_counts_are_told_now_and_then(clock: Clock, tmp_path: Path) -> None:
    writer = ProgressWriter(str(tmp_path), "a")
    for _ in range(3):
        writer.frame_done()
    assert read_progress(str(tmp_path)) == Progress(0, 0)
    clock.seconds += 1.0
    writer.frame_done()
    writer.frame_done()
    assert read_progress(str(tmp_path)) == Progress(4, 0)
    writer.finish()
    assert read_progress(str(tmp_path)) == Progress(5, 1)


def test_inputs_add_up(tmp_path: Path) -> None:
    for name, count in (("a", 2), ("b", 3)):
        writer = ProgressWriter(str(tmp_path), name)
        for _ in range(count):
            writer.frame_done()
        writer.finish()
    assert read_progress(str(tmp_path)) == Progress(5, 2)


def test_a_file_that_is_just_being_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert read_progress(str(tmp_path)) == Progress(0, 0)


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    writer = ProgressWriter(None, "a")
    writer.frame_done()
    writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_vanished_does_not_matter(clock: Clock, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    writer = ProgressWriter(str(folder), "a")
    clock.seconds += 1.0
    writer.frame_done()
    assert read_progress(str(folder)) == Progress(1, 0)
    shutil.rmtree(folder)
    clock.seconds += 1.0
    writer.frame_done()
    assert list(tmp_path.iterdir()) == [], "the folder is not made again"
    folder.mkdir()
    clock.seconds += 1.0
    writer.frame_done()
    writer.finish()
    assert list(folder.iterdir()) == [], "a writer that has failed once writes no more"
