"""The stage that cuts inputs into shards."""

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam

from openface_core.analysis.settings import RunSettings
from transforms.dataset.provenance import with_content
from transforms.metrics import Count, StageStep, count, timed
from transforms.plan.shards import plan_shards
from transforms.records import Shard, VideoTask


@dataclass
class PlanShards(beam.PTransform):
    """Cut inputs: ``VideoTask`` to ``Shard``.

    Parameters
    ----------
    settings : RunSettings
        Settings of the run.
    """

    settings: RunSettings

    def expand(self, tasks: beam.PCollection) -> beam.PCollection:
        """Return one element per shard."""
        return tasks | "Plan" >> beam.FlatMap(self._plan)

    def _plan(self, task: VideoTask) -> Iterator[Shard]:
        with timed(StageStep.PLANNING):
            shards = plan_shards(with_content(task), self.settings)
        count(Count.SHARDS, len(shards))
        yield from shards
