"""An input is its place and its content, from run to run, whatever lies beside it."""

import os
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.run import main
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.synthetic_models.tiny_networks import write_models


class Study:
    """Clips in folders, with landmarks by name, and one dataset."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "out"
        self.models = write_models(folder / "models")

    def write(self, name: str, frames: int) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_clip(path, frames, frames)
        return path

    def run(self, *inputs: str | Path, landmarks: Path | None = None) -> int:
        argv = ["--input", *map(str, inputs), "--output", str(self.output), "--quiet"]
        argv += ["--models", str(self.models), "--direct_running_mode=in_memory"]
        return main([*argv, *(["--landmarks", str(landmarks)] if landmarks else [])])

    def points(self, frames: int) -> Path:
        path = self.folder / "points" / f"{frames}.csv"
        write_landmarks(path, face_clip(frames, frames)[1])
        return path

    def frames(self) -> dict[str, int]:
        rows = pq.ParquetFile(self.output / "summary.parquet").read().to_pylist()
        return {row["video_id"]: row["frames"] for row in rows}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def test_inputs_of_one_name_in_two_runs(study: Study) -> None:
    for subject, frames in (("sub-01", 4), ("sub-02", 6)):
        path = study.write(f"{subject}/video.mp4", frames)
        assert study.run(path, landmarks=study.points(frames)) == 0
    assert study.frames() == {"video": 4, "video.mp4": 6}


def test_a_neighbour_that_came_later(study: Study) -> None:
    first = study.write("in/visit.mp4", 4)
    assert study.run(first, landmarks=study.points(4)) == 0
    table = next(study.output.glob("frames/*/frames.parquet"))
    before = table.stat().st_mtime_ns
    study.write("in/visit.mkv", 6)
    for name, frames in (("visit", 4), ("visit.mkv", 6)):
        shutil.copy(study.points(frames), study.folder / "points" / f"{name}.csv")
    assert study.run(study.folder / "in", landmarks=study.folder / "points") == 0
    assert study.frames() == {"visit": 4, "visit.mkv": 6}
    assert table.stat().st_mtime_ns == before


def test_a_renamed_file_does_not_stay_twice(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study.write("in/visit.mp4", 4)
    assert study.run(path, landmarks=study.points(4)) == 0
    path.rename(study.folder / "in" / "baseline.mp4")
    assert study.run(study.folder / "in" / "baseline.mp4", landmarks=study.points(4)) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert study.frames() == {"visit": 4}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_names_that_are_no_text(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    study.write("in/a.mp4", 4)
    strange = os.fsdecode(os.fsencode(study.folder) + b"/in/caf\xe9.mp4")
    shutil.copy(study.write("elsewhere/b.mp4", 6), strange)
    with open(os.fsencode(study.folder) + b"/in/b\xff.mp4", "wb") as file:  # noqa: PTH123
        file.write(b"no video")
    for name, frames in (("a", 4), (os.fsdecode(b"caf\xe9"), 6), (os.fsdecode(b"b\xff"), 4)):
        shutil.copy(study.points(frames), study.folder / "points" / f"{name}.csv")
    for _ in range(2):
        assert study.run(study.folder / "in", landmarks=study.folder / "points") == 3
        assert sorted(study.frames().values()) == [4, 6]
        (row,) = pq.read_table(study.output / "errors.parquet").to_pylist()
        assert row["uri"].endswith(r"in/b\xff.mp4")
        rows = pq.read_table(study.output / "summary.parquet").to_pylist()
        assert any(row["uri"].endswith(r"in/caf\xe9.mp4") for row in rows)
    assert "Traceback" not in capsys.readouterr().err
