"""The beginning of a run: plan and workers, a clean output folder, models in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openface_core.analysis.engine import Engine, warm_up
from openface_core.errors import ConfigError, OpenFaceBeamError, RunOverError
from pipelines.configuration.config_file import load_beam_options
from pipelines.configuration.model_choice import chosen_preset
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.log import set_up_log
from pipelines.main_job.plan import RunPlan, check_buckets, make_plan, places_of
from pipelines.main_job.runners import (
    check_words,
    chosen_runner,
    import_beam,
    is_local,
    pipeline_options,
    worker_count,
)
from pipelines.main_job.scratch_folder import scratch_folder
from pipelines.main_job.small_plan import is_small
from pipelines.main_job.worker_place import THIS_PROCESS, WorkerPlace, worker_place
from pipelines.screen import screen
from transforms.dataset.bucket_files import check_update
from transforms.dataset.documents import write_documents
from transforms.dataset.layout import metrics_path
from transforms.dataset.run_lock import check_held, held
from transforms.dataset.storage import remove, remove_temporaries
from transforms.dataset.table_records import table_states
from transforms.stages.engine_handle import EngineHandle
from transforms.work.folder import discard_all, discard_run, local_folders

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_PATIENCE_SECONDS = 2.0

WITHOUT_BEAM = "none"
"""Stands for the runner of a run that does without Beam."""


@dataclass(frozen=True, eq=False)
class Job:
    """A run that may begin.

    Parameters
    ----------
    plan : RunPlan
        What it does.
    output : str
        The output folder.
    runner : str
        Name of the Beam runner, or :data:`WITHOUT_BEAM`.
    options : PipelineOptions or None
        Beam's options, checked; None without Beam.
    workers : WorkerPlace
        Where the workers are.
    quiet : bool
        Whether to show no progress.
    holder : str or None
        Token of its mark in the output folder; None as long as it does not hold that.
    """

    plan: RunPlan
    output: str
    runner: str
    options: "PipelineOptions | None"
    workers: WorkerPlace
    quiet: bool
    holder: str | None = None

    @property
    def has_work(self) -> bool:
        """Whether there is anything to analyse, or to say of an input that cannot be."""
        return bool(self.plan.todo or self.plan.problems)

    @property
    def name(self) -> str:
        """Name of its job on a cluster; empty on this machine."""
        if self.options is None:
            return ""
        from apache_beam.options.pipeline_options import GoogleCloudOptions

        return self.options.view_as(GoogleCloudOptions).job_name or ""

    def check_held(self) -> None:
        """Refuse to go on once another run has taken the output folder over.

        Raises
        ------
        RunOverError
            If one has.
        OutputError
            If storage refuses.
        """
        if self.holder is not None:
            check_held(self.output, self.holder)

    @property
    def local_worker_count(self) -> int:
        """Workers of this machine that share shards; 0 for a cluster."""
        if self.options is None:
            return 1
        return worker_count(self.options) if is_local(self.runner) else 0


def asked_runner(arguments: RunArguments) -> tuple[str, tuple[str, ...]]:
    """Return the runner that a run is asked to use, and its Beam options.

    Raises
    ------
    ConfigError
        If there is no such runner, or the configuration is wrong.
    """
    name = chosen_preset(arguments.models, arguments.config)
    runner, words = chosen_runner(arguments.runner, arguments.beam, load_beam_options(name))
    configured = words[: len(words) - len(arguments.beam)]
    try:
        if configured:  # the others are checked with them later; reading Beam's options takes long
            check_words(runner, configured)
    except ConfigError as error:
        raise ConfigError(
            f"{name}: the section [beam]", f"{error.subject}: {error.cause}", error.remedy
        ) from None
    return runner, words


def check_asked_runner(arguments: RunArguments) -> None:
    """Refuse a runner or options that do not exist.

    Raises
    ------
    ConfigError
        If one of them does not.
    """
    set_up_log()
    if _asks_for_beam(arguments):
        import_beam()
        check_words(*asked_runner(arguments))


def prepare(arguments: RunArguments, *, is_held: bool = False) -> Job:
    """Plan a run; nothing is written. Beam is imported if the run needs it.

    Parameters
    ----------
    arguments : RunArguments
        What the run is asked to do.
    is_held : bool
        Whether this process holds the output folder; otherwise nobody may.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no input, no models, a wrong configuration, no output.
    """
    set_up_log()
    plan = None
    if not _asks_for_beam(arguments):
        plan = make_plan(arguments, is_held=is_held)
    if plan is not None and is_small(plan):
        job = Job(plan, arguments.output, WITHOUT_BEAM, None, THIS_PROCESS, arguments.quiet)
    else:
        import_beam()
        runner, given = asked_runner(arguments)
        options = pipeline_options(runner, given)
        workers = worker_place(runner, options)
        plan = plan or make_plan(arguments, is_held=is_held)
        job = Job(plan, arguments.output, runner, options, workers, arguments.quiet)
    if not arguments.quiet:
        screen().writelines(f"{line}\n" for line in plan.remarks)
    job.workers.check_paths(places_of(plan, arguments.output))
    return job


def _asks_for_beam(arguments: RunArguments) -> bool:
    """Whether a runner or an option of Beam is named."""
    if arguments.runner is not None or arguments.beam:
        return True
    return bool(load_beam_options(chosen_preset(arguments.models, arguments.config)))


@contextmanager
def held_and_clean(job: Job, arguments: RunArguments) -> Iterator[Job]:
    """Hold an output folder, without what a killed run has left there and in temporary folders.

    Planning may take minutes, in which nobody holds the folder: names that were free may be another
    run's by now, and inputs finished. Where its tables have changed, the run is planned anew.

    Parameters
    ----------
    job : Job
        The run, as it was planned.
    arguments : RunArguments
        What it is asked to do.

    Yields
    ------
    Job
        The run, as it is to be done.

    Raises
    ------
    OutputError
        If another run holds it, or has taken it over meanwhile, or storage refuses.
    OpenFaceBeamError
        As :func:`prepare`, if it is planned anew.
    """
    with held(job.output) as holder, scratch_folder():
        if job.options is not None:
            # With it comes what talks to clusters.
            from pipelines.main_job.cluster_job import end_earlier_jobs

            end_earlier_jobs(job.output, job.options)
        remove_temporaries(job.output)
        discard_all(job.output)
        check_buckets(job.output, job.plan.settings.output.buckets)
        if table_states(job.output) != job.plan.tables:
            job = _planned_anew(job, arguments)
        try:
            yield replace(job, holder=holder)
        except RunOverError:
            with suppress(OpenFaceBeamError):
                discard_run(local_folders(job.output, holder))
            raise


def _planned_anew(job: Job, arguments: RunArguments) -> Job:
    """Plan a run once more, in a folder that is held; what was said is not said again."""
    if not job.quiet:
        screen().write(f"another run has written to {job.output} meanwhile; planning anew ...\n")
    return replace(prepare(replace(arguments, quiet=True), is_held=True), quiet=job.quiet)


def load_models(job: Job) -> tuple[EngineHandle, Engine]:
    """Load the models and begin the dataset.

    They are loaded before the workers need them, so that a damaged file fails once and at once.
    Workers that are threads of this process find them loaded.

    Parameters
    ----------
    job : Job
        The run.

    Returns
    -------
    handle : EngineHandle
        What workers get.
    engine : Engine
        The models.

    Raises
    ------
    OpenFaceBeamError
        If a model file is damaged, or storage refuses.
    """
    plan = job.plan
    handle = EngineHandle(plan.files, plan.settings)
    engine = handle.acquire()
    if plan.with_networks and not job.quiet:
        screen().write(f"networks run on {', '.join(engine.providers)}\n")
        if engine.landmark_detector is not None:
            screen().write(f"landmarks are refined by {engine.landmark_detector}\n")
    what = "compiling the kernels; only a machine's first run has to"
    with _announced_if_slow(what, quiet=job.quiet):
        warm_up(engine)
    if buckets := plan.settings.output.buckets:
        check_update(job.output, buckets, engine.frame_schema, (t.video_id for t in plan.todo))
    # Before the first table: a run that is killed leaves a folder that the next one accepts.
    write_documents(job.output, plan.provenance, *engine.columns, engine.video_models)
    remove(metrics_path(job.output))  # of an earlier run
    return handle, engine


@contextmanager
def _announced_if_slow(what: str, *, quiet: bool) -> Iterator[None]:
    """Say what is going on, if it takes so long that a user may wonder."""
    timer = threading.Timer(_PATIENCE_SECONDS, screen().write, [f"{what} ...\n"])
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
