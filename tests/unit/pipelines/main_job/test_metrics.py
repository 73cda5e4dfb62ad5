"""Metrics of several pipelines added up."""

from types import SimpleNamespace
from typing import Any

from apache_beam.metrics.cells import DistributionData, DistributionResult

from pipelines.main_job.metrics import Distribution, RunMetrics


def named(name: str, result: object) -> SimpleNamespace:
    return SimpleNamespace(key=SimpleNamespace(metric=SimpleNamespace(name=name)), result=result)


def times(total: int, count: int, least: int, most: int) -> DistributionResult:
    return DistributionResult(DistributionData(total, count, least, most))


class Result:
    """A finished pipeline that reports the given metrics."""

    def __init__(self, counters: list[Any], distributions: list[Any]) -> None:
        self._found = {"counters": counters, "distributions": distributions}

    def metrics(self) -> "Result":
        return self

    def query(self, wanted: object) -> dict[str, list[Any]]:
        return self._found


class ResultWithoutMetrics:
    def metrics(self) -> None:
        raise NotImplementedError


def test_steps_and_waves_add_up() -> None:
    metrics = RunMetrics()
    metrics.add(
        Result(
            [named("shards", 2), named("shards", 3), named("blocks", 1)],
            [named("decoding_us", times(10, 2, 4, 6)), named("decoding_us", times(1, 1, 1, 1))],
        )
    )
    metrics.add(Result([named("shards", 4)], [named("decoding_us", times(90, 1, 90, 90))]))
    assert metrics.counters == {"shards": 9, "blocks": 1}
    assert metrics.distributions == {"decoding_us": Distribution(4, 101, 1, 90)}
    assert metrics.distributions["decoding_us"].mean == 101 / 4
    assert metrics.are_complete


def test_a_distribution_without_values_says_nothing() -> None:
    metrics = RunMetrics()
    metrics.add(Result([], [named("decoding_us", times(0, 0, 2**63 - 1, -(2**63)))]))
    assert metrics.distributions == {}


def test_a_counter_at_zero_has_no_result_through_a_job_service() -> None:
    from apache_beam.metrics.execution import MetricKey, MetricResult
    from apache_beam.metrics.metricbase import MetricName

    key = MetricKey("step", MetricName("openface", "shards"))
    metrics = RunMetrics()
    metrics.add(Result([MetricResult(key, 0, None)], [MetricResult(key, None, None)]))
    assert metrics.counters == {"shards": 0}
    assert metrics.distributions == {}


def test_a_runner_that_offers_none() -> None:
    metrics = RunMetrics()
    metrics.add(Result([named("shards", 2)], []))
    metrics.add(ResultWithoutMetrics())
    assert metrics.counters == {"shards": 2}
    assert not metrics.are_complete
