"""docs/troubleshooting.md quotes messages that the program has."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.known import messages
from tests.unit.docs.markdown import page, spans_of
from tests.unit.docs.small_dataset import PROBLEM, write_small_dataset
from tests.unit.docs.snippets import python_blocks, run_snippet

PAGE = page("docs/troubleshooting.md")
QUOTES = [
    span
    for rows in PAGE.tables()
    for row in rows[1:]
    for span in spans_of(row[0])
    if " " in span and not span.startswith("python ")
]


@pytest.mark.parametrize("quote", QUOTES)
def test_a_message_exists(quote: str) -> None:
    parts = [re.escape(part) for part in quote.split("…")]
    assert re.search("[^\n]{0,80}".join(parts), messages())


def test_problems_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_dataset(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    (code,) = python_blocks(PAGE)
    table = run_snippet(code, {})
    assert table.to_dict("records") == [
        {
            "video_id": PROBLEM.video_id,
            "severity": "error",
            "stage": PROBLEM.stage,
            "reason": PROBLEM.reason,
            "remedy": PROBLEM.remedy,
        }
    ]
