"""The analysis of one input in memory, with a real engine on synthetic models."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from models import locate_models
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.calibration import NOBODY_AT_REST
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import CalibrationSettings, OutputSettings, RunSettings
from openface_core.analysis.sources import TrackedFace
from openface_core.errors import (
    ConfigError,
    LandmarkFileError,
    MediaError,
    ModelFileError,
    OutputError,
    StorageFullError,
)
from openface_core.face_tracking import FacesSettings
from openface_core.faces import Face, FacesInFrame, FaceStatus
from openface_core.media import DecodedFrame
from openface_core.rest_frames import RestRanges
from pipelines.interactive import Analysis
from tests.fixtures.faces.clips import (
    HEIGHT_PX,
    WIDTH_PX,
    dark_frames,
    face_clip,
    write_clip,
    write_landmarks,
    write_picture,
)
from tests.fixtures.media.writing import write_video
from tests.twins.sequential_analysis import analyse_video
from transforms.dataset import run_lock
from transforms.dataset.provenance import RunProvenance, read_content
from transforms.dataset.run_lock import LOCK_NAME, held
from transforms.records import VideoTask

SETTINGS = RunSettings()
WIDEST = replace(SETTINGS, faces=FacesSettings("widest"))
RUN = RunProvenance(SETTINGS.as_dict(), {"model": "00"})
PX_TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def engine(models_folder: Path) -> Engine:
    files = locate_models(models_folder, ModelSelection(), with_networks=False)
    return load_engine(files, RunSettings())


def analyse(
    engine: Engine, uri: Path, landmarks: Path | None, settings: RunSettings = SETTINGS
) -> Analysis:
    """Analyse an input, and compare with the sequential twin."""
    task = VideoTask("v", str(uri), "P1", None if landmarks is None else str(landmarks))
    core = Analyser(engine, settings)
    measured = core.video(task.uri, landmarks_uri=task.landmarks_uri)
    analysis = Analysis(task, measured, read_content(task), RUN, core)
    twin = analyse_video(task, engine, settings, RUN, lambda: None)
    table = measured.table.replace_schema_metadata(analysis.metadata())
    assert table.equals(twin.result.table, check_metadata=True)
    return analysis


def record(analysis: Analysis) -> dict[str, Any]:
    return json.loads(analysis.metadata()["openface_beam"])


def test_rows_are_frames(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    points = write_landmarks(tmp_path / "v.csv", face_clip()[1])
    seen: list[tuple[int, bool]] = []
    analysis = analyse(engine, clip, points)
    Analyser(engine, SETTINGS).video(
        str(clip),
        landmarks_uri=str(points),
        on_faces=lambda frame, seen_in: seen.append((frame.index, seen_in.faces[0].is_measured)),
    )
    assert seen == [(index, True) for index in range(6)]
    table = analysis.measured.table
    assert record(analysis)["frames_decoded"] == record(analysis)["frames_with_face"] == 6
    assert table["frame"].to_pylist() == [1, 2, 3, 4, 5, 6]
    assert table["success"].to_pylist() == [True] * 6
    np.testing.assert_allclose(table["timestamp"], np.arange(6) / 30, atol=1e-9)
    relative = engine.video_models.relative_columns  # three frames calibrate them, which is too few
    for name in table.column_names:
        if name.startswith(("AU", "x_")):
            assert table[name].null_count == (6 if relative.get(name) else 0), name
    for axis, letter in enumerate("xy"):
        found = np.stack([table[f"{letter}_{k}"] for k in range(68)], axis=1)
        np.testing.assert_allclose(found, face_clip()[1][:, :, axis], rtol=0, atol=PX_TOLERANCE)
    assert analysis.warnings == ()


def test_a_face_that_comes_and_goes(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    seen = [True, False, True, True, False, True]
    points = write_landmarks(tmp_path / "v.csv", face_clip()[1], seen)
    analysis = analyse(engine, clip, points)
    table = analysis.measured.table
    assert table["success"].to_pylist() == seen
    assert record(analysis)["frames_with_face"] == 4
    below = table.column_names[table.column_names.index("success") + 1 :]
    for name in below:
        if name.startswith(("gaze_", "eye_lmk_")):  # there are no eye models here
            assert table[name].null_count == len(seen)
            continue
        if engine.video_models.relative_columns.get(name):  # too few frames calibrate them
            assert table[name].null_count == len(seen)
            continue
        assert [value is not None for value in table[name].to_pylist()] == seen, name
    assert table["confidence"].to_pylist() == pytest.approx([0.95, 0.1, 0.95, 0.95, 0.1, 0.95])
    # Frames 0, 2, 4 move the medians, and frame 4 has no face.
    assert record(analysis)["faces"][0]["calibration_frames"] == 2
    assert record(analysis)["faces"][0]["calibration"] == "video"


def test_no_face_at_all_is_not_a_failure(engine: Engine, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "v.mp4", dark_frames(3))
    points = write_landmarks(tmp_path / "v.csv", face_clip(3)[1], [False] * 3)
    analysis = analyse(engine, clip, points)
    assert analysis.measured.table["success"].to_pylist() == [False] * 3
    assert analysis.measured.table["AU01_r"].null_count == 3
    assert record(analysis)["faces"][0]["calibration_frames"] == 0


def test_coinciding_landmarks_are_no_face(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4", 2)
    landmarks = face_clip(2)[1].copy()
    landmarks[1] = 50.0
    analysis = analyse(engine, clip, write_landmarks(tmp_path / "v.csv", landmarks))
    assert analysis.measured.table["success"].to_pylist() == [True, False]
    assert analysis.measured.table["x_0"].to_pylist()[1] is None


def test_the_record(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mkv", 2)
    points = write_landmarks(tmp_path / "v.csv", face_clip(2)[1])
    found = record(analyse(engine, clip, points))
    assert found["input_uri"] == str(clip)
    assert found["input_fingerprint"].startswith("sha256:")
    assert found["input_kind"] == "video"
    assert found["decoder"].startswith("PyAV")
    assert (found["frame_width_px"], found["frame_height_px"]) == (WIDTH_PX, HEIGHT_PX)
    assert found["landmarks_uri"] == str(points)
    assert found["onnxruntime_providers"] == []
    assert found["person_id"] == "P1"
    assert found["models_sha256"] == {"model": "00"}
    assert found["frames_decoded"] == found["frames_with_face"] == 2


def test_an_image_has_no_median(engine: Engine, tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "v.png", face_clip(1)[0][0])
    points = write_landmarks(tmp_path / "v.csv", face_clip(1)[1])
    analysis = analyse(engine, picture, points)
    assert analysis.measured.table.num_rows == 1
    assert record(analysis)["input_kind"] == "image"
    assert record(analysis)["faces"][0]["calibration"] == "none"
    assert record(analysis)["faces"][0]["calibration_frames"] == 0


def test_times_as_openface_gives_them(engine: Engine, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "v.mp4", face_clip(3)[0], pts_seconds=[0.0, 0.5, 0.6])
    points = write_landmarks(tmp_path / "v.csv", face_clip(3)[1])
    by_container = analyse(engine, clip, points).measured.table["timestamp"].to_pylist()
    assert by_container == pytest.approx([0.0, 0.5, 0.6], abs=1e-3)
    settings = replace(RunSettings(), output=OutputSettings(timestamps="frame_number"))
    analysis = analyse(engine, clip, points, settings)
    rate = record(analysis)["average_rate_fps"]
    by_number = analysis.measured.table["timestamp"].to_pylist()
    assert by_number == pytest.approx([0.0, 1 / rate, 2 / rate])


@pytest.mark.parametrize("timestamps", ["container", "frame_number"])
def test_a_picture_is_at_zero(timestamps: str, engine: Engine, tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "v.png", face_clip(1)[0][0])
    points = write_landmarks(tmp_path / "v.csv", face_clip(1)[1])
    settings = replace(RunSettings(), output=OutputSettings(timestamps=timestamps))
    measured = analyse(engine, picture, points, settings).measured
    assert measured.table["timestamp"].to_pylist() == [0.0]


@pytest.mark.parametrize("count", [2, 4])
def test_landmarks_of_another_length(count: int, engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4", 3)
    points = write_landmarks(tmp_path / "v.csv", face_clip(count)[1])
    with pytest.raises(LandmarkFileError, match=f"for {count} frames, the video has 3"):
        analyse(engine, clip, points)


def test_neither_networks_nor_landmarks(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="neither networks nor given landmarks"):
        analyse(engine, write_clip(tmp_path / "v.mp4", 1), None)


def test_damage_in_the_middle_is_a_warning(engine: Engine, tmp_path: Path) -> None:
    for index in range(4):
        write_picture(tmp_path / "v" / f"{index}.png", face_clip(4)[0][index])
    path = tmp_path / "v" / "2.png"
    path.write_bytes(path.read_bytes()[:200])
    points = write_landmarks(tmp_path / "v.csv", face_clip(3)[1])
    analysis = analyse(engine, tmp_path / "v", points)
    assert record(analysis)["frames_decoded"] == 3
    assert record(analysis)["input_kind"] == "image_sequence"
    (warning,) = analysis.warnings
    assert "2.png" in warning
    assert record(analysis)["decoding_warnings"] == [warning]


def test_what_cannot_be_opened(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"")
    points = write_landmarks(tmp_path / "v.csv", face_clip(1)[1])
    with pytest.raises(MediaError, match="empty"):
        analyse(engine, tmp_path / "v.mp4", points)


def test_faces_of_a_network(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landmarks = face_clip(3)[1]

    def observe(self: TrackedFace, frame: DecodedFrame) -> FacesInFrame:
        face = Face(FaceStatus.FOUND, landmarks[frame.index], 0.5 + 0.125 * frame.index)
        return FacesInFrame({0: face})

    monkeypatch.setattr(TrackedFace, "observe", observe)
    faces = SimpleNamespace(network=_FakeNetwork())
    with_networks = replace(engine, faces=faces)  # type: ignore[arg-type]
    analysis = analyse(with_networks, write_clip(tmp_path / "v.mp4", 3), None, WIDEST)
    assert analysis.measured.table["confidence"].to_pylist() == [0.5, 0.625, 0.75]
    assert record(analysis)["onnxruntime_providers"] == ["FakeExecutionProvider"]
    assert record(analysis)["landmarks_uri"] is None


class _FakeNetwork:
    providers = ("FakeExecutionProvider",)


REST = replace(SETTINGS, calibration=CalibrationSettings("rest"))


def test_calibration_on_rest_frames(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    points = str(write_landmarks(tmp_path / "v.csv", face_clip()[1]))
    core = Analyser(engine, REST)
    found = core.video(str(clip), landmarks_uri=points, rest=RestRanges.parse(None, "2-4"))
    assert found.faces[0].calibration_mode == "rest"
    assert found.faces[0].calibration_frames == 3
    whole = core.video(str(clip), landmarks_uri=points, rest=RestRanges.parse(None, "1-6"))
    assert found.table["x_0"].equals(whole.table["x_0"])
    assert not found.table.equals(whole.table)


def test_rest_frames_of_a_video_that_shows_nobody(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    points = str(write_landmarks(tmp_path / "v.csv", face_clip()[1], [False] * 6))
    core = Analyser(engine, REST)
    found = core.video(str(clip), landmarks_uri=points, rest=RestRanges.parse(None, "2-4"))
    assert found.table["success"].to_pylist() == [False] * 6
    assert found.notes == (NOBODY_AT_REST,)
    assert core.video(str(clip), landmarks_uri=points, rest=RestRanges()).notes == found.notes


def test_rest_frames_must_be_named(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4", 1)
    points = str(write_landmarks(tmp_path / "v.csv", face_clip(1)[1]))
    with pytest.raises(ConfigError, match="none are named"):
        Analyser(engine, REST).video(str(clip), landmarks_uri=points)


@pytest.mark.parametrize("part_frames", [1, 2, 4])
def test_a_long_video_goes_through_files(
    part_frames: int, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    points = write_landmarks(tmp_path / "v.csv", face_clip()[1])
    whole = analyse(engine, clip, points).measured.table
    monkeypatch.setattr("openface_core.analysis.recording.PART_FRAMES", part_frames)
    assert analyse(engine, clip, points).measured.table.equals(whole)


def test_summary_and_frames_are_data_frames(engine: Engine, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "v.mp4")
    points = write_landmarks(tmp_path / "v.csv", face_clip()[1])
    analysis = analyse(engine, clip, points)
    assert len(analysis.frames) == 6
    assert analysis.frames["frame"].tolist() == [1, 2, 3, 4, 5, 6]
    (row,) = analysis.summary.to_dict("records")
    assert (row["video_id"], row["person_id"], row["frames"]) == ("v", "P1", 6)
    assert row["success_rate"] == 1.0
    assert "<table" in analysis._repr_html_()


@pytest.mark.parametrize(("count", "frames"), [(19, 10), (18, 9)])
def test_dynamic_units_are_given_from_ten_frames_of_medians_on(
    count: int, frames: int, engine: Engine, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "v.mp4", count)
    points = write_landmarks(tmp_path / "v.csv", face_clip(count)[1])
    analysis = analyse(engine, clip, points, WIDEST)
    table, summary = analysis.measured.table, analysis.measured.faces[0].summary
    assert set(table["calibration_frames"].to_pylist()) == {frames}
    for name, is_relative in engine.video_models.relative_columns.items():
        is_given = frames == 10 or not is_relative
        assert table[name].null_count == (0 if is_given else count), name
        in_summary = f"{name}_mean" if name.endswith("_r") else f"{name}_percent_present"
        assert (summary[in_summary] is not None) == is_given
    always = replace(WIDEST, calibration=replace(WIDEST.calibration, least_frames=0))
    given = analyse(engine, clip, points, always).measured.table
    for name in table.column_names:
        assert given[name].null_count == 0 or name.startswith(("gaze_", "eye_lmk_")), name
        if not engine.video_models.relative_columns.get(name) or frames == 10:
            assert given[name].equals(table[name])


def test_a_picture_has_no_medians(engine: Engine, tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "v.png", face_clip(1)[0][0])
    points = write_landmarks(tmp_path / "v.csv", face_clip(1)[1])
    table = analyse(engine, picture, points).measured.table
    assert table["calibration_frames"].null_count == 1
    assert all(table[name].null_count == 0 for name in engine.video_models.relative_columns)


def test_a_file_that_was_replaced_is_not_taken_for_what_was_analysed(
    engine: Engine, tmp_path: Path
) -> None:
    picture = write_picture(tmp_path / "v.png", face_clip(1)[0][0])
    points = write_landmarks(tmp_path / "v.csv", face_clip(1)[1])
    analysis = analyse(engine, picture, points)
    os.utime(picture)  # which does not change what it holds
    analysis.save(tmp_path / "results")
    analysis.report(tmp_path / "v.html")
    write_picture(picture, face_clip(1)[0][0][::-1].copy())
    for use in (
        lambda: analysis.overlay(tmp_path / "new.png"),
        lambda: analysis.report(tmp_path / "new.html"),
        lambda: analysis.save(tmp_path / "new"),
    ):
        with pytest.raises(MediaError, match=r"v\.png: it has changed since it was analysed"):
            use()
    assert not list(tmp_path.glob("new*"))
    picture.unlink()
    analysis.save(tmp_path / "results")


def test_a_full_disk_does_not_speak_of_runs(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = write_picture(tmp_path / "v.png", face_clip(1)[0][0])
    points = write_landmarks(tmp_path / "v.csv", face_clip(1)[1])
    analysis = analyse(engine, picture, points)

    def fill(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("pipelines.interactive.showing._write", fill)
        full.setattr("transforms.dataset.storage._write_local", fill)
        for use in (
            lambda: analysis.overlay(tmp_path / "seen.png"),
            lambda: analysis.report(tmp_path / "v.html"),
            lambda: analysis.save(tmp_path / "results"),
        ):
            with pytest.raises(StorageFullError, match="no space left") as caught:
                use()
            assert caught.value.remedy.endswith("or name another place: the analysis is kept.")
    analysis.save(tmp_path / "results")


SHARED = replace(SETTINGS, output=replace(SETTINGS.output, buckets=1))


def analyses_of(engine: Engine, folder: Path, count: int) -> list[Analysis]:
    """Return analyses of a clip under several names, for a dataset whose inputs share a file."""
    clip = write_clip(folder / "v.mp4", 2)
    points = write_landmarks(folder / "v.csv", face_clip(2)[1])
    one = analyse(engine, clip, points)
    core, run = Analyser(engine, SHARED), replace(RUN, settings=SHARED.as_dict())
    return [
        replace(one, task=replace(one.task, video_id=f"v{number}"), run=run, core=core)
        for number in range(count)
    ]


def test_saves_at_once_lose_no_table(engine: Engine, tmp_path: Path) -> None:
    analyses = analyses_of(engine, tmp_path, 6)
    output = tmp_path / "results"
    begin = Barrier(len(analyses))

    def save(analysis: Analysis) -> str:
        begin.wait()
        return analysis.save(output)

    with ThreadPoolExecutor(len(analyses)) as threads:
        (path,) = set(threads.map(save, analyses))
    names = [f"v{number}" for number in range(len(analyses))]
    assert pq.read_table(path)["video_id"].unique().to_pylist() == names
    summary = pq.read_table(output / "summary.parquet")
    assert summary["video_id"].to_pylist() == names
    assert not (output / LOCK_NAME).exists()


def test_a_save_does_not_meddle_with_a_run(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "WAITING_SECONDS", 0.1)
    (analysis,) = analyses_of(engine, tmp_path, 1)
    output = tmp_path / "results"
    with held(str(output)):
        with pytest.raises(OutputError, match="another run works in this folder"):
            analysis.save(output)
        assert [path.name for path in output.iterdir()] == [LOCK_NAME]
    assert Path(analysis.save(output)).is_file()
