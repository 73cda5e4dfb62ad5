"""The snippets of docs/python.md, run in order as a notebook runs them."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.unit.docs.markdown import page
from tests.unit.docs.snippets import python_blocks, run_snippet

PAGE = page("docs/python.md")


def test_every_snippet_is_run() -> None:
    assert len(python_blocks(PAGE)) == len([b for b in PAGE.blocks if b.language == "python"])


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("openface_beam") is None, reason="there is no package openface_beam yet"
)
def test_the_snippets_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    from pipelines.demo_corpus.corpus import write_corpus
    from pipelines.demo_corpus.script import CLIPS

    corpus = write_corpus(tmp_path / "demo", CLIPS[:1])
    (corpus.clips_folder / CLIPS[0].name).rename(tmp_path / "interview.mp4")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = [run_snippet(code, names) for code in python_blocks(PAGE)]
    assert list(shown[1].columns) == ["frame", "timestamp", "success", "AU12_r"]
    assert shown[2]["count"] > 0  # the clip has a smile
    assert len(shown[4]) == 1
    assert list(shown[5]["timestamp"]) == [0.0, 0.04, 0.08, 0.12, 0.16]
    assert len(shown[-2]) == len(names["result"].frames)
