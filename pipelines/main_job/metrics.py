"""The counters and distributions of a run, added up over the steps and waves of its pipelines."""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

from transforms.metrics import NAMESPACE, Collected


@dataclass(frozen=True)
class Distribution:
    """What is known of many values.

    Parameters
    ----------
    count, total : int
        How many there are, and their sum.
    minimum, maximum : int
        The smallest and the largest.
    """

    count: int
    total: int
    minimum: int
    maximum: int

    @property
    def mean(self) -> float:
        """Their mean."""
        return self.total / self.count

    def __add__(self, other: "Distribution") -> "Distribution":
        return Distribution(
            self.count + other.count,
            self.total + other.total,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )


class RunMetrics:
    """Adds up what the pipelines of a run report.

    Attributes
    ----------
    counters : Counter of str
        Counters by name.
    distributions : dict of str to Distribution
        Distributions by name; those without a value are missing.
    are_complete : bool
        Whether the runner has offered metrics of every pipeline.
    """

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.distributions: dict[str, Distribution] = {}
        self.are_complete = True

    def add(self, result: Any) -> None:
        """Add the metrics of a finished pipeline.

        Parameters
        ----------
        result : PipelineResult
            What the runner returned; a runner may offer no metrics.
        """
        from apache_beam.metrics import MetricsFilter  # a run without Beam does not come here

        try:
            found = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))
        except Exception as error:  # the dataset is written, whatever a runner says of its metrics
            logging.getLogger(__name__).warning(
                "the runner offers no metrics (%s: %s)", type(error).__name__, error
            )
            self.are_complete = False
            return
        for counter in found["counters"]:
            # Through a job service, a counter that stands at 0 has no result.
            self.counters[counter.key.metric.name] += int(counter.result or 0)
        for item in found["distributions"]:
            values = item.result
            if values is not None and values.count:
                self._add(
                    item.key.metric.name,
                    Distribution(values.count, values.sum, values.min, values.max),
                )

    def add_collected(self, found: Collected) -> None:
        """Add the metrics of a run without Beam.

        Parameters
        ----------
        found : Collected
            What it counted.
        """
        self.counters.update(found.counters)
        for name, values in found.distributions.items():
            if values.count:
                self._add(
                    name,
                    Distribution(values.count, values.total, values.minimum, values.maximum),
                )

    def _add(self, name: str, values: Distribution) -> None:
        known = self.distributions.get(name)
        self.distributions[name] = values if known is None else known + values
