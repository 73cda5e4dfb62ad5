"""The stage that writes the error table."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.fixtures.stages import elements
from transforms.dataset.layout import errors_path
from transforms.problems import Problem, Severity
from transforms.stages.write_errors import WriteErrors
from transforms.work.folder import (
    begin_run,
    cluster_folders,
    discard_all,
    local_folders,
)


def problem(video_id: str, stage: str = "decoding") -> Problem:
    return Problem(video_id, f"{video_id}.mp4", Severity.ERROR, stage, "it is dark", "Shine.")


def test_one_table_with_all_problems_in_order(tmp_path: Path) -> None:
    problems = [problem("b"), problem("a", "writing"), problem("a")]
    paths = elements(problems) | WriteErrors(local_folders(str(tmp_path)), 0)
    assert paths == [errors_path(str(tmp_path))]
    rows = pq.read_table(paths[0]).to_pylist()
    found = [(row["video_id"], row["stage"]) for row in rows]
    assert found == [("a", "decoding"), ("a", "writing"), ("b", "decoding")]


def test_the_table_is_written_without_problems_too(tmp_path: Path) -> None:
    (path,) = elements([]) | WriteErrors(local_folders(str(tmp_path)), 0)
    assert pq.read_table(path).num_rows == 0


def test_a_job_whose_run_is_over_writes_nothing(tmp_path: Path) -> None:
    folders = cluster_folders(str(tmp_path), "one")
    begin_run(folders)
    (path,) = elements([problem("a")]) | WriteErrors(folders, 0)
    before = Path(path).read_bytes()
    discard_all(str(tmp_path))  # as another run does, or an interrupted one
    begin_run(cluster_folders(str(tmp_path), "two"))
    with pytest.raises(Exception, match="this run was ended, or another one has begun"):
        elements([problem("b")]) | WriteErrors(folders, 0)
    assert Path(path).read_bytes() == before
