"""Bytes and CPU milliseconds of every stage, measured while the main job runs on one thread.

The runner's own shuffle buffers and the stages' own functions are watched, so that what is measured
is what flows: elements as Beam's coders encode them, work files as they lie in the work folder.
"""

import functools
import json
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.long_videos import FPS, encode, repeated_frames
from benchmarks.whole_runs import machine, run_main_job, threads, write_first_frame
from openface_core.media import index_frames
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.plan import make_plan
from pipelines.run import run

IN_MEMORY = ("--direct_running_mode=in_memory", "--direct_num_workers=1")
_PLANNED_INPUTS = 200


class Watch:
    """What one run does: CPU seconds of every element by stage, and bytes by kind."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.shuffled_bytes = 0
        self.shuffled_elements = 0
        self.work_bytes: dict[str, int] = defaultdict(int)
        self.work_files: dict[str, int] = defaultdict(int)
        self.table_bytes = 0

    def timed(self, name: str, process: Callable[..., Any]) -> Callable[..., Any]:
        """Return a stage's function that also notes the CPU time of each element."""

        @functools.wraps(process)
        def wrapper(*arguments: Any, **named: Any) -> Iterator[Any]:
            spent = 0.0
            began = time.thread_time()
            results = iter(process(*arguments, **named) or ())
            while True:
                # What follows in the graph runs while a result is handed over: not counted.
                result = next(results, None)
                spent += time.thread_time() - began
                if result is None:
                    self.seconds[name].append(spent)
                    return
                yield result
                began = time.thread_time()

        return wrapper

    def note_files(self, output: Path) -> None:
        """Note the sizes of tables and work files."""
        for path in output.rglob("*"):
            if path.is_file() and ".work" in path.parts:
                self.work_bytes[path.suffix[1:]] += path.stat().st_size
                self.work_files[path.suffix[1:]] += 1
            elif path.name == "frames.parquet":
                self.table_bytes += path.stat().st_size


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch the main job of this process."""
    from apache_beam.runners.portability.fn_api_runner.execution import GroupingBuffer

    import pipelines.main_job.graph  # noqa: F401 - all stages are known then
    import transforms.work.folder
    from transforms.stages.engine_stage import EngineStage

    watch = Watch()
    append = GroupingBuffer.append

    def counted(self: Any, data: bytes) -> None:
        watch.shuffled_bytes += len(data)
        watch.shuffled_elements += 1
        append(self, data)

    stages = EngineStage.__subclasses__()
    with (
        mock.patch.object(GroupingBuffer, "append", counted),
        mock.patch.object(transforms.work.folder, "discard_run"),
        _patched(watch, stages),
    ):
        yield watch


@contextmanager
def _patched(watch: Watch, stages: list[type]) -> Iterator[None]:
    kept = [(kind, vars(kind)["work"]) for kind in stages]
    for kind, work in kept:
        setattr(kind, "work", watch.timed(kind.__name__, work))  # noqa: B010
    try:
        yield
    finally:
        for kind, work in kept:
            setattr(kind, "work", work)  # noqa: B010


def _watched_run(video: Path, models: str, config: str, folder: Path) -> Watch:
    output = folder / f"output-{video.stem}"
    with watching() as watch:
        run(
            RunArguments(
                inputs=(str(video),), output=str(output), models=models, config=config,
                quiet=True, beam=IN_MEMORY,
            )
        )  # fmt: skip
        watch.note_files(output)
    return watch


def _planning_seconds(video: Path, models: str, config: str, folder: Path) -> float:
    """Return the CPU time per input before the pipeline starts, fingerprints included."""
    many = folder / "many"
    many.mkdir()
    for k in range(_PLANNED_INPUTS):
        (many / f"{k}.mp4").write_bytes(video.read_bytes())
    arguments = RunArguments(
        inputs=(str(many),), output=str(folder / "none"), models=models, config=config, quiet=True
    )
    began = time.process_time()
    make_plan(arguments)
    return (time.process_time() - began) / _PLANNED_INPUTS


def graph_bytes_per_input() -> float:
    """Return what an input adds to the graph; its name is without any pattern."""
    import apache_beam as beam

    from transforms.records import VideoTask

    def size(count: int) -> int:
        pipeline = beam.Pipeline()
        names = [uuid.uuid4().hex for _ in range(count)]
        tasks = [VideoTask(name, f"gs://corpus/{name}.mp4") for name in names]
        _ = pipeline | beam.Create(tasks, reshuffle=False)
        return len(pipeline.to_runner_api().SerializeToString())

    return (size(2 * _PLANNED_INPUTS) - size(_PLANNED_INPUTS)) / _PLANNED_INPUTS


def measure_stages(video: Path, frames: int, models: str, config: str) -> dict[str, Any]:
    """Return all figures that :mod:`benchmarks.scaling_model` needs, as plain values.

    Parameters
    ----------
    video : path
        A short video, which is repeated.
    frames : int
        Frames of the long one.
    models, config : str
        Models folder and preset.

    Returns
    -------
    dict
        Times in seconds of CPU, sizes in bytes.
    """
    with tempfile.TemporaryDirectory(prefix="openface-beam-stages-") as name:
        folder = Path(name)
        one = write_first_frame(video, folder / "one.mp4")
        long = folder / "long.mp4"
        encode(long, repeated_frames(video, frames))
        _watched_run(one, models, config, folder / "first")  # compiles, fills caches
        short_run = _watched_run(one, models, config, folder)
        long_run = _watched_run(long, models, config, folder)
        began = time.process_time()
        index_frames(str(long))
        index_seconds = time.process_time() - began
        start_up = run_main_job([one], ["--models", models, "--config", config], threads(1))
        planning = _planning_seconds(one, models, config, folder)
        video_bytes = long.stat().st_size
    per_stage = {
        stage: {
            "elements": len(seconds),
            "seconds": sum(seconds),
            "seconds_of_a_video_of_one_frame": sum(short_run.seconds.get(stage, [])),
        }
        for stage, seconds in long_run.seconds.items()
    }
    return {
        "machine": machine(),
        "video": video.name,
        "fps": FPS,
        "frames": frames,
        "video_bytes": video_bytes,
        "index_seconds": index_seconds,
        "start_up_cpu_seconds": start_up.cpu_seconds,
        "start_up_peak_mib": start_up.peak_memory_mib,
        "planning_seconds_per_input": planning,
        "graph_bytes_per_input": graph_bytes_per_input(),
        "shard_seconds": long_run.seconds["ExtractShard"],
        "stages": per_stage,
        "work_bytes": dict(long_run.work_bytes),
        "work_files": dict(long_run.work_files),
        "table_bytes": long_run.table_bytes,
        "shuffled_bytes": long_run.shuffled_bytes,
        "shuffled_elements": long_run.shuffled_elements,
        "shuffled_bytes_of_a_video_of_one_frame": short_run.shuffled_bytes,
    }


def as_json(found: dict[str, Any]) -> str:
    """Return the figures as text."""
    return json.dumps(found, indent=2, sort_keys=True) + "\n"
