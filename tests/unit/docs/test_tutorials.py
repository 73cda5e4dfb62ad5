"""The tutorials, performed in the order of their index, in one folder as a reader has it.

They are docs/tutorial-first-video.md, docs/tutorial-study.md, docs/tutorial-people.md,
docs/tutorial-quality.md and docs/tutorial-statistics.md.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.command import EXIT_SOME_FAILED
from tests.unit.docs.commands import run_command, shown_commands
from tests.unit.docs.markdown import Page, page
from tests.unit.docs.snippets import run_snippet

BROW_RAISE_SECONDS, SMILE_SECONDS = (1.2, 2.5), (3.5, 5.2)


def perform(tutorial: Page, status: int = 0) -> dict[str, Any]:
    """Run all blocks of a page; return the names that its Python leaves, the last value as _."""
    names: dict[str, Any] = {}
    for block in tutorial.blocks:
        if block.marker != "tested":
            continue
        if block.language == "bash":
            for words in shown_commands(block.text):
                assert words[0] == "openface-beam"
                assert run_command(words[1:]) == status
        else:
            names["_"] = run_snippet(block.text, names)
    return names


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder."""
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    return tmp_path_factory.mktemp("tutorials")


@pytest.mark.slow
def test_the_tutorials_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)

    first = perform(page("docs/tutorial-first-video.md"))
    assert BROW_RAISE_SECONDS[0] < first["peaks"]["AU01_r"] < BROW_RAISE_SECONDS[1]
    assert SMILE_SECONDS[0] < first["peaks"]["AU12_r"] < SMILE_SECONDS[1]
    assert first["summary"]["calibration_is_short"].all()
    assert len(first["smiles"]) == 1

    study = perform(page("docs/tutorial-study.md"))
    assert sorted(study["summary"]["person_id"]) == ["P01", "P01", "P02", "P02"]
    assert study["summary"].groupby("person_id")["calibration_frames"].nunique().eq(1).all()
    assert {"AU01_r", "AU45_r"} <= set(study["relative"])
    assert "AU12_r" not in study["relative"]

    people = perform(page("docs/tutorial-people.md"))
    assert sorted(people["by_person"].idxmax()) == [0, 1]
    assert list(people["smiles"].columns) == [0, 1]

    quality = perform(page("docs/tutorial-quality.md"), EXIT_SOME_FAILED)
    assert "truncated" in set(quality["errors"]["video_id"])
    assert quality["summary"].set_index("video_id")["is_usable"].to_dict() == {
        "leaves_and_returns": True,
        "nobody": False,
    }
    assert len(quality["gaps"]) == 1
    assert 0.5 < quality["_"] < 1

    statistics = perform(page("docs/tutorial-statistics.md"))
    assert list(statistics["people"].columns) == ["interview", "task", "difference"]
    blinks = statistics["recordings"]["blinks_per_minute"]
    assert blinks["P02_task"] == pytest.approx(2 * 60 / 5.4, rel=0.05)
    assert np.isfinite(statistics["_"]).all()
