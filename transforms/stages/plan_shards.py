"""The stage that cuts inputs into shards."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam

from openface_core.analysis.settings import RunSettings
from transforms.records import Shard, VideoTask
from transforms.work.cutting import cut_into_shards


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

    def _plan(self, task: VideoTask) -> Iterable[Shard]:
        return cut_into_shards(task, self.settings)
