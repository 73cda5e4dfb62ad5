"""The tutorials, performed in the order of their index, in one folder as a reader has it.

They are docs/tutorial-first-video.md, docs/tutorial-study.md, docs/tutorial-people.md,
docs/tutorial-quality.md and docs/tutorial-statistics.md.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.command import EXIT_SOME_FAILED
from tests.unit.docs.commands import run_command, shown_commands
from tests.unit.docs.markdown import Page, page
from tests.unit.docs.snippets import python_blocks, run_snippet

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


def run_block(path: str, word: str, names: dict[str, Any]) -> None:
    """Run the block of a page that has a word, without the lines that read a dataset."""
    (block,) = [text for text in python_blocks(page(path)) if word in text]
    lines = [line for line in block.splitlines() if "read_parquet" not in line]
    run_snippet("\n".join(lines), names)


def blinks_per_minute(video: pd.DataFrame) -> float:
    names: dict[str, Any] = {
        "pd": pd,
        "frames": pd.DataFrame({"video_id": []}),
        "recordings": {},
    }
    run_block("docs/tutorial-statistics.md", "def blinks_per_minute", names)
    return float(names["blinks_per_minute"](video))


def blinking(times: np.ndarray) -> pd.DataFrame:
    """Return 60 s of frames with a blink every other second."""
    frame = np.arange(1, 1501)
    is_closed = (frame % 50 >= 10) & (frame % 50 < 13)
    return pd.DataFrame(
        {"frame": frame, "timestamp": times, "AU45_r": np.where(is_closed, 2.0, 0.0)}
    )


def test_blinks_are_counted_per_minute_in_which_the_face_is_seen() -> None:
    times = np.arange(1500) / 25
    video = blinking(times)
    assert blinks_per_minute(video) == pytest.approx(30, rel=0.02)
    away = video[(video["frame"] < 500) | (video["frame"] >= 1250)]
    assert blinks_per_minute(away) == pytest.approx(30, rel=0.05)
    late = blinking(times + 600 * (np.arange(1500) >= 760))  # ten minutes without frames
    assert blinks_per_minute(late) == pytest.approx(30, rel=0.02)
    assert np.isnan(blinks_per_minute(video.assign(AU45_r=np.nan)))


def test_a_person_is_away_while_others_are_there() -> None:
    rows = [
        {"frame": frame, "timestamp": frame / 25, "face_id": face_id, "success": True}
        for frame in range(1, 31)
        for face_id in ((1,) if 10 <= frame < 20 else (0, 1))
    ]
    names: dict[str, Any] = {"pd": pd, "frames": pd.DataFrame(rows)}
    run_block("docs/tutorial-quality.md", "is_away", names)
    (gap,) = names["gaps"].itertuples(index=False)
    assert gap == (10 / 25, 19 / 25, 10)


def test_faces_stand_side_by_side_by_frame() -> None:
    rows = [
        {"frame": frame, "timestamp": 0.5, "face_id": face_id, "AU12_r": float(frame)}
        for frame in (1, 2, 3)
        for face_id in (0.0, 1.0)
    ]
    nobody = [{"frame": 4, "timestamp": 0.5, "face_id": np.nan, "AU12_r": np.nan}]
    names: dict[str, Any] = {"frames": pd.DataFrame(rows + nobody)}
    run_block("docs/tutorial-people.md", "smiles.corr", names)
    assert names["smiles"][1.0].tolist() == [1.0, 2.0, 3.0]


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
