"""Rows of the error table from exceptions."""

from pathlib import Path

import pytest

from openface_core.errors import LandmarkFileError, MediaError, StorageFullError
from transforms.problems import Problem, Severity
from transforms.records import VideoTask

TASK = VideoTask("v", "/folder/v.mp4")


def test_an_expected_failure_of_the_input_itself() -> None:
    error = MediaError(TASK.uri, "the file is empty", "Copy it again.")
    assert Problem.from_error(TASK, error) == Problem(
        "v", "/folder/v.mp4", Severity.ERROR, "decoding", "the file is empty", "Copy it again."
    )


def test_a_row_does_not_need_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    error = MediaError("v.mp4", "the file is empty", "Copy it again.")
    assert Problem.from_error(VideoTask("v", "v.mp4"), error).uri == "v.mp4"


def test_another_subject_is_named() -> None:
    error = LandmarkFileError("points.csv", "it has no rows", "Write it again.")
    problem = Problem.from_error(TASK, error)
    assert problem.stage == "landmarks"
    assert problem.reason == "points.csv: it has no rows"


def test_a_failure_that_ends_the_run_is_no_row() -> None:
    with pytest.raises(StorageFullError):
        Problem.from_error(TASK, StorageFullError.on("out/frames.parquet", "the disk is full"))


def test_an_unexpected_failure_says_so() -> None:
    problem = Problem.from_error(TASK, ZeroDivisionError("by zero"))
    assert problem.reason == "unexpected ZeroDivisionError: by zero"
    assert problem.stage == "analysis"
    assert "report" in problem.remedy
    assert Problem.from_error(TASK, ZeroDivisionError("by zero"), "export").stage == "export"
