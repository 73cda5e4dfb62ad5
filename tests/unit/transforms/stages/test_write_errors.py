"""The stage that writes the error table."""

from pathlib import Path

import pyarrow.parquet as pq

from tests.fixtures.stages import elements
from transforms.dataset.layout import errors_path
from transforms.records import Problem, Severity
from transforms.stages.write_errors import WriteErrors


def problem(video_id: str, stage: str = "decoding") -> Problem:
    return Problem(video_id, f"{video_id}.mp4", Severity.ERROR, stage, "it is dark", "Shine.")


def test_one_table_with_all_problems_in_order(tmp_path: Path) -> None:
    problems = [problem("b"), problem("a", "writing"), problem("a")]
    paths = elements(problems) | WriteErrors(str(tmp_path), 0)
    assert paths == [errors_path(str(tmp_path))]
    rows = pq.read_table(paths[0]).to_pylist()
    found = [(row["video_id"], row["stage"]) for row in rows]
    assert found == [("a", "decoding"), ("a", "writing"), ("b", "decoding")]


def test_the_table_is_written_without_problems_too(tmp_path: Path) -> None:
    (path,) = elements([]) | WriteErrors(str(tmp_path), 0)
    assert pq.read_table(path).num_rows == 0
