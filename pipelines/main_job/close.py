"""The end of a run: summary and error table as the tables want them, metrics, and what is told."""

import re
from dataclasses import replace

from models import locate_models
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.settings import PERSON_MODES
from openface_core.errors import DatasetError
from pipelines.main_job.clock import RunClock
from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.metrics_report import RunOutline, describe_steps, write_metrics
from pipelines.main_job.prepare import Job
from pipelines.main_job.summary import RunSummary
from pipelines.screen import screen
from transforms.dataset.completion import CompleteDataset, complete_dataset
from transforms.dataset.documents import write_documents
from transforms.dataset.error_table import write_errors
from transforms.dataset.layout import table_folder
from transforms.dataset.summary import count_calibrated_below, count_short
from transforms.dataset.table_records import table_states
from transforms.metrics import Count
from transforms.plan.finished import RecordedTables
from transforms.problems import Problem, Severity
from transforms.work.folder import discard_all


def close(job: Job, engine: Engine, metrics: RunMetrics, clock: RunClock) -> RunSummary:
    """Complete the dataset of a run whose pipelines have ended.

    Parameters
    ----------
    job : Job
        The run.
    engine : Engine
        Its models.
    metrics : RunMetrics
        What its pipelines counted.
    clock : RunClock
        When it began.

    Returns
    -------
    RunSummary
        What it did.

    Raises
    ------
    OutputError
        If another run has taken the folder over, or storage refuses.
    """
    job.check_held()
    plan = job.plan
    finished = {task.video_id for task in plan.finished}
    dataset = complete_dataset(
        job.output,
        finished,
        *engine.action_unit_names,
        has_sides=engine.extent.has_sides,
        run=plan.provenance,
    )
    seconds = clock.seconds()
    outline = RunOutline(
        clock.begin, seconds, job.runner, plan.inputs, len(plan.finished), len(plan.problems)
    )
    write_metrics(job.output, metrics, outline)
    if not job.quiet:
        screen().writelines(f"{line}\n" for line in describe_steps(metrics))
    counts, least = metrics.counters, plan.settings.calibration.least_frames
    lost = _without_table(job, dataset)
    if lost:
        tables = RecordedTables(job.output, plan.settings.output.buckets)
        dataset = replace(dataset, problems=(*dataset.problems, *lost))
        write_errors(job.output, dataset.problems, tables.digest_of)
    failed = {row.video_id for row in dataset.problems if row.severity is Severity.ERROR}
    written = sum(task.video_id not in failed for task in plan.todo)
    # Workers of an earlier run, on a cluster, may have written since this one took the folder.
    job.check_held()
    discard_all(job.output)
    # An input that failed may have a table still, of an earlier run.
    with_results = set(plan.video_ids) - failed
    return RunSummary(
        output=job.output,
        inputs=plan.inputs,
        inputs_written=written,
        inputs_finished=len(plan.finished),
        inputs_failed=len(plan.todo) - written + len(plan.problems),
        frames_decoded=counts[Count.FRAMES_DECODED],
        frames_with_face=counts[Count.FRAMES_WITH_FACE],
        warnings=counts[Count.WARNINGS] + _warnings_of_dataset(dataset),
        inputs_with_few_frames=count_short(dataset.summary, with_results),
        few_frames=plan.settings.calibration.few_frames,
        inputs_withheld=count_calibrated_below(dataset.summary, with_results, least),
        least_frames=least,
        by_person=plan.settings.calibration.mode == "person",
        static_columns=_static_columns(job, engine),
        has_gaze=engine.measures_gaze or not plan.with_networks,
        preset_without_eyes=None if plan.settings.models.has_eyes else plan.settings.name,
        seconds=seconds,
        made_otherwise=dataset.made_otherwise,
        damaged_tables=dataset.damaged,
    )


def _warnings_of_dataset(dataset: CompleteDataset) -> int:
    """Return how many warnings are of what the dataset holds, whichever run has written that."""
    return sum(
        row.severity is Severity.WARNING and row.stage == DatasetError.stage
        for row in dataset.problems
    )


def _without_table(job: Job, dataset: CompleteDataset) -> tuple[Problem, ...]:
    """Return rows of inputs that should have got a table, and have neither that nor a row."""
    plan = job.plan
    told = {row.video_id for row in dataset.problems if row.severity is Severity.ERROR}
    before: frozenset[tuple[str, str | None]] = frozenset()
    if job.local_worker_count:  # what others write is seen late on some filesystems
        before = plan.tables & table_states(job.output)
    untouched = {re.split(r"[/\\]", path)[-2] for path, state in before if state is not None}
    buckets = plan.settings.output.buckets
    return tuple(
        Problem.without_table(task)
        for task in plan.todo
        if task.video_id not in told
        and (
            task.video_id not in dataset.of_run or table_folder(task.video_id, buckets) in untouched
        )
    )


def _static_columns(job: Job, engine: Engine) -> tuple[str, ...]:
    """Return the columns that calibration on a person does not touch; none for another one.

    Those of the whole face: its sides have the same predictors.
    """
    if job.plan.settings.calibration.mode not in PERSON_MODES:
        return ()
    relative = replace(engine.video_models, sides=None).relative_columns
    return tuple(sorted(name for name, is_relative in relative.items() if not is_relative))


def close_finished(job: Job) -> RunSummary:
    """Complete the dataset where all inputs were finished before.

    The earlier run may have been killed after its last table. So what is missing beside the tables,
    or not right, is written.

    Parameters
    ----------
    job : Job
        The run.

    Raises
    ------
    OpenFaceBeamError
        If a model file is damaged, another run has taken the folder over, or storage refuses.
    """
    job.check_held()
    plan = job.plan
    # Columns depend on the models, but not on the networks, which take a second to load.
    files = locate_models(plan.files.root, plan.settings.models, with_networks=False)
    engine = load_engine(files, plan.settings)
    write_documents(job.output, plan.provenance, *engine.columns, engine.video_models)
    dataset = complete_dataset(
        job.output, plan.video_ids, *engine.action_unit_names, run=plan.provenance
    )
    return RunSummary(
        job.output,
        plan.inputs,
        inputs_finished=plan.inputs,
        warnings=_warnings_of_dataset(dataset),
        made_otherwise=dataset.made_otherwise,
        damaged_tables=dataset.damaged,
    )
