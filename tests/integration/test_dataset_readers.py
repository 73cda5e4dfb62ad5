"""A written dataset in the libraries that people open it with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.places import REPOSITORY
from transforms.dataset.layout import frames_path
from transforms.dataset.seal import SealedFile
from transforms.plan.video_ids import name_videos, safe_video_id

FRAMES = 4
LOST_FRAME = 2  # counted from 1
MANIFEST_IDS = ("007", "2024-01-01", "nan", "1e5", "P1")
IDS = tuple(sorted(safe_video_id(name) for name in MANIFEST_IDS))
COLUMNS = ["video_id", "frame", "success", "AU12_r", "AU12_c"]

TRICKY_NAMES = (
    "007", "1e5", "0x1F", "0b101", "-inf", "nan", "NULL", "none", "true", "epoch", "E5", "t1",
    "2024-01-01", "20240101", "2024-01-01T101010", "20240101T101010", "20240101T101010Z",
    "__HIVE_DEFAULT_PARTITION__", "Jürgen", "Äpfel & Öl", "日本", "a.b", "x" * 300,
)  # fmt: skip

Rows = list[dict[str, Any]]


def with_pandas(frames: Path, video_id: str | None = None) -> Rows:
    filters = None if video_id is None else [("video_id", "==", video_id)]
    table = pd.read_parquet(frames, columns=COLUMNS, filters=filters)
    # Missing truth values and numbers alike, which pandas marks in several ways.
    return table.astype(object).where(table.notna(), None).to_dict("records")


def with_pyarrow(frames: Path, video_id: str | None = None) -> Rows:
    dataset = pyarrow.dataset.dataset(frames, partitioning="hive")
    wanted = None if video_id is None else pyarrow.dataset.field("video_id") == video_id
    return dataset.to_table(columns=COLUMNS, filter=wanted).to_pylist()


def with_duckdb(frames: Path, video_id: str | None = None) -> Rows:
    query = f"SELECT {', '.join(COLUMNS)} FROM read_parquet(?)"
    given = [f"{frames}/**/*.parquet"]
    if video_id is not None:
        query += " WHERE video_id = ?"
        given.append(video_id)
    with duckdb.connect() as connection:
        rows = connection.execute(query, given).fetchall()
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def with_polars(frames: Path, video_id: str | None = None) -> Rows:
    table = pl.scan_parquet(frames)
    if video_id is not None:
        table = table.filter(pl.col("video_id") == video_id)
    return table.select(COLUMNS).collect().to_dicts()


READERS = (with_pandas, with_pyarrow, with_duckdb, with_polars)
Reader = Callable[..., Rows]


@pytest.fixture(scope="module", params=[0, 3], ids=["own files", "buckets"])
def frames(
    request: pytest.FixtureRequest, models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The frames of a dataset whose inputs have numbers, a date and a missing value as names."""
    folder = tmp_path_factory.mktemp("readers")
    successes = [frame != LOST_FRAME for frame in range(1, FRAMES + 1)]
    lines = ["video_id,uri,landmarks"]
    for seed, name in enumerate(MANIFEST_IDS):
        write_clip(folder / f"{seed}.mp4", FRAMES, seed)
        write_landmarks(folder / f"{seed}.csv", face_clip(FRAMES, seed)[1], successes)
        lines.append(f"{name},{seed}.mp4,{seed}.csv")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    (folder / "config.toml").write_text(f"[output]\nbuckets = {request.param}\n")
    summary = run(
        RunArguments(
            inputs=(str(folder / "list.csv"),),
            output=str(folder / "out"),
            config=str(folder / "config.toml"),
            models=str(models_folder),
            quiet=True,
            beam=("--direct_running_mode=in_memory",),
        )
    )
    assert summary.inputs_written == len(MANIFEST_IDS)
    return folder / "out" / "frames"


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("buckets", [0, 3])
def test_every_reader_reads_while_a_run_writes(
    buckets: int,
    read: Reader,
    tmp_path: Path,
    models_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seed, name in enumerate("ab"):
        write_clip(tmp_path / f"{name}.mp4", FRAMES, seed)
        write_landmarks(tmp_path / f"{name}.csv", face_clip(FRAMES, seed)[1])
    (tmp_path / "config.toml").write_text(f"[output]\nbuckets = {buckets}\n")
    arguments = RunArguments(
        inputs=tuple(str(tmp_path / f"{name}.mp4") for name in "ab"),
        output=str(tmp_path / "out"),
        landmarks=str(tmp_path),
        config=str(tmp_path / "config.toml"),
        models=str(models_folder),
        quiet=True,
        force=True,
    )
    run(arguments)
    before = read(tmp_path / "out" / "frames")
    seal, seen = SealedFile.seal, []

    def read_meanwhile(file: SealedFile) -> None:
        seal(file)
        seen.append(read(tmp_path / "out" / "frames"))

    monkeypatch.setattr(SealedFile, "seal", read_meanwhile)
    run(arguments)
    assert seen
    assert all(len(rows) == len(before) for rows in seen)


@pytest.mark.parametrize("read", READERS)
def test_every_reader_sees_all_rows(read: Reader, frames: Path) -> None:
    rows = read(frames)
    assert sorted((row["video_id"], row["frame"]) for row in rows) == [
        (video_id, frame) for video_id in IDS for frame in range(1, FRAMES + 1)
    ]
    assert {type(row["video_id"]) for row in rows} == {str}


@pytest.mark.parametrize("video_id", IDS)
@pytest.mark.parametrize("read", READERS)
def test_every_reader_filters_by_video(read: Reader, video_id: str, frames: Path) -> None:
    rows = sorted(read(frames, video_id), key=lambda row: row["frame"])
    assert [(row["video_id"], row["frame"]) for row in rows] == [
        (video_id, frame) for frame in range(1, FRAMES + 1)
    ]


@pytest.mark.parametrize("read", READERS)
def test_what_is_missing_is_missing_in_every_reader(read: Reader, frames: Path) -> None:
    for row in read(frames):
        is_lost = row["frame"] == LOST_FRAME
        assert row["success"] is not is_lost
        assert (row["AU12_r"] is None) is is_lost
        assert (row["AU12_c"] is None) is is_lost


def test_means_pass_over_what_is_missing(frames: Path) -> None:
    arrow = pyarrow.dataset.dataset(frames, partitioning="hive").to_table()
    by_arrow = arrow.group_by("video_id").aggregate([("AU12_r", "mean")]).sort_by("video_id")
    by_pandas = pd.read_parquet(frames).groupby("video_id", observed=True)["AU12_r"].mean()
    by_polars = pl.read_parquet(frames).group_by("video_id").agg(pl.mean("AU12_r"))
    query = "SELECT avg(AU12_r) FROM read_parquet(?) GROUP BY video_id ORDER BY video_id"
    by_duckdb = duckdb.execute(query, [f"{frames}/**/*.parquet"]).fetchall()
    expected = by_arrow["AU12_r_mean"].to_numpy()
    assert np.isfinite(expected).all()
    for found in (by_pandas, by_polars.sort("video_id")["AU12_r"], np.ravel(by_duckdb)):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)


@pytest.mark.parametrize("library", ["pandas", "pyarrow", "duckdb", "polars"])
def test_what_the_documentation_says(
    library: str, frames: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    section = (
        (REPOSITORY / "docs" / "dataset.md").read_text("utf-8").split("## Opening the dataset")[1]
    )
    snippets = [text.split("```")[0] for text in section.split("```python\n")[1:]]
    (snippet,) = (text for text in snippets if text.startswith(f"import {library}"))
    *statements, expression = snippet.strip().splitlines()
    (tmp_path / "results").symlink_to(frames.parent)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec("\n".join(statements), names)
    assert len(eval(expression, names)) == len(IDS)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", TRICKY_NAMES)
def test_any_name_alone_is_text(name: str, read: Reader, tmp_path: Path) -> None:
    table = pa.table(
        {"frame": [1], "success": [True], "AU12_r": pa.array([None], pa.float32())}
        | {"AU12_c": pa.array([None], pa.bool_())}
    )
    (video_id,) = name_videos([f"in/{name}.mp4"])
    path = Path(frames_path(str(tmp_path), video_id))
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    for rows in (read(tmp_path / "frames"), read(tmp_path / "frames", video_id)):
        assert [(row["video_id"], row["frame"]) for row in rows] == [(video_id, 1)]
