"""The main job: videos in, one dataset of facial behaviour out.

Everything the command line can do, :func:`run` does for Python.
"""

import sys
from collections.abc import Sequence

from openface_core.collector import collector_paused
from pipelines.command import leave, run_command
from pipelines.main_job.arguments import RunArguments, parse_arguments
from pipelines.main_job.clock import RunClock
from pipelines.main_job.openface_words import refuse_openface_words
from pipelines.main_job.summary import RunSummary, report_problems

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
    with collector_paused():
        from pipelines.export_job.after_run import with_report
        from pipelines.main_job.analyse import analyse
        from pipelines.main_job.close import close, close_finished
        from pipelines.main_job.prepare import held_and_clean, load_models, prepare

    planned = prepare(arguments)  # which may look at many inputs
    with held_and_clean(planned, arguments) as job:
        if not job.has_work:
            return with_report(close_finished(job), arguments)
        handle, engine = load_models(job)
        metrics = analyse(job, handle)
        if metrics is None:
            return RunSummary(job.output, job.plan.inputs, handed_over_to=job.runner)
        return with_report(close(job, engine, metrics, clock), arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, 3 if some inputs failed, or 1 if all did."""
    words = sys.argv[1:] if argv is None else argv

    def command() -> int:
        refuse_openface_words(words)
        arguments = parse_arguments(words)
        if arguments.dry_run:
            from pipelines.main_job.dry_run import dry_run

            dry_run(arguments)
            return 0
        summary = run(arguments)
        if summary.inputs_failed or summary.warnings or summary.damaged_tables:
            report_problems(arguments.output)
        sys.stderr.flush()
        sys.stdout.write(f"{summary}\n")
        return summary.exit_status

    return run_command(command)


if __name__ == "__main__":
    leave(main())
