"""Exports of a dataset: killed and resumed, with inputs and tables that are not as they were."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError, DatasetError, OutputError, StorageFullError
from openface_core.exports.face_pictures import FacePictures
from openface_core.exports.openface.details_file import OpenFaceDetails
from openface_core.exports.overlay.exporter import Overlay
from openface_core.exports.plain_csv import PlainCsv
from openface_core.exports.rows import Rows
from openface_core.faces import Face, FacesInFrame
from openface_core.media import DecodedFrame
from pipelines.comparison.invariance import hashes
from pipelines.export import export
from pipelines.export_job.arguments import ExportArguments
from pipelines.export_job.report_arguments import ReportArguments
from pipelines.export_job.summary import ExportSummary
from pipelines.interactive import Analyser
from pipelines.report import report
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.clip_corpus import GOP, IN_MEMORY
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from transforms.dataset.run_lock import LOCK_NAME, held

FORMATS = ("openface-csv", "of-details", "hog", "aligned", "overlay", "csv")
KILLS = 10
PATIENCE_SECONDS = 120.0


@dataclass
class Exported:
    """A dataset, and exports of it."""

    corpus: LandmarkCorpus
    output: Path

    def run(self, *formats: str, **changes: object) -> ExportSummary:
        values = {
            "dataset": str(self.corpus.output),
            "output": str(self.output),
            "formats": formats or FORMATS,
            "models": str(self.corpus.models),
            "quiet": True,
            "beam": IN_MEMORY,
        }
        return export(ExportArguments(**(values | changes)))  # type: ignore[arg-type]


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    corpus = LandmarkCorpus(tmp_path)
    corpus.run()
    return Exported(corpus, tmp_path / "exports")


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_all_formats(exported: Exported) -> None:
    summary = exported.run()
    assert (summary.written, summary.finished, summary.failed) == (3, 0, 0)
    files = names_in(exported.output)
    for name in "abc":
        assert {
            f"openface-csv/{name}.csv",
            f"of-details/{name}_of_details.txt",
            f"hog/{name}.hog",
            f"aligned/{name}_aligned/frame_det_00_000004.bmp",
            f"overlay/{name}.mp4",
            f"csv/{name}.csv",
        } <= files
    assert not [name for name in files if "staging" in name or name.endswith(".tmp")]
    record = json.loads((exported.output / "export_records" / "aligned" / "a.json").read_text())
    assert record["files"] == ["a_aligned"]
    assert record["made"]["options"]["picture_type"] == "bmp"
    assert record["made"]["table_record"].startswith("sha256:")


def test_what_is_complete_is_not_touched(exported: Exported) -> None:
    exported.run()
    before = {path: path.stat().st_mtime_ns for path in exported.output.rglob("*")}
    assert exported.run().finished == 3
    assert {path: path.stat().st_mtime_ns for path in exported.output.rglob("*")} == before
    exported.run("openface-csv", columns=("2d",))
    changed = {path for path, when in before.items() if path.stat().st_mtime_ns != when}
    assert {p.relative_to(exported.output).parts[0] for p in changed if p.is_file()} <= {
        "openface-csv", "export_records",
    }  # fmt: skip
    (exported.output / "hog" / "a.hog").unlink()
    assert exported.run("hog").written == 1


def test_a_missing_video_costs_its_pictures_only(exported: Exported) -> None:
    (exported.corpus.videos / "b.mp4").rename(exported.corpus.folder / "b.mp4")
    summary = exported.run("openface-csv", "overlay")
    (problem,) = summary.problems
    assert (problem.video_id, problem.reason) == ("b", "there is no such file")
    assert "--videos" in problem.remedy
    assert sorted(path.name for path in (exported.output / "overlay").iterdir()) == [
        "a.mp4", "c.mp4",
    ]  # fmt: skip
    assert (exported.output / "openface-csv" / "b.csv").exists()
    assert pq.read_table(exported.output / "errors.parquet").num_rows == 1
    # Found where it is now, it is the only one that is written.
    found = exported.run(
        "openface-csv", "overlay", videos=str(exported.corpus.folder), video_ids=("b",)
    )
    assert (found.written, found.failed) == (1, 0)


def test_what_older_content_left_is_removed(exported: Exported) -> None:
    exported.run("aligned", "csv")
    assert (exported.output / "aligned" / "b_aligned").exists()
    landmarks = exported.corpus.points / "b.csv"
    write_landmarks(landmarks, face_clip(4, 1)[1], successes=[False] * 4)
    exported.corpus.run()
    assert exported.run("aligned", "csv").written == 1
    assert sorted(path.name for path in (exported.output / "aligned").iterdir()) == [
        "a_aligned", "c_aligned",
    ]  # fmt: skip
    assert (exported.output / "csv" / "b.csv").exists()


@pytest.mark.parametrize("error_number", [errno.ENOSPC, errno.EIO])
def test_storage_that_refuses_is_not_a_damaged_table(
    exported: Exported, monkeypatch: pytest.MonkeyPatch, error_number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(error_number, os.strerror(error_number))

    monkeypatch.setattr(PlainCsv, "add", refuse)
    if error_number == errno.ENOSPC:
        with pytest.raises(StorageFullError, match="there is no space left"):
            exported.run("csv")
        return
    summary = exported.run("csv")
    assert {problem.stage for problem in summary.problems} == {"writing"}
    assert all("it cannot be written" in problem.reason for problem in summary.problems)


@pytest.mark.parametrize("step", ["begin", "add", "finish"])
def test_a_format_that_fails_costs_no_other(
    exported: Exported, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a fault")

    monkeypatch.setattr(Overlay, step, fail)
    summary = exported.run("aligned", "overlay", "hog")
    assert (summary.written, summary.failed) == (0, 3)
    assert {problem.reason for problem in summary.problems} == {"unexpected ValueError: a fault"}
    assert {problem.stage for problem in summary.problems} == {"export"}
    assert exported.run("aligned", "hog").finished == 3
    assert not (exported.output / "overlay").exists()


def test_one_export_at_a_time(exported: Exported) -> None:
    exported.output.mkdir()
    at_work = exported.output / ".staging" / "another's"
    with held(str(exported.output)):
        at_work.mkdir(parents=True)
        with pytest.raises(OutputError, match="another run works in this folder"):
            exported.run("csv")
        assert at_work.exists()
        assert not (exported.output / "errors.parquet").exists()
    assert exported.run("csv").written == 3
    assert not (exported.output / LOCK_NAME).exists()


def test_another_dataset_is_refused(exported: Exported, tmp_path: Path) -> None:
    corpus, first = exported.corpus, exported.corpus.output
    exported.run("csv")
    before = (exported.output / "csv" / "b.csv").read_bytes()
    corpus.output = tmp_path / "second"
    measure_anew(corpus, "b", 7, inputs=3)
    with pytest.raises(ConfigError, match=f"exports of another dataset, {first}"):
        exported.run("csv")
    shutil.rmtree(corpus.output / "frames" / "video_id=b")
    (corpus.output / "frames" / "video_id=a").rename(corpus.output / "frames" / "video_id=d")
    (corpus.output / "frames" / "video_id=c").rename(corpus.output / "frames" / "video_id=e")
    with pytest.raises(ConfigError, match="--force"):
        exported.run("csv")
    assert (exported.output / "csv" / "b.csv").read_bytes() == before
    assert exported.run("csv", force=True).written == 2
    description = json.loads((exported.output / "export_description.json").read_text())
    assert description["Dataset"] == str(corpus.output)


def test_a_dataset_that_has_moved_or_grown_is_the_same(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = exported.corpus
    exported.run("csv", video_ids=("a", "b"))
    corpus.output = corpus.output.rename(corpus.folder / "moved")
    assert exported.run("csv", video_ids=("c",)).written == 1
    monkeypatch.chdir(corpus.output)
    assert exported.run("csv", dataset=".").finished == 3
    corpus.write("d", 3)
    corpus.run()
    measure_anew(corpus, "b", 7)
    monkeypatch.chdir(corpus.folder)
    assert exported.run("csv", dataset="moved").written == 2
    assert json.loads((exported.output / "export_description.json").read_text())["Dataset"] == str(
        corpus.output
    )


def test_a_report_moves_with_its_dataset(exported: Exported) -> None:
    corpus = exported.corpus
    corpus.run(report=True)
    corpus.output = corpus.output.rename(corpus.folder / "moved")
    for seed, name in enumerate("abc"):
        write_landmarks(corpus.points / f"{name}.csv", face_clip(4, 7 + seed)[1])
    assert corpus.run(report=True).pages_failed == 0


def test_the_report_of_a_run(exported: Exported) -> None:
    corpus = exported.corpus
    folder = corpus.output / "report"
    with held(str(folder)), pytest.raises(OutputError, match="another run works in this folder"):
        report(ReportArguments(str(corpus.output), quiet=True, beam=IN_MEMORY))
    (corpus.videos / "b.mp4").unlink()
    summary = corpus.run(report=True)
    assert summary.report == f"{folder}/index.html"
    assert (summary.inputs_failed, summary.pages_failed, summary.exit_status) == (0, 1, 3)
    assert sorted(path.name for path in (folder / "report").iterdir()) == ["a.html", "c.html"]
    assert not [*corpus.output.rglob(LOCK_NAME)]


def measure_anew(corpus: LandmarkCorpus, name: str, seed: int, inputs: int = 1) -> None:
    """Analyse an input again, with other landmarks."""
    write_landmarks(corpus.points / f"{name}.csv", face_clip(4, seed)[1])
    assert corpus.run().inputs_written == inputs


def test_what_cannot_be_written_anew_does_not_stay_as_it_was(exported: Exported) -> None:
    exported.run("overlay", "csv")
    measure_anew(exported.corpus, "b", 7)
    (exported.corpus.videos / "b.mp4").unlink()
    (exported.corpus.videos / "c.mp4").unlink()
    summary = exported.run("overlay", "csv")
    assert (summary.written, summary.finished, summary.failed) == (0, 2, 1)
    assert "1 was written in some formats only" in str(summary)
    again = exported.run("overlay", "csv")  # the CSV is complete now
    assert "0 inputs failed, 1 was written in some formats only" in str(again)
    for folder, names in (("overlay", "ac"), ("csv", "abc"), ("export_records/overlay", "ac")):
        assert [path.stem for path in sorted((exported.output / folder).iterdir())] == [*names]
    # What is of this content stays, also where it cannot be made again.
    assert exported.run("overlay", force=True).failed == 2
    assert (exported.output / "overlay" / "c.mp4").exists()


def test_the_index_lists_pages_of_this_content_alone(exported: Exported) -> None:
    corpus = exported.corpus
    folder = corpus.output / "report"

    def listed(*video_ids: str) -> str:
        arguments = ReportArguments(
            str(corpus.output), video_ids=video_ids, quiet=True, beam=IN_MEMORY
        )
        report(arguments)
        text = (folder / "index-data.js").read_text()
        rows = json.loads(text.removeprefix("window.reports=").rstrip(";\n"))["rows"]
        return "".join(row[0] for row in rows)

    assert listed() == "abc"
    measure_anew(corpus, "b", 7)
    (corpus.videos / "b.mp4").unlink()
    assert listed("a") == "ac"
    assert (folder / "report" / "b.html").exists()
    assert listed() == "ac"
    assert not (folder / "report" / "b.html").exists()


def test_files_name_no_place_that_is_not_the_inputs(exported: Exported) -> None:
    corpus = exported.corpus
    for name in "ab":
        (corpus.videos / name).mkdir()
        (corpus.videos / f"{name}.mp4").rename(corpus.videos / name / "video.mp4")
        (corpus.points / f"{name}.csv").rename(corpus.points / f"{name}_video.csv")
    corpus.output = corpus.folder / "tree"
    assert corpus.run(inputs=(f"{corpus.videos}/**/*.mp4",)).inputs_written == 3
    moved = corpus.folder / "moved"
    moved.mkdir()
    shutil.copy(corpus.videos / "a" / "video.mp4", moved / "video.mp4")
    write_clip(moved / "c.mp4", 4, seed=9)
    pytest.importorskip("pympi")
    formats = ("of-details", "annotations", "csv", "overlay")
    reasons = ["whose paths differ in folders alone"] * 2 + ["it has changed since"]
    for force in (False, True):
        summary = exported.run(*formats, videos=str(moved), force=force)
        assert (summary.written, summary.failed) == (0, 3)
        assert len(summary.problems) == 3, "each is told once"
        for problem, reason in zip(summary.problems, reasons, strict=True):
            assert reason in problem.reason
        assert len(names_in(exported.output / "csv")) == 3
        if not force:
            assert {path.name for path in exported.output.iterdir()} == {
                "csv", "errors.parquet", "export_description.json", "export_records",
            }  # fmt: skip
            assert exported.run(*formats).written == 3
    # What was written of the place where they were is of this content.
    assert len(names_in(exported.output / "annotations")) == 6
    assert exported.run(*formats).finished == 3


def test_a_relative_folder_of_videos_is_named_from_the_root(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = exported.corpus.folder
    (folder / "one").mkdir()
    exported.corpus.videos.rename(folder / "one" / "now")
    for project in ("one", "two"):
        monkeypatch.chdir(folder / project)
        assert exported.run("of-details", videos="now").written == 3
        lines = (exported.output / "of-details" / "a_of_details.txt").read_text().splitlines()
        assert lines[1] == f"Input full path:{folder / project / 'now' / 'a.mp4'}"
        assert exported.run("of-details", videos="now").finished == 3
        monkeypatch.chdir(folder)
        if project == "one":
            (folder / "one").rename(folder / "two")  # what was written names a place that is gone


@pytest.mark.skipif(sys.platform != "linux", reason="a name that other systems do not have")
def test_a_dataset_that_was_moved(exported: Exported, tmp_path: Path) -> None:
    corpus, odd = exported.corpus, os.fsdecode(b"caf\xff.mp4")
    for old, new in (("a", "sub-01/video.mp4"), ("b", "sub-02/video.mp4"), ("c", odd)):
        (corpus.videos / new).parent.mkdir(exist_ok=True)
        (corpus.videos / f"{old}.mp4").rename(corpus.videos / new)
    (corpus.points / "c.csv").rename(corpus.points / os.fsdecode(b"caf\xff.csv"))
    for old in "ab":
        (corpus.points / f"{old}.csv").rename(corpus.points / f"sub-0{'_ab'.index(old)}_video.csv")
    corpus.output = tmp_path / "tree"
    assert corpus.run(inputs=(f"{corpus.videos}/**/*.mp4",)).inputs_written == 3
    assert exported.run("of-details", "overlay").written == 3
    overlays = {path: path.stat().st_mtime_ns for path in (exported.output / "overlay").iterdir()}
    moved = tmp_path / "moved"
    corpus.videos.rename(moved)
    assert exported.run("of-details", "overlay", videos=str(moved)).written == 3
    assert exported.run("of-details", "overlay", videos=str(moved)).finished == 3
    for details in (exported.output / "of-details").iterdir():
        assert details.read_text().startswith(f"Input:{moved}/")
    assert {path: path.stat().st_mtime_ns for path in overlays} == overlays  # they name no place
    (moved / "sub-01" / "video.mp4").rename(moved / "video.mp4")
    shutil.rmtree(moved / "sub-02")
    summary = exported.run("csv", "overlay", videos=str(moved), force=True)
    assert (summary.written, summary.failed) == (1, 2)
    for problem in summary.problems:
        assert problem.uri == f"{moved}/video.mp4"
        assert all(f"sub-0{k}/video.mp4" in problem.reason for k in (1, 2))
    assert len(list((exported.output / "csv").iterdir())) == 3


def test_a_part_that_a_video_does_not_have_costs_its_overlay_only(exported: Exported) -> None:
    summary = exported.run("aligned", "overlay", from_seconds=60.0)
    assert [problem.video_id for problem in summary.problems] == ["a", "b", "c"]
    assert {problem.reason for problem in summary.problems} == {"it has no frame from 60 s"}
    files = names_in(exported.output)
    assert "aligned/c_aligned/frame_det_00_000004.bmp" in files
    assert not [name for name in files if name.startswith("overlay/")]
    assert exported.run("aligned").finished == 3


def listed_of(exported: Exported, name: str) -> list[str]:
    """Return the files that the details of an input list."""
    text = (exported.output / "of-details" / f"{name}_of_details.txt").read_text()
    return [line.partition(":")[2] for line in text.splitlines() if line.startswith("Output ")]


def test_details_list_what_was_written(
    exported: Exported, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OPENFACE_MODELS_DIR", raising=False)
    monkeypatch.delenv("OPENFACE_REFERENCE", raising=False)
    formats = ("of-details", "openface-csv", "overlay", "hog")
    video = exported.corpus.videos / "b.mp4"
    video.rename(tmp_path / "b.mp4")
    assert exported.run(*formats, models=None).failed == 3
    assert listed_of(exported, "a") == ["a.mp4", "a.csv"]
    assert listed_of(exported, "b") == ["b.csv"]
    assert exported.run(*formats).failed == 1
    assert listed_of(exported, "a") == ["a.hog", "a.mp4", "a.csv"]
    (tmp_path / "b.mp4").rename(video)
    assert exported.run(*formats).finished == 2
    assert listed_of(exported, "b") == ["b.hog", "b.mp4", "b.csv"]
    assert exported.run(*formats).finished == 3
    exported.run(*formats, from_seconds=60.0)
    assert listed_of(exported, "c") == ["c.hog", "c.csv"]


def test_details_that_a_killed_export_left_are_written_anew(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = ("of-details", "overlay")
    exported.run(*formats, from_seconds=60.0)
    assert listed_of(exported, "a") == []
    with monkeypatch.context() as patched:  # the overlay is there, and what lists it is not

        def end(*_: object) -> None:
            raise StorageFullError.on("out", "the disk is full")

        patched.setattr(OpenFaceDetails, "begin", end)
        with pytest.raises(StorageFullError):
            exported.run(*formats)
    for name in "abc":
        exported.run("overlay", video_ids=(name,))
    assert exported.run(*formats).written == 3
    assert listed_of(exported, "a") == ["a.mp4"]


def test_a_dataset_without_tables_is_refused(exported: Exported, tmp_path: Path) -> None:
    shutil.rmtree(exported.corpus.output / "frames")
    with pytest.raises(DatasetError, match="it has no tables"):
        exported.run("csv")
    assert not (exported.output / "csv").exists()


def test_faces_that_no_video_has_cost_overlays_only(exported: Exported) -> None:
    summary = exported.run("aligned", "overlay", faces=(7,))
    assert [problem.video_id for problem in summary.problems] == ["a", "b", "c"]
    assert {problem.reason for problem in summary.problems} == {"it has no face 7"}
    files = names_in(exported.output)
    assert "aligned/c_aligned/frame_det_00_000004.bmp" in files
    assert not [name for name in files if name.startswith("overlay/")]


def test_a_changed_video_is_refused(exported: Exported) -> None:
    write_clip(exported.corpus.videos / "b.mp4", 4, seed=9)
    summary = exported.run("overlay")
    (problem,) = summary.problems
    assert problem.video_id == "b"
    assert "changed since it was analysed" in problem.reason
    assert not (exported.output / "overlay" / "b.mp4").exists()


def test_a_damaged_table_costs_one_row(exported: Exported) -> None:
    table = exported.corpus.table("b")
    content = table.read_bytes()
    table.write_bytes(content[:200] + bytes(len(content) - 500) + content[-300:])
    summary = exported.run("openface-csv")
    assert [problem.video_id for problem in summary.problems] == ["b"]
    assert "damaged" in summary.problems[0].reason
    assert summary.written + 1 == 3
    assert not (exported.output / "openface-csv" / "b.csv").exists()


def test_shared_files_of_a_dataset(exported: Exported, tmp_path: Path) -> None:
    config = tmp_path / "shared.toml"
    config.write_text("name = 'default'\n[output]\nbuckets = 2\nrow_group_rows = 3\n")
    own = tmp_path / "shared"
    exported.corpus.run(output=str(own), config=str(config))
    exported.run("openface-csv", "csv")
    exported.run("openface-csv", "csv", dataset=str(own), output=str(tmp_path / "from shared"))
    for name in ("openface-csv/a.csv", "csv/c.csv"):
        expected = (exported.output / name).read_bytes()
        assert (tmp_path / "from shared" / name).read_bytes() == expected


def test_landmarks_go_there_and_back(exported: Exported, tmp_path: Path) -> None:
    exported.run("openface-csv")
    again = tmp_path / "again"
    exported.corpus.run(output=str(again), landmarks=str(exported.output / "openface-csv"))
    first, second = (
        pq.ParquetFile(folder / "frames" / "video_id=a" / "frames.parquet").read()
        for folder in (exported.corpus.output, again)
    )
    for axis in "xy":
        for k in (0, 30, 67):
            column = f"{axis}_{k}"
            difference = np.subtract(first[column].to_numpy(), second[column].to_numpy())
            assert np.abs(difference).max() <= 0.0501
    assert first["success"].equals(second["success"])


def test_what_is_refused(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        exported.run(output=str(tmp_path / "mine"))
    with pytest.raises(DatasetError, match="it is no dataset"):
        exported.run(dataset=str(tmp_path / "mine"))
    with pytest.raises(ConfigError, match="no such video"):
        exported.run(video_ids=("zzz",))
    with pytest.raises(ConfigError, match="no such folder"):
        exported.run(videos=str(tmp_path / "nowhere"))
    for name in ("xls", "report"):
        with pytest.raises(ConfigError, match="there is no such format"):
            exported.run(name)
    with pytest.raises(ConfigError, match="there is no such dialect"):
        exported.run("openface-csv", dialect="tabs")
    with pytest.raises(ConfigError, match="not written in this form"):
        exported.run("aligned", picture_type="tif")
    assert not exported.output.exists()


def test_missing_models_are_named(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENFACE_MODELS_DIR", raising=False)
    monkeypatch.delenv("OPENFACE_REFERENCE", raising=False)
    summary = exported.run("aligned", "hog", "overlay", "csv", models=None)
    assert summary.failed == 3
    assert {problem.stage for problem in summary.problems} == {"models"}
    # An overlay is drawn from the table alone.
    assert len(list((exported.output / "overlay").glob("*.mp4"))) == 3
    assert exported.run("overlay", models=None).finished == 3
    assert "--models" in summary.problems[0].remedy
    assert (exported.output / "csv" / "a.csv").exists()
    assert not any((exported.output / name).exists() for name in ("aligned", "hog"))


def test_a_csv_is_written_again_once_the_shape_model_is_named(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENFACE_MODELS_DIR", raising=False)
    monkeypatch.delenv("OPENFACE_REFERENCE", raising=False)
    write_landmarks(exported.corpus.points / "b.csv", face_clip(4, 1)[1], successes=[False] * 4)
    exported.corpus.run()

    def depths() -> set[float]:
        table = pd.read_csv(exported.output / "openface-csv" / "b.csv")
        return set(table.filter(regex="^Z_").to_numpy().ravel())

    summary = exported.run("openface-csv", models=None)
    assert (summary.written, summary.without_shape, depths()) == (3, ("b",), {0.0})
    assert "in the CSV of b: the shape model was not found. Name its folder" in str(summary)
    assert exported.run("openface-csv", models=None).finished == 3
    summary = exported.run("openface-csv")
    assert (summary.written, summary.without_shape, 0.0 in depths()) == (3, (), False)
    # Without the model again, what was written with it is better than anything new.
    assert exported.run("openface-csv", models=None).finished == 3
    assert exported.run("openface-csv", models=None, columns=("2d",)).without_shape == ()


def test_faces_and_descriptors_are_those_that_the_analysis_saw(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", face_clip(8)[0], options=GOP)
    seen: dict[int, Face] = {}
    analyser = Analyser("embedded", progress=False)

    def keep(frame: DecodedFrame, measured: FacesInFrame) -> None:
        for face in measured.faces.values():
            if face.is_measured:
                seen[frame.index + 1] = face

    core = analyser._core
    core.video(str(clip), on_faces=keep)
    saved = analyser.video(clip).save(tmp_path / "results")
    assert seen
    arguments = ExportArguments(
        dataset=str(tmp_path / "results"),
        output=str(tmp_path / "exports"),
        formats=("hog", "aligned"),
        models="embedded",
        quiet=True,
        beam=IN_MEMORY,
    )
    assert export(arguments).written == 1
    folder = tmp_path / "exports" / "aligned" / "clip_aligned"
    records = np.fromfile(tmp_path / "exports" / "hog" / "clip.hog", "<f4").reshape(8, -1)
    rows = Rows(pq.ParquetFile(saved).read())
    pictures = FacePictures(core.engine.tracked_meter)
    for number, face in seen.items():
        # Pictures hardly show the last bits of a transform.
        nothing = np.zeros((2, 2, 3), dtype=np.uint8)
        matrix = pictures.aligned(rows, number - 1, nothing).matrix
        np.testing.assert_array_equal(matrix, face.aligned.matrix)
        picture = cv2.imread(str(folder / f"frame_det_00_{number:06}.bmp"))
        np.testing.assert_array_equal(picture, face.aligned.image)
        np.testing.assert_array_equal(records[number - 1, 4:], face.fhog)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_ten_kills(tmp_path: Path) -> None:
    corpus = LandmarkCorpus(tmp_path)
    for seed, name in enumerate("defghijklm"):
        corpus.write(name, seed, 40)
    corpus.run()
    whole = Exported(corpus, tmp_path / "whole")
    assert whole.run().written == 13
    expected = hashes(whole.output)

    command = [
        sys.executable, "-m", "pipelines.export", "--quiet", "--dataset", str(corpus.output),
        "--output", str(tmp_path / "killed"), "--models", str(corpus.models),
        "--format", *FORMATS,
    ]  # fmt: skip
    output = tmp_path / "killed"
    kills = complete = 0
    while kills < KILLS:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        target = complete + 6 * (kills % 2) + 1
        end = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and len(list(output.glob("export_records/*/*"))) < target:
            assert time.monotonic() < end, "the export hangs"
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        found = {path: path.stat().st_mtime_ns for path in output.glob("export_records/*/*.json")}
        complete = len(found)
        # Whatever has its place is whole.
        written = {key: value for key, value in hashes(output).items() if ".staging" not in key}
        assert {key: expected[key] for key in written if key in expected} == {
            key: value for key, value in written.items() if key in expected
        }
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0
    assert hashes(output) == expected
