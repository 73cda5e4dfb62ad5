"""Where the time of a run went, in words and as a document."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from openface_core.faces import FaceStatus
from pipelines.main_job.metrics import Distribution, RunMetrics
from pipelines.main_job.metrics_report import (
    RunOutline,
    describe_steps,
    hosts_of,
    metrics_document,
    seconds_of_steps,
    write_metrics,
)
from transforms.metrics import HOST_PREFIX, Count, frames_without_face_name

OUTLINE = RunOutline(
    datetime(2026, 5, 4, 12, 30, 15, 99, tzinfo=timezone(timedelta(hours=2))),
    seconds=3.14159,
    runner="DirectRunner",
    inputs=5,
    inputs_finished_before=2,
    inputs_out_of_reach=1,
)


@pytest.fixture
def metrics() -> RunMetrics:
    """Of ten frames and ten seconds."""
    result = RunMetrics()
    result.counters.update({"frames_extracted": 10, "inputs_failed_decoding": 1, "shards": 2})
    seconds = {"shard": 6, "decoding": 2, "measurement": 3, "finishing": 4, "table_writing": 1}
    for name, value in seconds.items():
        result.distributions[f"{name}_us"] = Distribution(2, value * 10**6, 1, value * 10**6 - 1)
    return result


def test_no_time_counts_twice(metrics: RunMetrics) -> None:
    known = {step: value for step, value in seconds_of_steps(metrics).items() if value}
    assert known == {
        "decoding": 2,
        "measurement": 3,
        "post-processing": 3,
        "writing tables": 1,
        "other": 1,
    }


def test_in_words(metrics: RunMetrics) -> None:
    assert list(describe_steps(metrics)) == [
        "time of all workers          s  ms/frame  share",
        "decoding                  2.00   200.000  20.0%",
        "measurement               3.00   300.000  30.0%",
        "post-processing           3.00   300.000  30.0%",
        "writing tables            1.00   100.000  10.0%",
        "other                     1.00   100.000  10.0%",
        "together                 10.00  1000.000 100.0%",
    ]


def test_without_frames_nothing_is_said() -> None:
    assert list(describe_steps(RunMetrics())) == []


def test_the_document(metrics: RunMetrics, tmp_path: Path) -> None:
    write_metrics(str(tmp_path), metrics, OUTLINE)
    document = json.loads((tmp_path / "metrics.json").read_text())
    assert document == metrics_document(metrics, OUTLINE)
    assert datetime.fromisoformat(document["begin"]) == datetime(2026, 5, 4, 10, 30, 15, tzinfo=UTC)
    assert document["seconds"] == 3.142
    assert document["runner"] == "DirectRunner"
    assert document["inputs"] == 5
    assert document["inputs_finished_before"] == 2
    assert document["inputs_out_of_reach"] == 1
    assert document["missing"] is None
    assert document["distributions"]["table_writing_us"] == {
        "count": 2,
        "sum": 1_000_000,
        "min": 1,
        "max": 999_999,
        "mean": 500_000.0,
    }


def test_every_counter_has_its_place(metrics: RunMetrics) -> None:
    counters = metrics_document(metrics, OUTLINE)["counters"]
    assert list(counters) == sorted(counters)
    assert {count.value for count in Count} < set(counters)
    reasons = {
        frames_without_face_name(status) for status in FaceStatus if status is not FaceStatus.FOUND
    }
    assert reasons < set(counters)
    assert (counters["shards"], counters["blocks"], counters["inputs_failed_decoding"]) == (2, 0, 1)


def test_a_runner_without_metrics_is_named() -> None:
    metrics = RunMetrics()
    metrics.are_complete = False
    assert "has not offered metrics" in metrics_document(metrics, OUTLINE)["missing"]


def test_hosts_of_a_cluster() -> None:
    metrics = RunMetrics()
    values = {"shards": 7, "frames": 900, "ms": 1500}
    metrics.counters.update({f"{HOST_PREFIX}{kind}.a.b": value for kind, value in values.items()})
    assert hosts_of(metrics) == {"a.b": {"shards": 7, "frames": 900, "seconds": 1.5}}
