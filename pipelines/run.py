"""The main job: videos in, one dataset of facial behaviour out.

Everything the command line can do, :func:`run` does for Python.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import leave, run_command
from pipelines.main_job.arguments import RunArguments, parse_arguments
from pipelines.main_job.clock import RunClock
from pipelines.main_job.openface_words import refuse_openface_words
from pipelines.main_job.summary import RunSummary, report_problems

if TYPE_CHECKING:
    from pipelines.main_job.metrics import RunMetrics
    from pipelines.main_job.prepare import Job
    from transforms.stages.engine_handle import EngineHandle

# The imports that lead to Beam, numba and so on take a second, which `--help` and a mistyped option
# need not wait for, and Beam another one, which few frames do not need at all. So they stand in the
# functions.


def run(arguments: RunArguments) -> RunSummary:
    """Run the main job and wait for its end.

    Parameters
    ----------
    arguments : RunArguments
        What to do.

    Returns
    -------
    RunSummary
        What was done. An input that fails is a row of the error table, not an exception.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done: no input or models, a wrong configuration, an output in use.
    """
    clock = RunClock()
    from pipelines.export_job.after_run import with_report
    from pipelines.main_job.close import close, close_finished
    from pipelines.main_job.prepare import held_and_clean, load_models, prepare
    from pipelines.main_job.runners import set_up_log

    set_up_log()
    job = prepare(arguments)
    with held_and_clean(job):
        if not job.has_work:
            return with_report(close_finished(job), arguments)
        handle, engine = load_models(job)
        metrics = _analyse(job, handle)
        if metrics is None:
            return RunSummary(job.output, job.plan.inputs, handed_over_to=job.runner)
        return with_report(close(job, engine, metrics, clock), arguments)


def _analyse(job: "Job", handle: "EngineHandle") -> "RunMetrics | None":
    """Return what was counted; None if the run was handed over to a cluster."""
    if job.options is None:
        from pipelines.main_job.small_run import run_small

        return run_small(job, handle)
    from pipelines.main_job.waves import run_waves

    return run_waves(job, handle)


def dry_run(arguments: RunArguments) -> None:
    """Write what a run would do to stdout; nothing else is written.

    Raises
    ------
    OpenFaceBeamError
        As :func:`run`.
    """
    from pipelines.main_job.plan import describe_plan, make_plan
    from pipelines.main_job.prepare import asked_runner, asks_for_beam
    from pipelines.main_job.runners import check_words, import_beam, set_up_log

    set_up_log()
    if asks_for_beam(arguments):
        import_beam()
        check_words(*asked_runner(arguments))
    for line in describe_plan(make_plan(arguments)):
        sys.stdout.write(f"{line}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, 3 if some inputs failed, or 1 if all did."""
    words = sys.argv[1:] if argv is None else argv

    def command() -> int:
        refuse_openface_words(words)
        arguments = parse_arguments(words)
        if arguments.dry_run:
            dry_run(arguments)
            return 0
        summary = run(arguments)
        if summary.inputs_failed or summary.warnings:
            report_problems(arguments.output)
        sys.stderr.flush()
        sys.stdout.write(f"{summary}\n")
        return summary.exit_status

    return run_command(command)


if __name__ == "__main__":
    leave(main())
