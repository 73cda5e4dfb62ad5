"""Tables of inputs, from shards and blocks of any size."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import OutputSettings, RunSettings
from openface_core.errors import OutputError, WorkFileError
from tests.fixtures.shards.shard_videos import track
from tests.fixtures.shards.work_material import (
    calibrate_inputs,
    media_info,
    places_of_faces,
    pool_for,
    write_shards,
)
from transforms.dataset.completion import warnings_of
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import RunProvenance
from transforms.plan.calibration import CalibratedVideo
from transforms.records import VideoTask
from transforms.stages import prepare_calibration
from transforms.stages.finish_videos import FinishedVideo, finish_video
from transforms.work.folder import local_folders

FRAMES = 65
PLACES = places_of_faces(FRAMES)
RUN = RunProvenance(RunSettings().as_dict(), {"model": "00"})
CUTS = [[], [1], [30], [64], [20, 40], [10, 20, 30, 40, 50, 60], [33, 33, 34], list(range(1, 65))]


@pytest.fixture
def task(tmp_path: Path) -> VideoTask:
    (tmp_path / "v.mp4").write_bytes(b"a video")
    return VideoTask("v", str(tmp_path / "v.mp4"))


def calibrated(
    task: VideoTask, engine: Engine, output: Path, places: NDArray[np.int64], cuts: list[int]
) -> CalibratedVideo:
    """Return an input that is cut into shards of one part each."""
    shards = [[piece] for piece in np.split(places, cuts)]
    results = write_shards(str(output), task, pool_for(engine), shards)
    (video,) = calibrate_inputs([results], engine, str(output))
    return video


def finish(video: CalibratedVideo, engine: Engine, output: Path, **settings: Any) -> FinishedVideo:
    chosen = replace(RunSettings(), output=OutputSettings(**settings))
    return finish_video(video, engine, chosen, RUN, local_folders(str(output)))


def row_groups(path: str) -> list[int]:
    metadata = pq.ParquetFile(path).metadata
    return [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)]


@pytest.mark.parametrize("block_frames", [1, 17, 2000])
@pytest.mark.parametrize("cuts", CUTS, ids=len)
def test_the_same_bytes_from_any_shards_and_blocks(
    cuts: list[int],
    block_frames: int,
    task: VideoTask,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = calibrated(task, engine, tmp_path / "whole", PLACES, [])
    expected = Path(finish(whole, engine, tmp_path / "whole", row_group_rows=20).path)
    monkeypatch.setattr(prepare_calibration, "BLOCK_FRAMES", block_frames)
    blocks = calibrated(task, engine, tmp_path / "cut", PLACES, cuts)
    video = finish(blocks, engine, tmp_path / "cut", row_group_rows=20)
    assert Path(video.path).read_bytes() == expected.read_bytes()
    assert row_groups(video.path) == [20, 20, 20, 5]
    assert (video.frames, video.frames_with_face) == (FRAMES, int((PLACES >= 0).sum()))
    assert video.warnings == ()


def test_action_units_are_those_of_the_sequential_tracker(
    task: VideoTask, engine: Engine, tmp_path: Path
) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", PLACES, [9, 30])
    table = pq.ParquetFile(finish(blocks, engine, tmp_path / "out").path).read()
    tracker = track(engine.video_models, pool_for(engine), PLACES)
    expected = tracker.finish(missing_as_zero=False)
    success = PLACES >= 0
    for k, name in enumerate(engine.video_models.intensity_names):
        found = table[f"{name}_r"].to_numpy()
        values = expected.intensities[:, k].astype(np.float32)
        np.testing.assert_array_equal(found[success], values[success], err_msg=name)
    for k, name in enumerate(engine.video_models.presence_names):
        found = np.array(table[f"{name}_c"].to_pylist())
        np.testing.assert_array_equal(found[success], expected.presences[success, k], err_msg=name)
    record = json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]
    assert record["calibration_frames"] == expected.calibration_frames


@pytest.mark.parametrize(("rows", "groups"), [(65, [65]), (64, [64, 1]), (1000, [65])])
def test_row_groups(
    rows: int, groups: list[int], task: VideoTask, engine: Engine, tmp_path: Path
) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", PLACES, [31])
    assert row_groups(finish(blocks, engine, tmp_path / "out", row_group_rows=rows).path) == groups


def test_place_and_compression(task: VideoTask, engine: Engine, tmp_path: Path) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", PLACES, [31])
    path = finish(blocks, engine, tmp_path / "out", zstd_level=5).path
    assert path == frames_path(str(tmp_path / "out"), "v")
    assert path == f"{tmp_path}/out/frames/video_id=v/frames.parquet"
    file = pq.ParquetFile(path)
    assert file.metadata.row_group(0).column(0).compression == "UNCOMPRESSED"  # few rows
    assert file.read()["frame"].to_pylist() == list(range(1, FRAMES + 1))


def test_times_as_openface_gives_them_go_on_over_shards(
    task: VideoTask, engine: Engine, tmp_path: Path
) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", PLACES, [9, 30])
    path = finish(blocks, engine, tmp_path / "out", timestamps="frame_number").path
    times = pq.ParquetFile(path).read()["timestamp"].to_numpy()
    np.testing.assert_array_equal(times, np.arange(FRAMES) / 25.0)


def test_no_face_at_all(task: VideoTask, engine: Engine, tmp_path: Path) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", np.full(9, -1), [4])
    video = finish(blocks, engine, tmp_path / "out")
    assert (video.frames, video.frames_with_face) == (9, 0)
    table = pq.ParquetFile(video.path).read()
    assert table["AU01_r"].null_count == 9
    assert (
        json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]["calibration_frames"] == 0
    )


def test_no_frame_at_all(task: VideoTask, engine: Engine, tmp_path: Path) -> None:
    results = write_shards(str(tmp_path / "out"), task, pool_for(engine), [[]])
    (blocks,) = calibrate_inputs([results], engine, str(tmp_path / "out"))
    video = finish(blocks, engine, tmp_path / "out")
    assert (video.frames, pq.ParquetFile(video.path).metadata.num_rows) == (0, 0)


def test_a_single_image(task: VideoTask, engine: Engine, tmp_path: Path) -> None:
    results = write_shards(
        str(tmp_path / "out"), task, pool_for(engine), [[np.array([3])]], media_info("image")
    )
    (blocks,) = calibrate_inputs([results], engine, str(tmp_path / "out"))
    table = pq.ParquetFile(finish(blocks, engine, tmp_path / "out").path).read()
    assert table["success"].to_pylist() == [True]
    record = json.loads(table.schema.metadata[b"openface_beam"])["faces"][0]
    assert (record["calibration"], record["calibration_frames"]) == (
        "none",
        0,
    )


def test_warnings_are_rows_beside_the_results(
    task: VideoTask, engine: Engine, tmp_path: Path
) -> None:
    (found,) = write_shards(str(tmp_path / "out"), task, pool_for(engine), [[PLACES]])
    warned = replace(found, warnings=("2 packets were damaged",))
    (blocks,) = calibrate_inputs([(warned,)], engine, str(tmp_path / "out"))
    video = finish(blocks, engine, tmp_path / "out")
    (warning,) = video.warnings
    assert (warning.video_id, warning.stage, warning.severity.value) == ("v", "decoding", "warning")
    assert warning.reason == "2 packets were damaged"
    assert warning.remedy.endswith(".")
    # The table knows as much, should the run be killed now.
    record = json.loads(pq.read_schema(video.path).metadata[b"openface_beam"])
    assert warnings_of(record) == video.warnings


@pytest.mark.parametrize("kind", ["features", "scores"])
def test_a_damaged_work_file(kind: str, task: VideoTask, engine: Engine, tmp_path: Path) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", PLACES, [31])
    path = next((tmp_path / "out" / ".work" / "v").glob(f"*.{kind}"))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WorkFileError):
        finish(blocks, engine, tmp_path / "out")
    assert not Path(frames_path(str(tmp_path / "out"), "v")).exists()


def test_storage_that_refuses(task: VideoTask, engine: Engine, tmp_path: Path) -> None:
    blocks = calibrated(task, engine, tmp_path / "out", PLACES, [31])
    (tmp_path / "out" / "frames").write_text("a file in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        finish(blocks, engine, tmp_path / "out")
