"""The shards of an input, as the workers of a run make them."""

from openface_core.analysis.settings import RunSettings
from transforms.dataset.provenance import with_content
from transforms.metrics import Count, StageStep, count, timed
from transforms.plan.shards import plan_shards
from transforms.records import Shard, VideoTask


def cut_into_shards(task: VideoTask, settings: RunSettings) -> tuple[Shard, ...]:
    """Return an input's shards, each of which knows the content that was found now.

    Parameters
    ----------
    task : VideoTask
        The input.
    settings : RunSettings
        Settings of the run.
    """
    with timed(StageStep.PLANNING):
        shards = plan_shards(with_content(task), settings)
    count(Count.SHARDS, len(shards))
    return tuple(shards)
