"""Workers that are threads stop with their run."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from openface_core.errors import RunOverError
from pipelines.main_job.prepare import Job
from pipelines.main_job.waves import _finish
from transforms.exports import export_input
from transforms.records import Shard, VideoTask
from transforms.stages import extract_shards
from transforms.stages.engine_stage import EngineStage
from transforms.stages.export_videos import _ExportVideo
from transforms.stages.extract_shards import extract_once
from transforms.stages.on_workers import _Worker
from transforms.work.folder import local_folders
from transforms.work.progress import ProgressWriter
from transforms.work.stopping import check_not_stopped, stopped_workers, working


@pytest.fixture
def run() -> str:
    return uuid.uuid4().hex


def interrupt(run: str, patience_seconds: float = 10.0) -> None:
    with pytest.raises(KeyboardInterrupt), stopped_workers(run, patience_seconds):
        raise KeyboardInterrupt


def test_an_interrupted_run_waits_until_its_workers_have_stopped(run: str) -> None:
    is_busy, left = threading.Event(), []

    def work() -> None:
        with working(run):
            is_busy.set()
            while True:
                try:
                    check_not_stopped(run)
                except RunOverError:
                    left.append(run)
                    return

    threading.Thread(target=work, daemon=True).start()
    is_busy.wait()
    interrupt(run)
    assert left == [run]
    with pytest.raises(RunOverError), working(run):
        pass


def test_a_worker_that_hangs_is_not_waited_for_long(run: str) -> None:
    with working(run):
        interrupt(run, 0.01)


def test_runs_that_end_well_and_other_runs_go_on(run: str) -> None:
    other = uuid.uuid4().hex
    with stopped_workers(run):
        pass
    interrupt(other)
    check_not_stopped(run)
    with working(run):
        pass


@dataclass
class Counting(EngineStage):
    """Yields numbers."""

    def work(self, element: int, _engine: Any) -> Iterator[int]:
        yield from range(element)


def test_no_further_element_is_begun(run: str) -> None:
    worker = _Worker(Counting(cast(Any, SimpleNamespace(key=run))))
    worker._engine = cast(Any, None)
    outputs = worker.process(3)
    assert next(outputs) == 0
    interrupt(run)  # which does not wait for what is done with an output
    with pytest.raises(RunOverError):
        next(outputs)
    with pytest.raises(RunOverError):
        next(worker.process(3))


def test_a_shard_is_left_in_its_midst(
    run: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    frames = []

    def extract(_shard: Shard, _analyser: Any, _work: str, on_frame: Any) -> None:
        for number in range(3):
            frames.append(number)
            on_frame()
            interrupt(run)

    monkeypatch.setattr(extract_shards, "extract_shard", extract)
    hidden, folders = ProgressWriter(None, ""), local_folders(str(tmp_path))
    shard = Shard(VideoTask("a", "a.mp4"))
    with pytest.raises(RunOverError):
        extract_once(shard, cast(Any, None), folders, hidden, lambda: check_not_stopped(run))
    assert frames == [0, 1]


def test_an_export_is_left_in_its_midst(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []

    def write(_task: Any, _plan: Any, chosen: Any, _outcome: Any, check: Any) -> None:
        turns.append([name for name, _, _ in chosen])
        check()
        interrupt(run, 0.01)

    monkeypatch.setattr(export_input, "_write", write)
    monkeypatch.setattr(export_input, "_discard_outdated", lambda *_: None)
    formats = ("csv", "overlay")
    task = SimpleNamespace(
        formats=formats, identities=formats, uri="a.mp4", table=SimpleNamespace(video_id="a")
    )
    with pytest.raises(RunOverError):
        next(_ExportVideo(cast(Any, None), run).process(cast(Any, task)))
    assert turns == [["csv"]]


def test_frames_of_an_export_ask_for_its_run(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[int] = []

    def ask() -> None:
        interrupt(run)
        check_not_stopped(run)

    monkeypatch.setattr(export_input, "open_media", lambda *_, **__: nullcontext())
    monkeypatch.setattr(export_input, "in_step", lambda *_: ((None, k) for k in range(3)))
    monkeypatch.setattr(export_input, "_add", lambda _exporters, _rows, frame: frames.append(frame))
    task, nothing = SimpleNamespace(uri="a.mp4"), cast(Any, None)
    table, place = SimpleNamespace(batches=lambda: ()), SimpleNamespace(check=lambda: None)
    with pytest.raises(RunOverError):
        export_input._add_frames(
            cast(Any, task), {}, cast(Any, table), cast(Any, place), cast(Any, [nothing]), ask
        )
    assert frames == [0]


def test_a_run_stops_its_workers_whatever_ends_it(run: str) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    job, folders = cast(Job, SimpleNamespace(runner="DirectRunner")), local_folders("out")
    with pytest.raises(KeyboardInterrupt):
        _finish(job, SimpleNamespace(run=fail), folders, None, run)
    with pytest.raises(RunOverError):
        check_not_stopped(run)
