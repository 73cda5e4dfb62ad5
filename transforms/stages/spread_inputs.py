"""The stage that hands inputs to workers."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam

from transforms.records import VideoTask


def _key(task: VideoTask) -> str:
    return task.video_id  # and not the place, which may be no text


def _tasks(element: tuple[str, Iterable[VideoTask]]) -> Iterable[VideoTask]:
    return element[1]


@dataclass
class SpreadInputs(beam.PTransform):
    """Hand inputs to workers: ``VideoTask`` to ``VideoTask``.

    By a grouping, and not by a ``Reshuffle``: shards are reshuffled later, and of two ``Reshuffle``
    steps without a grouping in between Flink leaves out the second. All shards of a video would
    stay on the host that planned them.
    """

    def expand(self, tasks: beam.PCollection) -> beam.PCollection:
        """Return the inputs, where their shards are to be planned."""
        return (
            tasks
            | "Key" >> beam.WithKeys(_key)
            | "Group" >> beam.GroupByKey()
            | "Each" >> beam.FlatMap(_tasks)
        )
