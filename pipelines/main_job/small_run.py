"""The middle of a small run: the stages of the graph one after the other, without Beam.

What the stages do, what they count and what they leave is the same; only what lies between them, to
spread elements over workers and to bring together what belongs together, is done here.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from openface_core.analysis.engine import Engine
from openface_core.errors import OpenFaceBeamError
from pipelines.main_job.known_problems import known_problems
from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.pipeline_failure import pipeline_failure
from pipelines.main_job.prepare import Job
from pipelines.main_job.progress_display import ProgressDisplay
from pipelines.spared_imports import spare_pandas_in_arrow
from transforms.dataset.bucket_files import update_bucket
from transforms.dataset.error_table import write_errors
from transforms.dataset.layout import bucket_of, bucket_path
from transforms.dataset.provenance import RunProvenance
from transforms.metrics import collecting
from transforms.plan.finished import RecordedTables
from transforms.plan.inputs import promised_frames
from transforms.problems import Problem
from transforms.records import GROUPS, PROBLEMS, VideoTask
from transforms.stages.calibrate_blocks import CalibrateBlocks
from transforms.stages.engine_handle import EngineHandle
from transforms.stages.engine_stage import EngineStage, SideOutput
from transforms.stages.extract_shards import ExtractShards
from transforms.stages.find_offsets import FindOffsets
from transforms.stages.finish_videos import FinishVideos
from transforms.stages.prepare_calibration import PrepareCalibration
from transforms.work.cutting import cut_into_shards
from transforms.work.folder import RunFolders, check_run, discard_run, local_folders

Key = TypeVar("Key")
Value = TypeVar("Value")


def run_small(job: Job, handle: EngineHandle) -> RunMetrics:
    """Analyse the inputs of a run in this thread, and write their tables.

    Parameters
    ----------
    job : Job
        The run.
    handle : EngineHandle
        Models and settings.

    Returns
    -------
    RunMetrics
        What the stages counted.

    Raises
    ------
    OpenFaceBeamError
        As :func:`~pipelines.main_job.waves.run_waves`.
    """
    spare_pandas_in_arrow()
    todo, decoding = job.plan.todo, job.plan.settings.decoding
    plan, metrics = job.plan, RunMetrics()
    folders = local_folders(job.output, job.holder)
    problems = known_problems(job, todo)
    frames = [promised_frames(task, decoding) for task in todo]
    with ProgressDisplay(frames, quiet=job.quiet) as progress, collecting() as collected:
        try:
            folders = replace(folders, progress=progress.folder)
            run_stages(todo, problems, handle, plan.provenance, folders)
        except OpenFaceBeamError:
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("the pipeline failed")
            raise pipeline_failure(error) from error
    discard_run(folders)
    metrics.add_collected(collected)
    return metrics


@dataclass(frozen=True)
class _Stages:
    """Passes elements through stages, and keeps what they put to the side by its tags."""

    engine: Engine
    beside: dict[str, list[Any]] = field(default_factory=lambda: {GROUPS: [], PROBLEMS: []})

    def through(self, stage: EngineStage, elements: Iterable[Any]) -> list[Any]:
        """Return the main output of a stage."""
        main = []
        for element in elements:
            for output in stage.work(element, self.engine):
                if isinstance(output, SideOutput):
                    self.beside[output.tag].append(output.value)
                else:
                    main.append(output)
        return main


def run_stages(
    tasks: Sequence[VideoTask],
    known: Sequence[Problem],
    handle: EngineHandle,
    provenance: RunProvenance,
    folders: RunFolders,
) -> None:
    """Do what :func:`~pipelines.main_job.graph.build_graph` has workers do: inputs in, tables out.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs.
    known : sequence of Problem
        Rows of the error table that are known beforehand.
    handle : EngineHandle
        Models and settings.
    provenance : RunProvenance
        What is recorded with every table.
    folders : RunFolders
        Where the run writes.
    """
    settings, output = handle.settings, folders.output
    stages = _Stages(handle.acquire())
    shards = [shard for task in tasks for shard in cut_into_shards(task, settings)]
    results = stages.through(ExtractShards(handle, folders), shards)
    prepared = stages.through(PrepareCalibration(handle, folders), _grouped(results).items())
    blocks = _grouped(stages.through(CalibrateBlocks(handle, folders), prepared))
    groups = [
        (key, {"groups": found, "blocks": blocks.get(key, [])})
        for key, found in _grouped(stages.beside[GROUPS]).items()
    ]
    calibrated = stages.through(FindOffsets(handle), groups)
    finish = FinishVideos(handle, provenance, folders)
    tables = stages.through(finish, calibrated)
    buckets = settings.output.buckets
    recorded = RecordedTables(output, buckets)
    check_run(folders)
    write_errors(output, [*known, *stages.beside[PROBLEMS]], recorded.digest_of)
    if buckets:
        numbered = [(bucket_of(table[0], buckets), table) for table in tables]
        for number, found in _grouped(numbered).items():
            check_run(folders)
            path = bucket_path(output, number)
            update_bucket(path, dict(found), settings.output, folders.work)


def _grouped(pairs: Sequence[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """Return the values of each key."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
