"""What a run would do, told instead of done."""

from openface_core.errors import MediaError
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.plan import describe_plan, make_plan, planned_parts
from pipelines.main_job.prepare import check_asked_runner
from pipelines.main_job.summary import RunSummary
from pipelines.screen import printed


def dry_run(arguments: RunArguments) -> RunSummary:
    """Write what a run would do to stdout; nothing else is written.

    Parameters
    ----------
    arguments : RunArguments
        What it would be asked to do.

    Returns
    -------
    RunSummary
        How many inputs there are, and how many of them an earlier run has finished.

    Raises
    ------
    OpenFaceBeamError
        As :func:`pipelines.run.run`.
    """
    check_asked_runner(arguments)
    plan = make_plan(arguments)
    parts = planned_parts(plan)
    for line in describe_plan(plan, parts):
        printed().write(f"{line}\n")
    return RunSummary(
        arguments.output,
        plan.inputs,
        inputs_finished=len(plan.finished),
        inputs_failed=len(plan.problems)
        + sum(isinstance(found, MediaError) for found in parts.values()),
        is_dry=True,
    )
