"""The Python in README.md."""

from pathlib import Path

import pytest

from tests.unit.docs.markdown import page
from tests.unit.docs.small_dataset import write_small_dataset
from tests.unit.docs.snippets import python_blocks, run_snippet


def test_the_readme_opens_a_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_dataset(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    (code,) = python_blocks(page("README.md"))
    frames = run_snippet(code, {})
    assert list(frames.columns) == ["video_id", "frame", "timestamp", "AU12_r"]
    assert list(frames["video_id"]) == ["interview", "interview"]
