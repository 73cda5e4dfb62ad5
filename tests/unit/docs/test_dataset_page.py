"""What docs/dataset.md says beside the examples of how to open it, which have their own test."""

from pathlib import Path

import pytest

from tests.unit.docs.markdown import page
from tests.unit.docs.small_dataset import VERSION, write_small_dataset
from tests.unit.docs.snippets import python_blocks, run_snippet

PAGE = page("docs/dataset.md")


def test_the_record_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_dataset(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    (code,) = (code for code in python_blocks(PAGE) if "read_metadata" in code)
    assert run_snippet(code, {}) == (VERSION, "default")


def test_every_document_of_a_dataset_is_listed() -> None:
    from transforms.dataset.documents import DESCRIPTION_NAME
    from transforms.dataset.layout import errors_path, metrics_path, summary_path

    listing = PAGE.blocks[0].text
    made = (path("results") for path in (errors_path, summary_path, metrics_path))
    for path in (*made, DESCRIPTION_NAME):
        assert Path(path).name in listing
