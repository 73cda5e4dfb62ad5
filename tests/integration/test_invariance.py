"""No result depends on how inputs are cut, in which order they come, or what runs the graph."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pyarrow.parquet as pq
import pytest

from models import locate_models
from openface_core.analysis import recording
from openface_core.analysis.engine import load_engine
from openface_core.errors import MediaError
from pipelines.comparison.invariance import hashes
from pipelines.main_job.beam_services import BeamServices
from tests.fixtures.faces.clips import write_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.runs.clip_corpus import FPS, GOP, MODES, ClipCorpus, faces, write_clip_corpus
from tests.fixtures.runs.datasets import assert_nothing_is_left_over, read_unsealed
from tests.twins.sequential_analysis import analyse_video
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import RunProvenance
from transforms.plan.shards import plan_shards
from transforms.records import Shard, ShardResult, VideoTask
from transforms.stages import extract_shards, prepare_calibration
from transforms.stages.extract_shards import extract_once, extract_shard


@pytest.fixture(scope="module")
def corpus(network_models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ClipCorpus:
    return write_clip_corpus(tmp_path_factory.mktemp("invariance"), network_models_folder)


@pytest.fixture(scope="module")
def whole(corpus: ClipCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of a run that cuts nothing."""
    output = tmp_path_factory.mktemp("whole") / "out"
    summary = corpus.run(output, 0)
    assert (summary.inputs, summary.inputs_written, summary.inputs_failed) == (5, 4, 1)
    assert summary.frames_decoded == 200 + 75 + 70 + 1
    # The toy network follows anything: in five of the dark frames, which lie between detections of
    # an interval, or of the next one whose search has begun.
    assert summary.frames_with_face == summary.frames_decoded - 48 - 41 - 1 + 5
    assert_nothing_is_left_over(output)
    return output


@pytest.mark.parametrize(("seconds", "shards"), [(0, 1), (1, 7), (3, 2)])
def test_the_long_clip_is_cut(seconds: float, shards: int, corpus: ClipCorpus) -> None:
    settings = corpus.settings(seconds)
    task = VideoTask("long", str(corpus.folder / "in" / "long.mp4"))
    assert len(plan_shards(task, settings)) == shards


def test_the_tables_are_those_of_the_sequential_loop(corpus: ClipCorpus, whole: Path) -> None:
    settings = corpus.settings(0)
    files = locate_models(corpus.models, settings.models, with_networks=True)
    provenance = RunProvenance(settings.as_dict(), files.sha256(), files.network_names())
    engine = load_engine(files, settings)
    for name in ("long.mp4", "late.mkv", "uneven.mp4", "picture.png"):
        path = corpus.folder / "in" / name
        task = VideoTask(path.stem, str(path))
        expected = analyse_video(task, engine, settings, provenance, lambda: None)
        found = read_unsealed(frames_path(str(whole), path.stem))
        told = [problem.reason for problem in expected.warnings]
        assert told == (["0.70 s without frames after frame 31"] if path.stem == "uneven" else [])
        assert found.equals(expected.result.table, check_metadata=True), name


def test_action_units_are_alive(whole: Path) -> None:
    table = pq.ParquetFile(frames_path(str(whole), "long")).read().to_pandas()
    assert (table.filter(regex="^AU.*_r$").std() > 0).sum() > 10


def test_row_groups_have_their_size(whole: Path) -> None:
    metadata = pq.ParquetFile(frames_path(str(whole), "long")).metadata
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [70, 70, 60]


@pytest.mark.parametrize(
    ("seconds", "mode"),
    [
        (1, "in_memory"),
        (3, "in_memory"),
        (0, "multi_threading"),
        (1, "multi_threading"),
        (3, "multi_threading"),
        pytest.param(0, "multi_processing", marks=pytest.mark.slow),
        (1, "multi_processing"),
        pytest.param(3, "multi_processing", marks=pytest.mark.slow),
    ],
)
def test_the_same_bytes_however_inputs_are_cut(
    seconds: float, mode: str, corpus: ClipCorpus, whole: Path, tmp_path: Path
) -> None:
    uris = list(corpus.uris)
    random.Random(f"{seconds} {mode}").shuffle(uris)
    corpus.run(tmp_path / "out", seconds, MODES[mode], tuple(uris))
    assert hashes(tmp_path / "out") == hashes(whole)


@pytest.mark.parametrize(
    ("seconds", "environment"),
    [
        (1, "LOOPBACK"),
        (1, "EXTERNAL"),
        pytest.param(0, "LOOPBACK", marks=pytest.mark.slow),
        pytest.param(0, "EXTERNAL", marks=pytest.mark.slow),
        pytest.param(3, "EXTERNAL", marks=pytest.mark.slow),
    ],
)
def test_the_same_bytes_through_a_job_service(
    seconds: float,
    environment: str,
    corpus: ClipCorpus,
    whole: Path,
    services: BeamServices,
    tmp_path: Path,
) -> None:
    uris = list(corpus.uris)
    random.Random(f"{seconds} {environment}").shuffle(uris)
    options = services.options(environment)
    summary = corpus.run(tmp_path / "out", seconds, options, tuple(uris), "PortableRunner")
    assert (summary.inputs_written, summary.inputs_failed) == (4, 1)
    assert summary.frames_decoded == 200 + 75 + 70 + 1
    assert_nothing_is_left_over(tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(whole)


@pytest.mark.parametrize(
    ("block_frames", "part_frames"),
    [(10, 1000), (64, 11), pytest.param(2000, 1, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("seconds", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_same_bytes_whatever_the_size_of_blocks(
    seconds: float,
    block_frames: int,
    part_frames: int,
    corpus: ClipCorpus,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare_calibration, "BLOCK_FRAMES", block_frames)
    monkeypatch.setattr(recording, "PART_FRAMES", part_frames)
    corpus.run(tmp_path / "out", seconds)
    assert hashes(tmp_path / "out") == hashes(whole)


@pytest.mark.slow
def test_the_same_bytes_in_many_waves(
    corpus: ClipCorpus, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.plan.waves.WAVE_INPUTS", 1)
    summary = corpus.run(tmp_path / "out", 1)
    assert (summary.inputs_written, summary.inputs_failed) == (4, 1)
    assert hashes(tmp_path / "out") == hashes(whole)


def test_an_input_alone_has_the_same_table(corpus: ClipCorpus, whole: Path, tmp_path: Path) -> None:
    corpus.run(tmp_path / "out", 1, uris=(str(corpus.folder / "in" / "late.mkv"),))
    place = "frames/video_id=late/frames.parquet"
    assert hashes(tmp_path / "out")[place] == hashes(whole)[place]


def damaged_copy(source: Path, target: Path, begin: int, end: int) -> Path:
    """Write a copy with every 5th byte between two places flipped."""
    content = bytearray(source.read_bytes())
    for place in range(begin, end, 5):
        content[place] ^= 0x5A
    target.write_bytes(content)
    return target


def payload(clip: Path, packet_number: int) -> tuple[int, int]:
    """Return where the last bytes of a packet lie in its file, far from all of its headers."""
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    packet = packets[packet_number]
    assert packet.pos is not None
    end = packet.pos + packet.size
    return end - 30, end - 5


@pytest.mark.parametrize("packet_number", [12, 96, 180])
def test_a_clip_that_proves_damaged_is_analysed_as_a_whole(
    packet_number: int, corpus: ClipCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = corpus.folder / "in" / "long.mp4"
    clip = damaged_copy(source, tmp_path / "long.mp4", *payload(source, packet_number))
    settings = corpus.settings(1)
    task = VideoTask("long", str(clip))
    assert len(plan_shards(task, settings)) == 7, "seen beforehand"
    uris = (str(clip),)
    expected = corpus.run(tmp_path / "whole", 0, uris=uris)
    assert expected.inputs_written == 1
    assert expected.warnings > 0

    again: list[ShardResult] = []

    def redo(*arguments: Any) -> ShardResult:
        again.append(extract_once(*arguments))
        return again[-1]

    monkeypatch.setattr(prepare_calibration, "extract_once", redo)
    summary = corpus.run(tmp_path / "cut", 1, uris=uris)
    assert len(again) == 1
    assert again[0].shard.is_whole
    assert hashes(tmp_path / "cut") == hashes(tmp_path / "whole")
    assert replace(summary, seconds=0, output="") == replace(expected, seconds=0, output="")
    assert_nothing_is_left_over(tmp_path / "cut")


@pytest.mark.slow
@pytest.mark.parametrize("begin", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("length", [0.002, 0.09])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_damage_anywhere_gives_the_same_bytes(
    suffix: str, length: float, begin: float, corpus: ClipCorpus, tmp_path: Path
) -> None:
    source = tmp_path / f"source.{suffix}"
    if suffix == "avi":
        write_video(source, faces(200, range(47, 95)), codec="mpeg4", options={"g": "12"})
    else:
        write_video(source, faces(200, range(47, 95)), options=GOP)
    size = source.stat().st_size
    places = int(begin * size), int((begin + length) * size)
    clip = damaged_copy(source, tmp_path / f"clip.{suffix}", *places)
    for seconds in (0, 1):
        corpus.run(tmp_path / str(seconds), seconds, uris=(str(clip),))
    assert hashes(tmp_path / "1") == hashes(tmp_path / "0")


def cut_off(
    corpus: ClipCorpus, folder: Path, share: float
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the hashes of a whole and of a cut analysis of a clip without its end."""
    source = write_video(folder / "source.mkv", faces(200, range(47, 95)), options=GOP)
    content = source.read_bytes()
    clip = folder / "clip.mkv"
    clip.write_bytes(content[: int(share * len(content))])
    for seconds in (0, 1):
        corpus.run(folder / str(seconds), seconds, uris=(str(clip),))
    return hashes(folder / "0"), hashes(folder / "1")


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_clip_without_its_end(share: float, corpus: ClipCorpus, tmp_path: Path) -> None:
    whole, cut = cut_off(corpus, tmp_path, share)
    place = "frames/video_id=clip/frames.parquet"
    assert cut[place] == whole[place]


def test_a_clip_without_its_end_is_warned_of(corpus: ClipCorpus, tmp_path: Path) -> None:
    whole, cut = cut_off(corpus, tmp_path, 0.6)
    assert cut["errors.parquet"] == whole["errors.parquet"]


def join_clips(parts: list[Path], path: Path, seconds: float) -> Path:
    """Copy the packets of clips, each of so many seconds, into one Matroska file."""
    with av.open(str(path), "w") as joined:
        stream = None
        for number, part in enumerate(parts):
            with av.open(str(part)) as container:
                source = container.streams.video[0]
                stream = stream or joined.add_stream_from_template(source)
                for packet in container.demux(source):
                    if packet.size:
                        assert packet.pts is not None
                        assert source.time_base is not None
                        packet.pts += round(number * seconds / source.time_base)
                        packet.dts = packet.pts
                        packet.stream = stream
                        joined.mux(packet)
    return path


def test_a_size_that_changes_between_shards_is_warned_of(
    corpus: ClipCorpus, tmp_path: Path
) -> None:
    parts = []
    for number, scale in enumerate((1, 2)):
        frames = [frame.repeat(scale, 0).repeat(scale, 1) for frame in faces(60, range(0))]
        path = tmp_path / f"{number}.mkv"
        parts.append(write_video(path, frames, codec="mjpeg", pixel_format="yuvj420p"))
    clip = join_clips(parts, tmp_path / "clip.mkv", 60 / FPS)
    for seconds in (0, 1):
        corpus.run(tmp_path / str(seconds), seconds, uris=(str(clip),))
    whole, cut = hashes(tmp_path / "0"), hashes(tmp_path / "1")
    assert cut["errors.parquet"] == whole["errors.parquet"]


def test_failing_shards_cost_one_row(
    corpus: ClipCorpus, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(shard: Shard, *others: Any) -> ShardResult:
        if shard.task.video_id == "long" and shard.number == 2:
            raise MediaError(shard.task.uri, "the disk is on fire", "Put it out.")
        if shard.task.video_id == "long" and shard.number == 4:
            raise ZeroDivisionError
        return extract_shard(shard, *others)

    monkeypatch.setattr(extract_shards, "extract_shard", fail)
    summary = corpus.run(tmp_path / "out", 1)
    assert (summary.inputs_written, summary.inputs_failed) == (3, 2)
    rows = pq.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    failed = [row["video_id"] for row in rows if row["severity"] == "error"]
    assert failed == ["long", "noise"]
    # Its gap in time is told all the same.
    assert [row["video_id"] for row in rows if row["severity"] == "warning"] == ["uneven"]
    assert not Path(frames_path(str(tmp_path / "out"), "long")).exists()
    assert_nothing_is_left_over(tmp_path / "out")
    found, expected = hashes(tmp_path / "out"), hashes(whole)
    for name in ("late", "uneven", "picture"):
        place = f"frames/video_id={name}/frames.parquet"
        assert found[place] == expected[place]


def test_the_work_folder_of_a_killed_run_goes(
    corpus: ClipCorpus, whole: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    uris = (str(corpus.folder / "in" / "late.mkv"),)
    corpus.run(output, 1, uris=uris)
    left = output / ".work" / "late" / "shard-000000-of-000002.000000.features"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"what a killed run wrote")
    Path(frames_path(str(output), "late")).unlink()
    write_clip(output.parent / "other.mp4", 3)
    corpus.run(output, 1, uris=(*uris, str(output.parent / "other.mp4")))
    assert_nothing_is_left_over(output)
    place = "frames/video_id=late/frames.parquet"
    assert hashes(output)[place] == hashes(whole)[place]
