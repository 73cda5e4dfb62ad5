"""The stage that cuts inputs into shards."""

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam

from transforms.metrics import Count, Step, count, timed
from transforms.records import Shard, VideoTask
from transforms.settings import RunSettings
from transforms.shard_planning import plan_shards


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
        with timed(Step.PLANNING):
            shards = plan_shards(task, self.settings)
        count(Count.SHARDS, len(shards))
        yield from shards
