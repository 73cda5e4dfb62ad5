"""The graph of the main job on small inputs: what one failure costs, and what runs agree on."""

from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
import pyarrow.parquet as pq
import pytest

from models import locate_models
from openface_core import __version__
from openface_core.analysis import analyser
from openface_core.analysis.model_set import ModelFiles, ModelSelection
from openface_core.analysis.settings import RunSettings
from openface_core.errors import PipelineError
from openface_core.landmarks.files import GivenLandmarks, read_landmarks
from pipelines.main_job.graph import build_graph
from pipelines.main_job.metrics import Distribution, RunMetrics
from pipelines.main_job.runners import make_runner, pipeline_options
from pipelines.main_job.small_run import run_stages
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks, write_picture
from transforms.dataset.provenance import RunProvenance
from transforms.metrics import collecting
from transforms.problems import Problem, Severity
from transforms.records import VideoTask
from transforms.stages.engine_handle import EngineHandle
from transforms.work.folder import local_folders

IN_MEMORY = ("--direct_running_mode=in_memory", "--direct_num_workers=1")
THREADS = ("--direct_running_mode=multi_threading", "--direct_num_workers=2")
PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")


@pytest.fixture(scope="module")
def files(models_folder: Path) -> ModelFiles:
    return locate_models(models_folder, ModelSelection(), with_networks=False)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> tuple[VideoTask, ...]:
    """Three good inputs, and three that fail in different stages."""
    folder = tmp_path_factory.mktemp("inputs")
    points = write_landmarks(folder / "points" / "good.csv", face_clip(3)[1])
    seldom = write_landmarks(
        folder / "points" / "seldom.csv", face_clip(4)[1], [True, False, False, True]
    )
    one = write_landmarks(folder / "points" / "one.parquet", face_clip(1)[1])
    (folder / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    inputs = (
        ("good", write_clip(folder / "good.mp4", 3), points),
        ("seldom", write_clip(folder / "seldom.mkv", 4), seldom),
        ("picture", write_picture(folder / "picture.png", face_clip(1)[0][0]), one),
        ("noise", folder / "noise.mp4", points),
        ("length", folder / "good.mp4", seldom),
        ("points", folder / "good.mp4", folder / "points" / "none.csv"),
    )
    return tuple(
        VideoTask(name, str(path), None, str(landmarks)) for name, path, landmarks in inputs
    )


def run_graph(
    tasks: Sequence[VideoTask],
    files: ModelFiles,
    output: Path,
    beam_options: tuple[str, ...] = IN_MEMORY,
    planning_problems: Sequence[Problem] = (),
) -> dict[str, int]:
    """Run the graph and return its counters."""
    return dict(run_pipeline(tasks, files, output, beam_options, planning_problems).counters)


def run_pipeline(
    tasks: Sequence[VideoTask],
    files: ModelFiles,
    output: Path,
    beam_options: tuple[str, ...] = IN_MEMORY,
    planning_problems: Sequence[Problem] = (),
) -> RunMetrics:
    options = pipeline_options("DirectRunner", beam_options)
    pipeline = beam.Pipeline(runner=make_runner("DirectRunner", options), options=options)
    settings = RunSettings()
    provenance = RunProvenance(settings.as_dict(), {"model": "00"})
    handle = EngineHandle(files, settings)
    build_graph(pipeline, tasks, planning_problems, handle, provenance, local_folders(str(output)))
    result = pipeline.run()
    result.wait_until_finish()
    metrics = RunMetrics()
    metrics.add(result)
    assert metrics.are_complete
    return metrics


def content(output: Path) -> dict[str, bytes]:
    """Return every file of an output, by path."""
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def in_memory(
    tasks: tuple[VideoTask, ...], files: ModelFiles, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, int]]:
    output = tmp_path_factory.mktemp("in_memory")
    return output, run_graph(tasks, files, output)


def test_the_same_comes_of_it_without_beam(
    in_memory: tuple[Path, dict[str, int]],
    tasks: tuple[VideoTask, ...],
    files: ModelFiles,
    tmp_path: Path,
) -> None:
    settings = RunSettings()
    handle = EngineHandle(files, settings)
    provenance = RunProvenance(settings.as_dict(), {"model": "00"})
    with collecting() as collected:
        run_stages(tasks, (), handle, provenance, local_folders(str(tmp_path)))
    metrics = RunMetrics()
    metrics.add_collected(collected)
    output, counts = in_memory
    assert content(tmp_path) == content(output)
    assert metrics.counters == counts
    assert metrics.distributions["shard_frames"] == Distribution(4, 11, 1, 4)


def test_a_bad_input_costs_one_row(in_memory: tuple[Path, dict[str, int]]) -> None:
    output, _ = in_memory
    assert sorted(path.name for path in (output / "frames").iterdir()) == [
        "video_id=good",
        "video_id=picture",
        "video_id=seldom",
    ]
    rows = pq.read_table(output / "errors.parquet").to_pylist()
    assert [(row["video_id"], row["severity"], row["stage"]) for row in rows] == [
        ("length", "error", "landmarks"),
        ("noise", "error", "decoding"),
        ("points", "error", "landmarks"),
    ]
    assert "for 4 frames, the video has 3" in rows[0]["reason"]
    assert "none.csv: there is no such file" in rows[2]["reason"]
    assert all(row["remedy"].endswith(".") for row in rows)


def test_counters(in_memory: tuple[Path, dict[str, int]]) -> None:
    output, counts = in_memory
    assert counts == {
        "shards": 6,
        "blocks": 3,
        "frames_extracted": 3 + 4 + 1 + 3,  # those of "length", too
        "frames_decoded_in_vain": 0,
        "faces_found": 3 + 2 + 1 + 1,
        "frames_without_face_none_in_landmark_file": 2 + 2,
        "frames_decoded": 3 + 4 + 1,
        "frames_with_face": 3 + 2 + 1,
        "inputs_failed": 3,
        "inputs_failed_decoding": 1,
        "inputs_failed_landmarks": 2,
        "inputs_written": 3,
        "table_bytes_written": table_bytes(output),
        "work_bytes_written": counts["work_bytes_written"],
    }


def table_bytes(output: Path) -> int:
    return sum(path.stat().st_size for path in output.glob("frames/*/frames.parquet"))


def test_times(tasks: tuple[VideoTask, ...], files: ModelFiles, tmp_path: Path) -> None:
    metrics = run_pipeline(tasks, files, tmp_path)
    counts = {name: values.count for name, values in metrics.distributions.items()}
    frames, read_to_their_end = 3 + 4 + 1 + 3, 4
    assert counts == {
        "planning_us": 6,
        "shard_us": 6,
        "shard_frames": 4,
        "opening_us": 5,  # the landmarks of "points" are missed before
        "decoding_us": frames + read_to_their_end,
        "measurement_us": frames,
        "features_writing_us": 4,
        "histograms_us": 3,
        "calibration_us": 3,
        "offsets_us": 3,
        "finishing_us": 3,
        "table_writing_us": 3,
    }
    assert metrics.distributions["shard_frames"] == Distribution(4, frames, 1, 4)
    for name, values in metrics.distributions.items():
        assert 0 <= values.minimum <= values.mean <= values.maximum, name


@pytest.mark.parametrize("options", [THREADS, PROCESSES], ids=["threads", "processes"])
def test_the_same_bytes_whatever_runs_it(
    options: tuple[str, ...],
    in_memory: tuple[Path, dict[str, int]],
    tasks: tuple[VideoTask, ...],
    files: ModelFiles,
    tmp_path: Path,
) -> None:
    output, counts = in_memory
    assert run_graph(tasks, files, tmp_path, options) == counts
    assert content(tmp_path) == content(output)


@pytest.mark.parametrize("order", [[5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 5, 3]])
def test_the_same_bytes_in_any_order(
    order: list[int],
    in_memory: tuple[Path, dict[str, int]],
    tasks: tuple[VideoTask, ...],
    files: ModelFiles,
    tmp_path: Path,
) -> None:
    run_graph([tasks[k] for k in order], files, tmp_path)
    assert content(tmp_path) == content(in_memory[0])


def test_one_input_does_not_see_the_others(
    in_memory: tuple[Path, dict[str, int]],
    tasks: tuple[VideoTask, ...],
    files: ModelFiles,
    tmp_path: Path,
) -> None:
    run_graph(tasks[1:2], files, tmp_path)
    alone = content(tmp_path)["frames/video_id=seldom/frames.parquet"]
    assert alone == content(in_memory[0])["frames/video_id=seldom/frames.parquet"]


def test_the_error_table_is_written_without_errors_too(
    tasks: tuple[VideoTask, ...], files: ModelFiles, tmp_path: Path
) -> None:
    counts = run_graph(tasks[2:3], files, tmp_path)
    assert pq.read_table(tmp_path / "errors.parquet").num_rows == 0
    assert counts.get("inputs_failed", 0) == 0


def test_problems_of_planning_join_the_others(
    tasks: tuple[VideoTask, ...], files: ModelFiles, tmp_path: Path
) -> None:
    early = Problem("gone", "gone.mp4", Severity.ERROR, "input", "there is no such file", "Look.")
    run_graph(tasks[2:4], files, tmp_path, planning_problems=[early])
    rows = pq.read_table(tmp_path / "errors.parquet").to_pylist()
    assert [row["video_id"] for row in rows] == ["gone", "noise"]


def test_a_warning_keeps_the_results(files: ModelFiles, tmp_path: Path) -> None:
    for index in range(3):
        write_picture(tmp_path / "images" / f"{index}.png", face_clip(3)[0][index])
    (tmp_path / "images" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    points = write_landmarks(tmp_path / "points.csv", face_clip(2)[1])
    task = VideoTask("images", str(tmp_path / "images"), None, str(points))
    counts = run_graph([task], files, tmp_path / "out")
    assert counts["warnings"] == counts["inputs_written"] == 1
    (row,) = pq.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    assert row["severity"] == "warning"
    assert pq.read_table(tmp_path / "out" / "frames").num_rows == 2


def test_a_fault_of_the_program_costs_one_row_too(
    tasks: tuple[VideoTask, ...], files: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str) -> GivenLandmarks:
        if path.endswith("good.csv"):
            raise ZeroDivisionError("of our own making")
        return original(path)

    original = read_landmarks
    monkeypatch.setattr(analyser, "read_landmarks", fail)
    run_graph(tasks[:2], files, tmp_path)
    (row,) = pq.read_table(tmp_path / "errors.parquet").to_pylist()
    assert (row["video_id"], row["stage"]) == ("good", "analysis")
    assert "ZeroDivisionError: of our own making" in row["reason"]
    assert pq.read_table(tmp_path / "frames").num_rows == 4


def test_a_worker_with_another_version_fails_the_run(
    tasks: tuple[VideoTask, ...], files: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.stages.engine_handle.__version__", "0.0.9")
    with pytest.raises(PipelineError, match="the worker") as caught:
        run_graph(tasks[:1], files, tmp_path / "out")
    cause = f"it has openface-beam 0.0.9, the run was started with {__version__}"
    assert caught.value.cause == cause
    assert not (tmp_path / "out").exists()
