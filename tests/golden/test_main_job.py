"""The main job on real videos: one command, one row per decoded frame, errors for the rest."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from openface_core.analysis.settings import CalibrationSettings
from openface_core.model_files import read_action_unit_models
from tests.fixtures.places import REPOSITORY, reference_folder
from transforms.plan.video_ids import name_videos

# What PyAV itself gives as a frame's time, in other arithmetic.
TIME_TOLERANCE_S = 1e-6

IMAGE_SUFFIXES = (".jpg",)
OTHER_SUFFIXES = (".csv",)

# The intervals with a face are not annotated; that there are both kinds is what the clip is for.
BOTH = "face_noface_vfr.mov"


@dataclass(frozen=True)
class Outcome:
    """What the command left."""

    status: int
    stdout: str
    stderr: str
    output: Path

    def table(self, video_id: str) -> pa.Table:
        path = self.output / "frames" / f"video_id={video_id}" / "frames.parquet"
        return pq.ParquetFile(path).read()

    def problems(self) -> list[dict[str, Any]]:
        return pq.ParquetFile(self.output / "errors.parquet").read().to_pylist()


def run_command(inputs: list[Path], reference: Path, output: Path) -> Outcome:
    command = [sys.executable, "-m", "pipelines.run", "--input", *map(str, inputs)]
    command += ["--models", str(reference), "--output", str(output), "--quiet"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=900)
    return Outcome(done.returncode, done.stdout, done.stderr, output)


def frame_times(path: Path) -> list[float]:
    """Return the time of every frame, counted by PyAV's own loop; an image has one, at 0."""
    if path.suffix in IMAGE_SUFFIXES:
        return [0.0]
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def check_table(table: pa.Table, path: Path) -> None:
    """Check what holds for the table of every input."""
    times = np.array(frame_times(path))
    frames = table["frame"].to_numpy()
    assert np.unique(frames).tolist() == list(range(1, len(times) + 1))
    np.testing.assert_allclose(table["timestamp"], times[frames - 1], rtol=0, atol=TIME_TOLERANCE_S)
    for face_id in table["face_id"].unique().to_pylist():
        shows_nobody = face_id is None
        ids = table["face_id"]
        rows = table.filter(ids.is_null() if shows_nobody else pc.equal(ids, face_id))
        assert not (shows_nobody and any(rows["success"].to_pylist()))
        assert rows["frame"].to_pylist() == sorted(set(rows["frame"].to_pylist()))
        check_face(rows, path)


def check_face(rows: pa.Table, path: Path) -> None:
    """Check what holds for the rows of every face."""
    success = rows["success"].to_numpy()
    measured = rows.column_names[rows.column_names.index("success") + 1 :]
    counted = rows["calibration_frames"].drop_null().to_pylist()
    predictors = reference_folder() / "openface" / "AU_predictors" / "AU_all_best.txt"
    relative = read_action_unit_models(predictors).relative_columns
    too_few = bool(counted) and max(counted) < CalibrationSettings().least_frames
    for name in measured:
        valid = rows[name].is_valid().to_numpy()
        if name == "calibration_frames" and path.suffix == ".jpg":  # static models, without medians
            assert not valid.any()
            continue
        if too_few and relative.get(name):
            assert not valid.any(), f"{path.name}: {name}"
            continue
        np.testing.assert_array_equal(valid, success, err_msg=f"{path.name}: {name}")
        values = rows[name].drop_null().to_numpy().astype(np.float64)
        assert np.isfinite(values).all(), f"{path.name}: {name}"
        if name.startswith("AU") and name.endswith("_r"):
            assert ((values >= 0) & (values <= 5)).all()


def check_problems(outcome: Outcome, others: list[Path]) -> None:
    """Check that exactly the files that are no media are errors, each with a remedy."""
    rows = outcome.problems()
    errors = [row for row in rows if row["severity"] == "error"]
    assert sorted(row["uri"] for row in errors) == sorted(map(str, others))
    for row in errors:
        assert row["stage"] == "decoding"
        assert "looks like text" in row["reason"]
        assert row["remedy"].endswith(".")
        assert row["uri"] in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.fixture(scope="module")
def few(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    names = ["single_face.mp4", "no_face.mp4", "sample1.jpg", "sample1.openface.csv"]
    inputs = [reference / "videos" / name for name in names]
    return run_command(inputs, reference, tmp_path_factory.mktemp("few") / "out")


class TestFewInputs:
    def test_status_and_summary(self, few: Outcome) -> None:
        assert few.status == 3, few.stderr  # one of the inputs is none
        assert "Wrote 3 of 4 inputs" in few.stdout

    def test_tables(self, few: Outcome, reference: Path) -> None:
        for name in ("single_face.mp4", "no_face.mp4", "sample1.jpg"):
            check_table(few.table(Path(name).stem), reference / "videos" / name)

    def test_faces(self, few: Outcome) -> None:
        assert all(few.table("single_face")["success"].to_pylist())
        assert few.table("sample1")["success"].to_pylist() == [True]

    def test_a_video_without_a_face_has_rows(self, few: Outcome) -> None:
        table = few.table("no_face")
        assert table.num_rows > 0
        assert not any(table["success"].to_pylist())

    def test_the_csv_is_the_only_error(self, few: Outcome, reference: Path) -> None:
        check_problems(few, [reference / "videos" / "sample1.openface.csv"])


@pytest.fixture(scope="module")
def whole(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run_command([reference / "videos"], reference, tmp_path_factory.mktemp("w") / "out")


@pytest.fixture(scope="module")
def media(reference: Path) -> dict[str, Path]:
    """Every medium of the folder by its video id."""
    paths = sorted(path for path in (reference / "videos").iterdir() if path.is_file())
    names = name_videos([str(path) for path in paths])
    return {
        name: path
        for name, path in zip(names, paths, strict=True)
        if path.suffix not in OTHER_SUFFIXES
    }


@pytest.mark.slow
class TestWholeFolder:
    def test_status(self, whole: Outcome) -> None:
        assert whole.status == 0, whole.stderr

    def test_every_medium_has_its_table(self, whole: Outcome, media: dict[str, Path]) -> None:
        found = {path.name for path in (whole.output / "frames").iterdir()}
        assert found == {f"video_id={name}" for name in media}
        for name, path in media.items():
            check_table(whole.table(name), path)

    def test_files_of_the_folder_that_are_no_media_are_no_errors(self, whole: Outcome) -> None:
        check_problems(whole, [])

    def test_faces_come_and_go(self, whole: Outcome, media: dict[str, Path]) -> None:
        success = {path.name: whole.table(name)["success"] for name, path in media.items()}
        assert set(success[BOTH].to_pylist()) == {True, False}
        assert set(success["no_face.mp4"].to_pylist()) == {False}
        for name in ("subj01.mp4", "glasses.mp4", "single_face.mp4", "sample1.jpg"):
            assert all(success[name].to_pylist()), name
