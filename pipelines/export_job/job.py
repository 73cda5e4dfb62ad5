"""The export itself: a pipeline over the inputs of a dataset, run to its end."""

import logging
import time
import uuid
from collections.abc import Container, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import apache_beam as beam

from openface_core.errors import ConfigError, PipelineError
from openface_core.exports.openface.csv_file import (
    ROWS_WITHOUT_GAZE,
    ROWS_WITHOUT_SHAPE,
    OpenFaceCsv,
)
from pipelines.configuration.command_parser import CommandParser
from pipelines.export_job.arguments import ExportArguments
from pipelines.export_job.arguments import parser as export_parser
from pipelines.export_job.plan import ExportJobPlan, make_plan, page_identities
from pipelines.export_job.report_arguments import ReportArguments
from pipelines.export_job.report_arguments import parser as report_parser
from pipelines.export_job.summary import ExportSummary
from pipelines.main_job.pipeline_failure import pipeline_failure
from pipelines.main_job.progress_display import ProgressDisplay
from pipelines.main_job.runners import chosen_runner, make_runner, pipeline_options
from pipelines.main_job.scratch_folder import scratch_folder
from pipelines.main_job.watchdog import Watchdog
from pipelines.main_job.worker_place import WorkerPlace, worker_place
from transforms.dataset.error_table import read_problems, write_error_table
from transforms.dataset.run_lock import held
from transforms.exports.export_input import ExportPlan
from transforms.exports.exported_dataset import dataset_place
from transforms.exports.report_index import write_index
from transforms.problems import Problem
from transforms.records import PROBLEMS
from transforms.stages.export_videos import WRITTEN, ExportVideos
from transforms.work.stopping import stopped_workers


@dataclass(frozen=True, eq=False)
class _Job:
    """An export that may begin."""

    arguments: ExportArguments
    plan: ExportJobPlan
    runner: str
    options: Any
    workers: WorkerPlace
    begin: float


def run_export(arguments: ExportArguments) -> ExportSummary:
    """Run an export and wait for its end.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all, or another export works in the output folder.
    """
    job = _prepare(arguments, export_parser())
    with held(arguments.output):
        return _write_all(job)


def run_report(arguments: ReportArguments) -> ExportSummary:
    """Write the pages of a dataset, and their index.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all, or another report is written into the output folder.
    """
    as_export = arguments.as_export()
    job = _prepare(as_export, report_parser())
    title = arguments.dataset.rstrip("/").rpartition("/")[2] or arguments.dataset
    with held(arguments.folder):
        summary = _write_all(job)
        current = page_identities(as_export, job.plan)
        return replace(summary, index=write_index(job.plan.folder, title, summary.failed, current))


def _prepare(arguments: ExportArguments, parser: CommandParser) -> _Job:
    """Plan an export; nothing is written."""
    begin = time.monotonic()
    runner, given = chosen_runner(arguments.runner, arguments.beam, {})
    options = pipeline_options(runner, given, parser.option_names)
    workers = worker_place(runner, options)
    if workers.is_left_alone:
        raise ConfigError(
            "--no_wait_until_finish", "an export is waited for", "Leave the option out."
        )
    plan = make_plan(arguments)
    places = (arguments.output, arguments.dataset, *(task.uri for task in plan.todo))
    workers.check_paths(places)
    return _Job(arguments, plan, runner, options, workers, begin)


def _write_all(job: _Job) -> ExportSummary:
    """Write what is planned into an output folder that is held."""
    arguments, plan = job.arguments, job.plan
    plan.folder.begin(dataset_place(arguments.dataset))
    problems = plan.problems
    if plan.todo:
        problems += _run(plan, job.runner, job.options, job.workers, quiet=arguments.quiet)
    plan.folder.discard_staging()
    write_error_table(arguments.output, problems)
    failed = {problem.video_id for problem in problems}
    return ExportSummary(
        output=arguments.output,
        formats=arguments.formats,
        inputs=len(plan.todo) + plan.finished + len(plan.problems),
        written=sum(task.table.video_id not in failed for task in plan.todo),
        finished=plan.finished,
        problems=problems,
        seconds=time.monotonic() - job.begin,
        without_shape=tuple(_noted(plan, ROWS_WITHOUT_SHAPE, plan.shape_files)),
        without_gaze=tuple(_noted(plan, ROWS_WITHOUT_GAZE)),
        in_part=sum(_is_in_part(plan, video_id) for video_id in failed),
    )


def _is_in_part(plan: ExportJobPlan, video_id: str) -> bool:
    """Return whether an input that is not written completely is there in one of the formats."""
    for name in plan.formats:
        known = plan.folder.record(name, video_id)
        if known is not None and known.identity == plan.identities.get((name, video_id)):
            return True
    return False


def _noted(plan: ExportJobPlan, note: str, without: Container[str] = ()) -> Iterator[str]:
    """Yield inputs whose CSV has a note, among those that were to be written."""
    for task in plan.todo:
        video_id = task.table.video_id
        if OpenFaceCsv.format in task.formats and video_id not in without:
            record = plan.folder.record(OpenFaceCsv.format, video_id)
            if record is not None and note in record.notes:
                yield video_id


def _run(
    plan: ExportJobPlan, runner: str, options: Any, workers: WorkerPlace, *, quiet: bool
) -> tuple[Problem, ...]:
    """Write what is to be written, and return what could not be."""
    guard = Watchdog(workers.worker_pool) if workers.needs_watchdog else nullcontext()
    is_hidden = quiet or not workers.tells_progress
    with (
        scratch_folder(),
        ProgressDisplay(plan.rows, quiet=is_hidden, parts="videos") as progress,
        guard as watchdog,
    ):
        pipeline = beam.Pipeline(runner=make_runner(runner, options), options=options)
        common = ExportPlan(
            plan.folder,
            plan.options,
            plan.formats,
            plan.shape_files,
            progress.folder if workers.tells_progress else None,
            None if watchdog is None else watchdog.folder,
        )
        key = uuid.uuid4().hex
        build_graph(pipeline, plan, common, key)
        try:
            with stopped_workers(key):
                if watchdog is not None:
                    watchdog.finish(pipeline)
                else:
                    pipeline.run().wait_until_finish()
        except PipelineError:
            raise
        except Exception as error:  # Beam turns what happens in a worker into many exceptions
            failure = pipeline_failure(error)
            if not failure.ends_run:
                logging.getLogger(__name__).exception("the pipeline failed")
            raise failure from error
    return tuple(read_problems(plan.folder.root))


def build_graph(
    pipeline: beam.Pipeline, plan: ExportJobPlan, common: ExportPlan, key: str = ""
) -> None:
    """Add the export to a pipeline: inputs in, files out, and a table of what could not be."""
    root = plan.folder.root
    exported = (
        pipeline
        | "List inputs" >> beam.Create(list(plan.todo), reshuffle=False)
        | "Spread inputs" >> beam.Reshuffle()
        | "Export videos" >> ExportVideos(common, key)
    )
    _ = (
        exported[PROBLEMS]
        | "Gather problems" >> beam.combiners.ToList()
        | "Write problems" >> beam.Map(lambda found: write_error_table(root, found))
    )
    _ = exported[WRITTEN] | "Count" >> beam.combiners.Count.Globally()
