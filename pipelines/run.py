"""The main job: videos in, one dataset of facial behaviour out.

Everything the command line can do, :func:`run` does for Python.
"""

import logging
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from openface_core.command_status import run_command
from openface_core.errors import PipelineError
from pipelines.command import leave
from pipelines.main_job.arguments import RunArguments, parse_arguments
from pipelines.main_job.pipeline_failure import pipeline_failure
from pipelines.main_job.summary import RunSummary, report_problems
from pipelines.main_job.watchdog import Watchdog

if TYPE_CHECKING:
    from pipelines.main_job.plan import RunPlan
    from transforms.records import Problem

# Beam takes a second to import, which `--help` and a mistyped option need not wait for. So the
# imports that lead to it stand in the functions.

_PATIENCE_SECONDS = 2.0


@contextmanager
def announced_if_slow(what: str, arguments: RunArguments) -> Iterator[None]:
    """Say what is going on, if it takes so long that a user may wonder."""
    timer = threading.Timer(_PATIENCE_SECONDS, sys.stderr.write, [f"{what} ...\n"])
    if not arguments.quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


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
        If nothing can be done at all: no input, no models, a wrong configuration, no output.
    """
    from pipelines.configuration.config_file import load_beam_options
    from pipelines.main_job.runners import (
        chosen_runner,
        import_beam,
        is_local,
        make_runner,
        pipeline_options,
        worker_count,
    )

    begin, began = datetime.now(UTC), time.monotonic()
    beam = import_beam()

    from openface_core.analysis.engine import warm_up
    from pipelines.configuration.model_choice import chosen_preset
    from pipelines.main_job.graph import build_graph
    from pipelines.main_job.metrics import RunMetrics
    from pipelines.main_job.metrics_report import RunOutline, describe_steps, write_metrics
    from pipelines.main_job.plan import make_plan, places_of
    from pipelines.main_job.progress_display import ProgressDisplay
    from pipelines.main_job.worker_place import worker_place
    from transforms.dataset.completion import complete_dataset
    from transforms.dataset.documents import write_documents
    from transforms.dataset.error_table import earlier_problems
    from transforms.dataset.layout import metrics_path
    from transforms.dataset.storage import remove, remove_temporaries
    from transforms.dataset.summary import count_short
    from transforms.metrics import Count
    from transforms.plan.calibration import calibration_key
    from transforms.plan.finished import RecordedTables
    from transforms.plan.inputs import promised_frames
    from transforms.plan.waves import bucket_by_bucket, into_waves, largest_first
    from transforms.records import Severity
    from transforms.stages.engine_handle import EngineHandle
    from transforms.stages.share_shards import local_workers
    from transforms.work.folder import discard_all

    preset = load_beam_options(chosen_preset(arguments.models, arguments.config))
    runner, given = chosen_runner(arguments.runner, arguments.beam, preset)
    options = pipeline_options(runner, given)
    workers = worker_place(runner, options)
    plan = make_plan(arguments)
    workers.check_paths(places_of(plan, arguments.output))
    remove_temporaries(arguments.output)
    discard_all(arguments.output)
    if not plan.todo and not plan.problems:
        # A run may have been killed after its last table.
        _complete_finished(arguments.output, plan)
        return RunSummary(arguments.output, plan.inputs, inputs_finished=plan.inputs)
    settings, todo = plan.settings, plan.todo
    own_rows = {task.video_id for task in todo} | {row.video_id for row in plan.problems}

    def problems_of_others(analysed: Iterable[str]) -> "tuple[Problem, ...]":
        tables = RecordedTables(arguments.output, settings.output.buckets)
        return earlier_problems(arguments.output, analysed, tables.has)

    problems = plan.problems + problems_of_others(own_rows)

    # Loaded before the workers need them, so that a damaged model fails once and at once. Workers
    # that are threads of this process find them loaded.
    handle = EngineHandle(plan.files, settings)
    engine = handle.acquire()
    if plan.with_networks and not arguments.quiet:
        sys.stderr.write(f"networks run on {', '.join(engine.providers)}\n")
        if engine.landmark_detector is not None:
            sys.stderr.write(f"landmarks are refined by {engine.landmark_detector}\n")
    with announced_if_slow("compiling the kernels; only a machine's first run has to", arguments):
        warm_up(engine)
    # Before the first table: a run that is killed leaves a folder that the next one accepts.
    write_documents(arguments.output, plan.provenance, *engine.columns)
    remove(metrics_path(arguments.output))  # of an earlier run

    promised = [
        promised_frames(task, settings.decoding) if workers.tells_progress else None
        for task in todo
    ]
    keys = [calibration_key(task, settings.calibration) for task in todo]
    ordered = bucket_by_bucket(*largest_first(todo, promised, keys), settings.output.buckets)
    waves = into_waves(*ordered) if workers.takes_waves else (tuple(todo),)
    frames_of = {task.video_id: frames for task, frames in zip(todo, promised, strict=True)}
    sharing = worker_count(options) if is_local(runner) else 0
    metrics = RunMetrics()
    guard = Watchdog(workers.worker_pool) if workers.needs_watchdog else nullcontext()
    with (
        ProgressDisplay(promised, quiet=arguments.quiet or not workers.tells_progress) as progress,
        guard as watchdog,
    ):
        if watchdog is not None:
            handle = replace(handle, run_folder=watchdog.folder)
        # Without inputs there is still an error table to be written.
        for number, wave in enumerate(waves or ((),)):
            known = (
                problems if number == 0 else problems_of_others([task.video_id for task in wave])
            )
            pipeline = beam.Pipeline(runner=make_runner(runner, options), options=options)
            with local_workers(sharing, [frames_of[task.video_id] for task in wave]) as sharers:
                build_graph(
                    pipeline,
                    wave,
                    known,
                    handle,
                    plan.provenance,
                    arguments.output,
                    progress.folder if workers.tells_progress else None,
                    sharers,
                )
                if workers.is_left_alone:
                    pipeline.run()
                    return RunSummary(arguments.output, plan.inputs, handed_over_to=runner)
                metrics.add(_finish(pipeline, watchdog))
            discard_all(arguments.output)
    dataset = complete_dataset(
        arguments.output, {task.video_id for task in plan.finished}, *engine.action_unit_names
    )
    seconds = time.monotonic() - began
    outline = RunOutline(
        begin, seconds, runner, plan.inputs, len(plan.finished), len(plan.problems)
    )
    write_metrics(arguments.output, metrics, outline)
    if not arguments.quiet:
        sys.stderr.writelines(f"{line}\n" for line in describe_steps(metrics))
    counts = metrics.counters
    failed = {row.video_id for row in dataset.problems if row.severity is Severity.ERROR}
    written = sum(task.video_id not in failed for task in todo)
    return RunSummary(
        output=arguments.output,
        inputs=plan.inputs,
        inputs_written=written,
        inputs_finished=len(plan.finished),
        inputs_failed=len(todo) - written + len(plan.problems),
        frames_decoded=counts[Count.FRAMES_DECODED],
        frames_with_face=counts[Count.FRAMES_WITH_FACE],
        warnings=counts[Count.WARNINGS],
        inputs_with_few_frames=count_short(dataset.summary, plan.video_ids),
        few_frames=settings.calibration.few_frames,
        has_gaze=engine.measures_gaze or not plan.with_networks,
        seconds=seconds,
    )


def dry_run(arguments: RunArguments) -> None:
    """Write what a run would do to stdout; nothing else is written.

    Raises
    ------
    OpenFaceBeamError
        As :func:`run`.
    """
    from pipelines.main_job.runners import import_beam

    import_beam()
    from pipelines.main_job.plan import describe_plan, make_plan

    for line in describe_plan(make_plan(arguments)):
        sys.stdout.write(f"{line}\n")


def _complete_finished(output: str, plan: "RunPlan") -> None:
    """Write what is missing, or not right, beside the tables of inputs that are all finished.

    Raises
    ------
    OpenFaceBeamError
        If a model file is damaged, or storage refuses.
    """
    from models import locate_models
    from openface_core.analysis.engine import load_engine
    from transforms.dataset.completion import complete_dataset
    from transforms.dataset.documents import write_documents

    # Columns depend on the models, but not on the networks, which take a second to load.
    files = locate_models(plan.files.root, plan.settings.models, with_networks=False)
    engine = load_engine(files, plan.settings)
    write_documents(output, plan.provenance, *engine.columns)
    complete_dataset(output, plan.video_ids, *engine.action_unit_names)


def _finish(pipeline: Any, watchdog: Watchdog | None) -> Any:
    """Run a pipeline to its end and return its result.

    Raises
    ------
    PipelineError
        If the pipeline itself fails, as when the error table cannot be written, or a worker dies.
    """
    try:
        if watchdog is not None:
            return watchdog.finish(pipeline)
        result = pipeline.run()
        result.wait_until_finish()
    except PipelineError:
        raise
    except Exception as error:  # Beam turns what happens in a worker into many kinds of exception
        logging.getLogger(__name__).exception("the pipeline failed")
        raise pipeline_failure(error) from error
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 if no input gave a result."""
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)

    def command() -> int:
        if arguments.dry_run:
            dry_run(arguments)
            return 0
        summary = run(arguments)
        if summary.inputs_failed or summary.warnings:
            report_problems(arguments.output)
        sys.stderr.flush()
        sys.stdout.write(f"{summary}\n")
        return 0 if summary.has_results else 1

    return run_command(command)


if __name__ == "__main__":
    leave(main())
