"""docs/coming-from-openface.md: its columns are those of the table, and its snippet works."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.docs.known import frame_column_names
from tests.unit.docs.markdown import page, spans_of
from tests.unit.docs.small_dataset import write_small_dataset
from tests.unit.docs.snippets import python_blocks, run_snippet

PAGE = page("docs/coming-from-openface.md")
OPENFACE_COLUMNS = 714


def _numbered(first: str, last: str) -> Iterator[str]:
    """Yield the names between two that differ in their last number or letter."""
    found = re.fullmatch(r"(.*?)(\d+|[a-z]) (?:.*?)(\d+|[a-z])", f"{first} {last}")
    assert found is not None
    stem, begin, end = found.groups()
    if begin.isdigit():
        yield from (f"{stem}{number}" for number in range(int(begin), int(end) + 1))
    else:
        yield from (f"{stem}{chr(letter)}" for letter in range(ord(begin), ord(end) + 1))


def _names(cell: str) -> Iterator[str]:
    """Yield the columns of a cell, such as "`x_0` … `x_67`, `p_scale`"."""
    for item in cell.split(", "):
        first, *last = spans_of(item)
        yield from _numbered(first, last[0]) if last else [first]


def test_all_columns_are_there_in_order() -> None:
    named = [name for row in PAGE.table("columns") for name in _names(row[0])]
    ours = frame_column_names()
    assert len(named) == OPENFACE_COLUMNS
    assert [name for name in ours if name in set(named)] == named
    # What is ours alone is mentioned somewhere.
    assert [name for name in ours if name not in set(named) and f"`{name}`" not in PAGE.text] == []


def test_a_csv_with_zeros_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_dataset(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    (code,) = python_blocks(PAGE)
    run_snippet(code, {})
    made = pd.read_csv("interview.csv")
    assert tuple(made.columns) == frame_column_names()
    assert list(made["AU12_r"]) == [1.0, 0.0]
    assert (tmp_path / "interview.csv").read_text().splitlines()[1].endswith(",1,1")


@pytest.mark.parametrize("program", ["FaceLandmarkImg", "FaceLandmarkVidMulti"])
def test_programs_that_measure_all_faces_do_so_here(program: str) -> None:
    # The preset openface22 measures the widest one alone.
    (line,) = re.findall(rf"# {program} .*\n(.*)\n", PAGE.text)
    assert "--config openface22 --faces all" in line
    (row,) = (row for row in PAGE.table("OpenFace's program") if row[0] == f"`{program}`")
    assert "--faces all" in row[1]


@pytest.mark.reference
def test_they_are_those_of_a_genuine_csv(reference: Path) -> None:
    genuine = (reference / "formats" / "header_video.csv").read_text().strip().split(",")
    assert [name for row in PAGE.table("columns") for name in _names(row[0])] == genuine
