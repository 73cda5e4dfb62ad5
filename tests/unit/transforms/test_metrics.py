"""Counters and timers, in a pipeline and outside of one."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest

from openface_core.faces import FaceStatus
from openface_core.watch import Step, each_timed
from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.runners import make_runner, pipeline_options
from transforms import metrics
from transforms.metrics import (
    BeamWatch,
    Count,
    StageStep,
    count,
    count_failure,
    duration_name,
    frames_without_face_name,
    note_shard_frames,
    timed,
)

COUNTERS = {
    "faces_found": 2,
    "frames_extracted": 8,
    "frames_without_face_not_detected": 4,
    "frames_without_face_landmarks_not_a_face": 2,
    "work_bytes_written": 8,
    "inputs_failed": 2,
    "inputs_failed_work_files": 2,
}
OPTIONS = ("--direct_running_mode=in_memory", "--direct_num_workers=1")


def one_by_one(values: list[int]) -> Iterator[int]:
    yield from values


def use_everything(value: int) -> int:
    watch = BeamWatch()
    for status in (
        FaceStatus.NOT_DETECTED,
        FaceStatus.NOT_DETECTED,
        FaceStatus.NOT_A_FACE,
        FaceStatus.FOUND,
    ):
        watch.count_frame(status)
    count(Count.WORK_BYTES, value)
    count_failure("work files")
    note_shard_frames(value)
    with timed(StageStep.TABLE):
        pass
    with watch.time(Step.ALIGNMENT):  # finer than what the main job adds up
        pass
    assert list(each_timed(watch, Step.DECODING, one_by_one([7, 8]))) == [7, 8]
    return value


def check_distributions(found: RunMetrics) -> None:
    counts = {name: values.count for name, values in found.distributions.items()}
    assert counts == {"shard_frames": 2, "table_writing_us": 2, "decoding_us": 2 * (2 + 1)}
    shard_frames = found.distributions["shard_frames"]
    assert (shard_frames.total, shard_frames.minimum, shard_frames.maximum) == (8, 3, 5)


def test_what_beam_gets() -> None:
    options = pipeline_options("DirectRunner", OPTIONS)
    pipeline = beam.Pipeline(runner=make_runner("DirectRunner", options), options=options)
    _ = pipeline | beam.Create([3, 5]) | beam.Map(use_everything)
    result = pipeline.run()
    result.wait_until_finish()
    found = RunMetrics()
    found.add(result)
    assert found.counters == COUNTERS
    check_distributions(found)


def test_what_is_collected_without_beam() -> None:
    with metrics.collecting() as collected:
        use_everything(3)
        use_everything(5)
    use_everything(7)
    found = RunMetrics()
    found.add_collected(collected)
    assert found.counters == COUNTERS
    check_distributions(found)


def test_outside_of_a_pipeline_nothing_happens() -> None:
    assert use_everything(3) == 3


def test_microseconds_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Values(list[Any]):
        update = list.append

    clock = iter([0, 1_499, 0, 1_500, 0, 2_000_000])
    monkeypatch.setattr(metrics, "perf_counter_ns", lambda: next(clock))
    values = Values()
    for _ in range(3):
        with metrics._Timer(values):
            pass
    assert values == [1, 2, 2000]


def test_time_until_a_failure_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Values(list[Any]):
        update = list.append

    values = Values()
    with pytest.raises(ZeroDivisionError), metrics._Timer(values):
        raise ZeroDivisionError
    assert len(values) == 1


def test_names_are_distinct() -> None:
    reasons = [frames_without_face_name(status) for status in FaceStatus]
    steps = [duration_name(step) for step in (*Step, *StageStep)]
    names = [*Count, *reasons, *steps, metrics.SHARD_FRAMES]
    assert len(set(names)) == len(names)
