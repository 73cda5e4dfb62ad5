"""Both sides of faces: however inputs are cut, beside columns that keep their bytes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models import locate_models
from openface_core.analysis.engine import load_engine
from openface_core.face_sides import SidesSettings
from pipelines.comparison.invariance import hashes
from pipelines.interactive.analyser import Analyser
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.clip_corpus import ClipCorpus, write_clip_corpus
from tests.fixtures.runs.datasets import read_unsealed
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from tests.twins.sequential_analysis import analyse_video
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask

INPUTS = ("long.mp4", "late.mkv", "uneven.mp4", "picture.png")


@pytest.fixture(scope="module")
def corpus(network_models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ClipCorpus:
    return write_clip_corpus(tmp_path_factory.mktemp("sides"), network_models_folder)


@pytest.fixture(scope="module")
def both(corpus: ClipCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("both") / "out"
    corpus.run(output, 0, sides=True)
    return output


@pytest.fixture(scope="module")
def whole(corpus: ClipCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("whole") / "out"
    corpus.run(output, 0)
    return output


def table_of(output: Path, name: str) -> pa.Table:
    return pq.ParquetFile(frames_path(str(output), Path(name).stem)).read()


def test_the_tables_are_those_of_the_sequential_loop(corpus: ClipCorpus, both: Path) -> None:
    settings = replace(corpus.settings(0), sides=SidesSettings(measure=True))
    files = locate_models(corpus.models, settings.models, with_networks=True)
    provenance = RunProvenance(settings.as_dict(), files.sha256(), files.network_names())
    engine = load_engine(files, settings)
    for name in INPUTS:
        path = corpus.folder / "in" / name
        task = VideoTask(path.stem, str(path))
        expected = analyse_video(task, engine, settings, provenance, lambda: None).result.table
        found = read_unsealed(frames_path(str(both), path.stem))
        assert found.equals(expected, check_metadata=True), name


@pytest.mark.parametrize("seconds", [1, 3])
def test_the_same_bytes_however_inputs_are_cut(
    seconds: float, corpus: ClipCorpus, both: Path, tmp_path: Path
) -> None:
    corpus.run(tmp_path / "out", seconds, sides=True)
    assert hashes(tmp_path / "out") == hashes(both)


@pytest.mark.parametrize("name", INPUTS)
def test_all_other_columns_keep_their_bits(name: str, both: Path, whole: Path) -> None:
    alone, together = table_of(whole, name), table_of(both, name)
    assert together.column_names[: alone.num_columns] == alone.column_names
    assert together.num_columns == alone.num_columns + 1 + 2 * (17 + 18) + 2
    for column in alone.column_names:
        found, expected = together[column].combine_chunks(), alone[column].combine_chunks()
        assert found.buffers() == expected.buffers(), column


def test_the_sides_are_alive_and_null_without_a_face(both: Path) -> None:
    table = table_of(both, "long.mp4").to_pandas()
    found = table[table["success"]]
    for side in ("left", "right"):
        assert (found.filter(regex=f"^AU.*_r_{side}$").std() > 0).sum() > 10
        assert found[f"eye_opening_{side}"].notna().all()
    assert (found["AU12_r_left"] != found["AU12_r_right"]).any()
    sides = [name for name in table if name.endswith(("_left", "_right")) or name == "sides_valid"]
    assert table.loc[~table["success"], sides].isna().all(axis=None)


def test_the_summary_compares_them(both: Path, whole: Path) -> None:
    alone, together = (pq.read_table(out / "summary.parquet") for out in (whole, both))
    assert together.select(alone.column_names).equals(alone)
    row = together.to_pandas().set_index("video_id").loc["long"]
    frames = table_of(both, "long.mp4").to_pandas()
    valid = frames[frames["success"] & (frames["sides_valid"] == True)]  # noqa: E712 - nulls
    assert row["sides_valid_rate"] == pytest.approx(len(valid) / frames["success"].sum())
    left, right = (valid[f"AU12_r_{side}"].mean() for side in ("left", "right"))
    assert row["AU12_r_left_mean"] == pytest.approx(left, rel=1e-5)
    assert row["AU12_r_asymmetry"] == pytest.approx((left - right) / (left + right), rel=1e-4)


def test_python_users_get_the_same_columns(corpus: ClipCorpus, both: Path) -> None:
    analyser = Analyser(
        corpus.models, str(corpus.config(0)), sides=True, faces="widest", progress=False
    )
    frames = analyser.video(corpus.folder / "in" / "long.mp4").frames
    expected = table_of(both, "long.mp4").to_pandas()
    pd.testing.assert_frame_equal(frames, expected, check_dtype=False)


def test_the_example_of_the_page(both: Path, tmp_path: Path, monkeypatch: Any) -> None:
    page = (REPOSITORY / "docs" / "sides.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    (tmp_path / "results").symlink_to(both)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = code.replace("frames.plot(", "shown = (").replace("(x=", "dict(x=")
    exec(shown.replace('"smile"', '"long"'), names)
    frames = names["frames"]
    assert len(frames)
    assert {names["shown"]["x"], *names["shown"]["y"]} <= set(frames.columns)


def test_a_mirrored_setting_exchanges_them(corpus: ClipCorpus, both: Path, tmp_path: Path) -> None:
    config = corpus.config(0)
    mirrored = tmp_path / "mirrored.toml"
    mirrored.write_text(config.read_text() + "[sides]\nmeasure = true\nmirrored = true\n")
    analyser = Analyser(corpus.models, str(mirrored), faces="widest", progress=False)
    frames = analyser.video(corpus.folder / "in" / "long.mp4").frames
    expected = table_of(both, "long.mp4").to_pandas()
    for name in ("AU12_r", "AU45_r", "eye_opening"):
        for side, other in (("left", "right"), ("right", "left")):
            np.testing.assert_array_equal(frames[f"{name}_{side}"], expected[f"{name}_{other}"])


def test_a_dataset_without_sides_is_made_anew_when_they_are_asked_for(tmp_path: Path) -> None:
    landmarks = LandmarkCorpus(tmp_path)
    assert landmarks.run().inputs_written == 3
    before = hashes(landmarks.output)
    assert landmarks.run(sides=True).inputs_written == 3
    assert landmarks.run(sides=True).inputs_finished == 3
    assert "AU12_r_left" in pq.read_schema(landmarks.table("a")).names
    assert landmarks.run().inputs_written == 3
    assert hashes(landmarks.output) == before
