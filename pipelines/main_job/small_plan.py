"""Which runs are so small that they do without Beam."""

from pipelines.main_job.plan import RunPlan
from transforms.plan.inputs import promised_frames

SMALL_FRAMES = 150
"""To import Beam, to build a graph and to start its workers takes a second or two. In that time,
one thread analyses so many frames."""


def is_small(plan: RunPlan) -> bool:
    """Return whether one thread has a run's frames analysed before Beam has started.

    Parameters
    ----------
    plan : RunPlan
        The run. Only the headers of its first inputs are read.
    """
    left = SMALL_FRAMES
    for task in plan.todo:
        frames = promised_frames(task, plan.settings.decoding)
        if frames is None:
            return False
        left -= max(1, frames)
        if left < 0:
            return False
    return True
