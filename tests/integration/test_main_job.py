"""The main job from files to a dataset, on models and faces of our own."""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import RunnerResult

from openface_core import __version__
from openface_core.errors import OutputError, PipelineError
from openface_core.media import fingerprint
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.run import run
from tests.fixtures.faces.clips import (
    FRAMES,
    HEIGHT_PX,
    WIDTH_PX,
    dark_frames,
    face_clip,
    write_clip,
    write_landmarks,
    write_picture,
)
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY
from tests.fixtures.synthetic_models.tiny_networks import write_config

ONE_WORKER = ("--direct_running_mode=in_memory", "--direct_num_workers=1")
TIME_TOLERANCE_S = 1e-3  # mkv has ticks of a millisecond
PX_TOLERANCE = 1e-4
COUNTS = {"mp4": 20, "mkv": 5, "avi": 4, "picture": 1}


def frames_table(output: Path, video_id: str) -> pa.Table:
    return pq.ParquetFile(output / "frames" / f"video_id={video_id}" / "frames.parquet").read()


def record(table: pa.Table) -> dict[str, Any]:
    return json.loads(table.schema.metadata[b"openface_beam"])


@dataclass(frozen=True)
class Dataset:
    """An output folder, and what the command wrote to its standard streams."""

    output: Path
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips in three containers, a picture, and landmarks as CSV and Parquet."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "in").mkdir()
    for seed, name in enumerate(("mp4", "mkv", "avi")):
        write_clip(folder / "in" / f"{name}.{name}", COUNTS[name], seed)
        suffix = "parquet" if name == "mkv" else "csv"
        points = face_clip(COUNTS[name], seed)[1]
        write_landmarks(folder / "points" / f"{name}.{suffix}", points)
    write_picture(folder / "in" / "picture.png", face_clip(1, 3)[0][0])
    write_landmarks(folder / "points" / "picture.csv", face_clip(1, 3)[1])
    return folder


@pytest.fixture(scope="module")
def dataset(corpus: Path, models_folder: Path) -> Dataset:
    """What the command leaves and says, run as a person would."""
    output = corpus / "out"
    command = [
        sys.executable, "-m", "pipelines.run", "--input", str(corpus / "in"), "--landmarks",
        str(corpus / "points"), "--models", str(models_folder), "--output", str(output),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "4 parts done" in done.stderr
    assert "Traceback" not in done.stderr
    return Dataset(output, done.stdout, done.stderr)


def test_the_summary(dataset: Dataset) -> None:
    output, text = dataset.output, dataset.stdout
    assert text.startswith(f"Wrote 4 of 4 inputs to {output}: {sum(COUNTS.values())} frames, 0 of")
    # The clips are far too short to calibrate on; the picture needs no calibration.
    assert text.splitlines()[1].startswith("3 of 4 inputs are calibrated on fewer than")
    assert text.count("\n") == 2


def test_one_file_per_input_and_nothing_else(dataset: Dataset) -> None:
    files = sorted(p.relative_to(dataset.output).as_posix() for p in dataset.output.rglob("*.*"))
    assert files == [
        "data_dictionary.json",
        "dataset_description.json",
        "errors.parquet",
        *(f"frames/video_id={name}/frames.parquet" for name in sorted(COUNTS)),
        "metrics.json",
        "summary.parquet",
    ]


def test_the_metrics_of_the_run(dataset: Dataset) -> None:
    document = json.loads((dataset.output / "metrics.json").read_text())
    frames = sum(COUNTS.values())
    assert (document["inputs"], document["inputs_finished_before"]) == (4, 0)
    assert document["runner"] == "none", "so few frames are analysed without Beam"
    assert document["missing"] is None
    counters, distributions = document["counters"], document["distributions"]
    assert counters["inputs_written"] == counters["shards"] == counters["blocks"] == 4
    assert counters["faces_found"] == counters["frames_decoded"] == frames
    tables = dataset.output.glob("frames/*/frames.parquet")
    assert counters["table_bytes_written"] == sum(path.stat().st_size for path in tables)
    assert counters["work_bytes_written"] > 0
    assert distributions["shard_frames"]["sum"] == frames
    assert distributions["measurement_us"]["count"] == frames
    assert distributions["table_writing_us"]["count"] == 4
    assert "detection_us" not in distributions, "landmarks are given"


def test_where_the_time_went_is_told(dataset: Dataset) -> None:
    lines = dataset.stderr.splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith("time of all workers"))
    told = [line[:20].strip() for line in lines[head + 1 :]]
    assert {"decoding", "measurement", "writing tables"} < set(told)
    assert told[-1] == "together"


def test_one_row_per_decoded_frame(dataset: Dataset) -> None:
    for name, count in COUNTS.items():
        table = frames_table(dataset.output, name)
        assert table["frame"].to_pylist() == list(range(1, count + 1))
        assert table["success"].to_pylist() == [True] * count
        times = table["timestamp"].to_pylist()
        np.testing.assert_allclose(times, np.arange(count) / 30, atol=TIME_TOLERANCE_S)


def test_the_landmarks_are_those_of_the_file(dataset: Dataset) -> None:
    for seed, name in enumerate(("mp4", "mkv", "avi")):
        table = frames_table(dataset.output, name)
        for axis, letter in enumerate("xy"):
            found = np.stack([table[f"{letter}_{k}"] for k in range(68)], axis=1)
            expected = face_clip(COUNTS[name], seed)[1][:, :, axis]
            np.testing.assert_allclose(found, expected, rtol=0, atol=PX_TOLERANCE)


def test_the_record_of_every_table(dataset: Dataset, corpus: Path, models_folder: Path) -> None:
    predictors = models_folder / "openface" / "AU_predictors"
    for name, count in COUNTS.items():
        found = record(frames_table(dataset.output, name))
        path = next((corpus / "in").glob(f"{name}.*"))
        assert found["software"] == "openface-beam"
        assert found["version"] == __version__
        assert found["video_id"] == name
        assert found["input_uri"] == str(path)
        assert found["input_fingerprint"] == fingerprint(str(path))
        assert found["frames_decoded"] == found["frames_with_face"] == count
        (face,) = found["faces"]
        assert face["calibration_frames"] == (0 if name == "picture" else (count + 1) // 2)
        assert face["calibration"] == ("none" if name == "picture" else "video")
        assert found["decoder"]
        assert found["settings"]["name"] == "default"
        assert (found["frame_width_px"], found["frame_height_px"]) == (WIDTH_PX, HEIGHT_PX)
        pdm = predictors / "In-the-wild_aligned_PDM_68.txt"
        key = "openface/AU_predictors/In-the-wild_aligned_PDM_68.txt"
        assert found["models_sha256"][key] == hashlib.sha256(pdm.read_bytes()).hexdigest()
        dat_files = [key for key in found["models_sha256"] if key.endswith(".dat")]
        assert len(dat_files) == len(list(predictors.rglob("*.dat")))


def test_columns_agree_with_the_dictionary(dataset: Dataset) -> None:
    dictionary = json.loads((dataset.output / "data_dictionary.json").read_text())
    for kind, table in (
        ("frames", frames_table(dataset.output, "mp4")),
        ("errors", pq.read_table(dataset.output / "errors.parquet")),
    ):
        assert table.column_names == list(dictionary[kind])
        for field in table.schema:
            entry = dictionary[kind][field.name]
            assert str(field.type) == entry["type"]
            assert field.nullable == entry["nullable"]
            assert field.metadata[b"unit"].decode() == entry["unit"]
            assert field.metadata[b"description"].decode() == entry["description"]


def test_all_tables_have_one_schema(dataset: Dataset) -> None:
    schemas = [frames_table(dataset.output, name).schema for name in COUNTS]
    assert all(schema.equals(schemas[0]) for schema in schemas)


def test_readers_of_datasets(dataset: Dataset) -> None:
    frames = dataset.output / "frames"
    whole = pyarrow.dataset.dataset(frames, partitioning="hive").to_table()
    assert whole.num_rows == sum(COUNTS.values())
    by_video = whole.to_pandas().groupby("video_id", observed=True).size()
    assert by_video.to_dict() == COUNTS
    frame = pd.read_parquet(frames)
    assert len(frame) == whole.num_rows
    some = pd.read_parquet(frames, filters=[("video_id", "==", "mkv")], columns=["AU12_r"])
    assert len(some) == COUNTS["mkv"]
    assert some["AU12_r"].between(0, 5).all()


def test_action_units_are_alive(dataset: Dataset) -> None:
    table = frames_table(dataset.output, "mp4").to_pandas()
    intensities = table.filter(regex="^AU.*_r$")
    assert intensities.shape[1] == 17
    assert (intensities.std() > 0).sum() > 10
    assert table.filter(regex="^AU.*_c$").shape[1] == 18


def run_quietly(corpus: Path, models: Path, output: Path | str, **changes: Any) -> RunSummary:
    values: dict[str, Any] = {
        "inputs": (str(corpus / "in"),),
        "output": str(output),
        "models": str(models),
        "landmarks": str(corpus / "points"),
        "quiet": True,
        "beam": ONE_WORKER,
    }
    return run(RunArguments(**(values | changes)))


def contents(output: Path) -> dict[str, bytes]:
    files = sorted(p for p in output.rglob("*") if p.is_file() and p.name != "metrics.json")
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in files}


def test_python_does_the_same_as_the_command_line(
    dataset: Dataset, corpus: Path, models_folder: Path, tmp_path: Path
) -> None:
    summary = run_quietly(corpus, models_folder, tmp_path / "out")
    assert (summary.inputs, summary.inputs_written, summary.inputs_failed) == (4, 4, 0)
    assert summary.frames_decoded == summary.frames_with_face == sum(COUNTS.values())
    assert summary.warnings == 0
    assert contents(tmp_path / "out") == contents(dataset.output)


def test_running_again_replaces_the_dataset(
    corpus: Path, models_folder: Path, tmp_path: Path
) -> None:
    inputs = (str(corpus / "in" / "picture.png"),)
    run_quietly(corpus, models_folder, tmp_path, inputs=inputs)
    first = contents(tmp_path)
    run_quietly(corpus, models_folder, tmp_path, inputs=inputs)
    assert contents(tmp_path) == first


def test_a_manifest(corpus: Path, models_folder: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_text(
        "video_id,uri,person_id,landmarks\n"
        f"007,{corpus}/in/mp4.mp4,P1,{corpus}/points/mp4.csv\n"
        f"second,{corpus}/in/mkv.mkv,,{corpus}/points/mkv.parquet\n"
    )
    run_quietly(corpus, models_folder, tmp_path / "out", inputs=(str(manifest),), landmarks=None)
    found = record(frames_table(tmp_path / "out", "video-007"))
    assert (found["video_id"], found["manifest_video_id"]) == ("video-007", "007")
    assert found["person_id"] == "P1"
    assert record(frames_table(tmp_path / "out", "second"))["person_id"] is None


def test_an_image_folder(corpus: Path, models_folder: Path, tmp_path: Path) -> None:
    frames, points = face_clip(4, 2)
    for index, frame in enumerate(frames):
        write_picture(tmp_path / "walk" / f"{8 + index}.png", frame)  # 8, 9, 10, 11
    summary = run_quietly(
        corpus,
        models_folder,
        tmp_path / "out",
        inputs=(str(tmp_path / "walk"),),
        landmarks=str(write_landmarks(tmp_path / "walk.csv", points)),
        image_folders=True,
    )
    assert (summary.inputs_written, summary.frames_decoded) == (1, 4)
    found = record(frames_table(tmp_path / "out", "walk"))
    assert found["input_kind"] == "image_sequence"
    assert [face["calibration"] for face in found["faces"]] == ["video"]


def test_another_filesystem(corpus: Path, models_folder: Path) -> None:
    memory = fsspec.filesystem("memory")
    for place in ("in/mp4.mp4", "points/mp4.csv"):
        memory.pipe(f"/job/{place}", (corpus / place).read_bytes())
    summary = run_quietly(
        corpus,
        models_folder,
        "memory://job/out",
        inputs=("memory://job/in/*.mp4",),
        landmarks="memory://job/points",
    )
    assert summary.inputs_written == 1
    with memory.open("/job/out/frames/video_id=mp4/frames.parquet") as file:
        table = pq.read_table(file)
    assert table.num_rows == COUNTS["mp4"]
    assert memory.exists("/job/out/errors.parquet")


def test_networks(
    network_models_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bright = face_clip()[0]
    write_video(tmp_path / "in.mp4", bright[:2] + dark_frames(2) + bright[2:])
    summary = run(
        RunArguments(
            (str(tmp_path / "in.mp4"),),
            str(tmp_path / "out"),
            config=str(write_config(tmp_path / "tiny.toml", network_models_folder)),
            models=str(network_models_folder),
            beam=ONE_WORKER,
        )
    )
    assert "networks run on CPUExecutionProvider" in capsys.readouterr().err
    assert (summary.frames_decoded, summary.frames_with_face) == (FRAMES + 2, FRAMES)
    table = frames_table(tmp_path / "out", "in")
    seen = [True] * 2 + [False] * 2 + [True] * 4
    assert table["success"].to_pylist() == seen
    for name in ("confidence", "x_0", "pose_Tx", "p_0", "AU04_r", "AU04_c"):
        assert [value is not None for value in table[name].to_pylist()] == seen
    assert table["AU01_r"].null_count == table["AU01_c"].null_count == len(seen)  # too few frames
    found = record(table)
    assert found["onnxruntime_providers"] == ["CPUExecutionProvider"]
    assert found["settings"]["name"] == "tiny"
    for name in ("tiny68.onnx", "retinaface_mobilenet025.onnx", "tiny.toml"):
        content = (network_models_folder / name).read_bytes()
        assert found["models_sha256"][name] == hashlib.sha256(content).hexdigest()


def test_an_input_that_fails_keeps_the_table_of_an_earlier_run(
    corpus: Path, models_folder: Path, tmp_path: Path
) -> None:
    video = tmp_path / "in" / "clip.mp4"
    video.parent.mkdir()
    video.write_bytes((corpus / "in" / "mp4.mp4").read_bytes())
    arguments = RunArguments(
        inputs=(str(video),),
        output=str(tmp_path / "out"),
        models=str(models_folder),
        landmarks=str(corpus / "points" / "mp4.csv"),
        quiet=True,
        beam=ONE_WORKER,
    )
    assert run(arguments).inputs_written == 1
    assert frames_table(tmp_path / "out", "clip").num_rows == COUNTS["mp4"]
    video.write_bytes(b"no longer a video")
    assert run(arguments).inputs_failed == 1
    assert frames_table(tmp_path / "out", "clip").num_rows == COUNTS["mp4"]


def test_a_runner_without_metrics(
    corpus: Path, models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offer_none(result: RunnerResult) -> None:
        raise NotImplementedError

    monkeypatch.setattr(RunnerResult, "metrics", offer_none)
    summary = run_quietly(corpus, models_folder, tmp_path)
    assert (summary.inputs_written, summary.inputs_failed) == (4, 0)
    document = json.loads((tmp_path / "metrics.json").read_text())
    assert "has not offered metrics" in document["missing"]


def test_an_error_table_that_cannot_be_written_is_one_line(
    corpus: Path, models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(uri: str, write: object) -> None:
        raise OutputError(uri, "it cannot be written", "Make room.")

    monkeypatch.setattr("transforms.dataset.error_table.write_small_table", refuse)
    arguments = RunArguments(
        inputs=(str(corpus / "in" / "mp4.mp4"),),
        output=str(tmp_path / "out"),
        models=str(models_folder),
        landmarks=str(corpus / "points" / "mp4.csv"),
        quiet=True,
        beam=ONE_WORKER,
    )
    with pytest.raises(PipelineError, match=r"errors\.parquet.*it cannot be written"):
        run(arguments)
