"""The middle of a run: one pipeline a wave of inputs, run to its end."""

import logging
import uuid
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import apache_beam as beam

from openface_core.errors import OpenFaceBeamError, OutputError, PipelineError
from openface_core.media.sources import locate
from pipelines.main_job.cluster_job import finish_on_cluster, job_server_stopped
from pipelines.main_job.flink_jobs import FlinkJobs
from pipelines.main_job.flink_watch import FlinkWatch
from pipelines.main_job.graph import build_graph
from pipelines.main_job.known_problems import known_problems
from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.pipeline_failure import pipeline_failure
from pipelines.main_job.prepare import Job
from pipelines.main_job.progress_display import ProgressDisplay
from pipelines.main_job.runners import is_local, make_runner
from pipelines.main_job.watchdog import Watchdog
from pipelines.main_job.worker_output import worker_output_filtered
from pipelines.main_job.worker_pool import tell_pools
from pipelines.spared_imports import spared_by_beam
from transforms.plan.calibration import calibration_key
from transforms.plan.inputs import promised_frames
from transforms.plan.waves import bucket_by_bucket, into_waves, largest_first
from transforms.records import VideoTask
from transforms.stages.engine_handle import EngineHandle
from transforms.stages.share_shards import local_workers
from transforms.work.folder import (
    RunFolders,
    begin_run,
    cluster_folders,
    discard_run,
    local_folders,
    mark_of,
)
from transforms.work.stopping import stopped_workers

PromisedFrames = Mapping[str, int | None]
"""Frames that each input's header promises, by video id; None where it does not say."""


def run_waves(job: Job, handle: EngineHandle) -> RunMetrics | None:
    """Analyse the inputs of a run and write their tables.

    Parameters
    ----------
    job : Job
        The run.
    handle : EngineHandle
        Models and settings.

    Returns
    -------
    RunMetrics or None
        What the pipelines counted; None if the run was handed over to a cluster that goes on by
        itself.

    Raises
    ------
    PipelineError
        If a pipeline itself fails, as when the error table cannot be written, or a worker dies.
    StorageFullError
        If no space is left. Nothing that was finished before is touched.
    """
    workers = job.workers
    promised = _promised_frames(job)
    metrics = RunMetrics()
    guard = Watchdog(workers.worker_pool) if workers.needs_watchdog else nullcontext()
    folders = _folders(job)
    is_hidden = job.quiet or (folders.progress is None and not workers.tells_progress)
    quietly = worker_output_filtered() if workers.needs_watchdog else nullcontext()
    with (
        quietly,
        ProgressDisplay([*promised.values()], quiet=is_hidden, folder=folders.progress) as progress,
        guard as watchdog,
    ):
        if watchdog is not None:
            handle = replace(handle, run_folder=watchdog.folder)
        if folders.may_repeat and not workers.shares_folder:
            handle = replace(handle, run_mark=mark_of(folders))
            tell_pools(job.options, mark_of(folders))
        if workers.tells_progress:
            folders = replace(folders, progress=progress.folder)
        for number, wave in enumerate(_waves(job, promised)):
            known = known_problems(job, wave, is_first=number == 0)
            pipeline = beam.Pipeline(
                runner=make_runner(job.runner, job.options), options=job.options
            )
            frames = [promised[task.video_id] for task in wave]
            with local_workers(job.local_worker_count, frames) as sharers:
                provenance = job.plan.provenance
                begin_run(folders, job.name)
                with spared_by_beam():
                    build_graph(pipeline, wave, known, handle, provenance, folders, sharers)
                if workers.is_left_alone:
                    pipeline.run()
                    return None
                with job_server_stopped(pipeline.runner):
                    metrics.add(_finish(job, pipeline, folders, watchdog, handle.key))
            discard_run(folders)
    return metrics


def _folders(job: Job) -> RunFolders:
    """Return where the run writes."""
    if is_local(job.runner):
        return local_folders(job.output, job.holder)
    run = uuid.uuid4().hex
    folders = cluster_folders(job.output, run)
    place = locate(folders.work, error=OutputError)
    if job.workers.tells_progress or job.workers.is_left_alone or not place.is_local:
        return folders
    progress = Path(place.path) / "progress"
    progress.mkdir(parents=True)
    return replace(folders, progress=str(progress))


def _promised_frames(job: Job) -> PromisedFrames:
    """Return what inputs promise, which is read only where progress can be shown."""
    decoding, is_read = job.plan.settings.decoding, job.workers.tells_progress
    return {
        task.video_id: promised_frames(task, decoding) if is_read else None
        for task in job.plan.todo
    }


def _waves(job: Job, promised: PromisedFrames) -> tuple[tuple[VideoTask, ...], ...]:
    """Return the inputs in waves; one without inputs if there are none."""
    settings, todo = job.plan.settings, job.plan.todo
    # Without inputs there is still an error table to be written.
    if not todo or not job.workers.takes_waves:
        return (todo,)
    keys = [calibration_key(task, settings.calibration) for task in todo]
    ordered = largest_first(todo, [promised[task.video_id] for task in todo], keys)
    return into_waves(*bucket_by_bucket(*ordered, settings.output.buckets))


def _finish(
    job: Job, pipeline: Any, folders: RunFolders, watchdog: Watchdog | None, run: str
) -> Any:
    """Run a pipeline to its end and return its result; if it fails, its workers stop before.

    Raises
    ------
    PipelineError
        If the pipeline itself fails, or a worker dies.
    StorageFullError
        If no space is left.
    """
    try:
        with stopped_workers(run):
            if watchdog is not None:
                return watchdog.finish(pipeline)
            if not is_local(job.runner):
                return _finish_elsewhere(job, pipeline, folders)
            result = pipeline.run()
            result.wait_until_finish()
    except PipelineError:
        raise
    except Exception as error:  # Beam turns what happens in a worker into many kinds of exception
        failure = pipeline_failure(error)
        if not failure.ends_run:
            logging.getLogger(__name__).exception("the pipeline failed")
        raise failure from error
    return result


def _finish_elsewhere(job: Job, pipeline: Any, folders: RunFolders) -> Any:
    """Run a pipeline to its end on a cluster, whose workers end too if it does not come to it."""
    jobs = FlinkJobs.of(job.options) if job.runner == "FlinkRunner" else None
    watch = None if jobs is None else FlinkWatch(jobs, job.workers.worker_pool)
    try:
        with watch or nullcontext():
            return finish_on_cluster(pipeline, job.options)
    except BaseException as error:
        if jobs is not None:
            with suppress(OSError, ValueError):  # a job that is still there writes for nobody
                jobs.cancel(jobs.running())
        with suppress(OpenFaceBeamError):
            discard_run(folders)
        hopeless = None if watch is None else watch.hopeless
        if hopeless is not None and isinstance(error, Exception):
            raise hopeless from error
        raise
