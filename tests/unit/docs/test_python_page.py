"""The snippets of docs/python.md, run in order: as a script runs them, and as a notebook."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from pipelines.demo_corpus.corpus import write_corpus
from pipelines.demo_corpus.script import CLIPS
from tests.fixtures.places import REPOSITORY
from tests.unit.docs.markdown import page
from tests.unit.docs.snippets import python_blocks, run_snippet

PAGE = page("docs/python.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the video of the page."""
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("python")
    corpus = write_corpus(folder / "demo", CLIPS[:1])
    (corpus.clips_folder / CLIPS[0].name).rename(folder / "interview.mp4")
    return folder


def test_every_snippet_is_run() -> None:
    assert len(python_blocks(PAGE)) == len([b for b in PAGE.blocks if b.language == "python"])


@pytest.mark.slow
def test_the_snippets_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    shown = [run_snippet(code, names) for code in python_blocks(PAGE)]
    assert list(shown[1].columns) == ["frame", "timestamp", "success", "AU12_r"]
    assert shown[2]["count"] > 0  # the clip has a smile
    assert len(shown[6]) == 1
    assert list(shown[7]["timestamp"]) == [0.0, 0.04, 0.08, 0.12, 0.16]
    assert len(shown[-3]) == len(names["result"].frames)


@pytest.mark.slow
def test_the_page_is_a_notebook_that_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    cells = [nbformat.v4.new_code_cell(code) for code in python_blocks(PAGE)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    tables = [o for o in outputs if "text/html" in o.get("data", {})]
    assert len(tables) >= 4
