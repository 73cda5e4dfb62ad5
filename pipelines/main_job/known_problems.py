"""Rows of the error table that are known before a wave of inputs is analysed."""

from collections.abc import Iterable

from pipelines.main_job.prepare import Job
from transforms.dataset.error_table import earlier_problems
from transforms.plan.finished import RecordedTables
from transforms.problems import Problem
from transforms.records import VideoTask


def known_problems(
    job: Job, wave: Iterable[VideoTask], *, is_first: bool = True
) -> tuple[Problem, ...]:
    """Return rows of the error table of other inputs than a wave's own.

    Parameters
    ----------
    job : Job
        The run.
    wave : iterable of VideoTask
        Inputs that are analysed now.
    is_first : bool
        Whether no wave was before: later ones find in the table what the first one has written.
    """
    tables = RecordedTables(job.output, job.plan.settings.output.buckets)
    if not is_first:
        return earlier_problems(job.output, [task.video_id for task in wave], tables.digest_of)
    problems = job.plan.problems
    own_rows = {task.video_id for task in job.plan.todo} | {row.video_id for row in problems}
    return problems + earlier_problems(job.output, own_rows, tables.digest_of)
