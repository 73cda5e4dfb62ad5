"""The graph of the main job."""

from collections.abc import Sequence
from dataclasses import replace

import apache_beam as beam

from transforms.dataset.provenance import RunProvenance
from transforms.problems import Problem
from transforms.records import GROUPS, PROBLEMS, VideoTask
from transforms.stages.calibrate_blocks import CalibrateBlocks
from transforms.stages.engine_handle import EngineHandle
from transforms.stages.extract_shards import ExtractShards
from transforms.stages.find_offsets import FindOffsets
from transforms.stages.finish_videos import FinishVideos
from transforms.stages.on_workers import OnWorkers
from transforms.stages.plan_shards import PlanShards
from transforms.stages.prepare_calibration import PrepareCalibration
from transforms.stages.share_shards import LocalWorkers, ShareShards, shortened
from transforms.stages.spread_inputs import SpreadInputs
from transforms.stages.write_buckets import WriteBuckets
from transforms.stages.write_errors import WriteErrors
from transforms.work.folder import RunFolders


def build_graph(
    pipeline: beam.Pipeline,
    tasks: Sequence[VideoTask],
    known_problems: Sequence[Problem],
    handle: EngineHandle,
    provenance: RunProvenance,
    folders: RunFolders,
    workers: LocalWorkers | None = None,
) -> None:
    """Add the main job to a pipeline: inputs in, tables out.

    Inputs are cut into shards, which workers analyse independently. Features stay in the work
    folder; what is grouped are references to them, by the video or the person that is calibrated.
    Then medians are advanced over blocks of shards, again side by side, offsets are found over all
    frames of the group, and each input is finished as a whole.

    Parameters
    ----------
    pipeline : beam.Pipeline
        An empty pipeline.
    tasks : sequence of VideoTask
        The inputs.
    known_problems : sequence of Problem
        Rows of the error table that are known beforehand.
    handle : EngineHandle
        Models and settings.
    provenance : RunProvenance
        What is recorded with every table.
    folders : RunFolders
        Where the run writes.
    workers : LocalWorkers or None
        The workers, where they are this machine's; None for a cluster.
    """
    settings = handle.settings
    if workers is not None:
        settings = replace(settings, shards=shortened(settings.shards, workers))
    prepared = (
        pipeline
        | "List inputs" >> beam.Create(list(tasks), reshuffle=False)
        | "Spread inputs" >> SpreadInputs()
        | "Plan shards" >> PlanShards(settings)
        | "Share shards" >> ShareShards(workers)
        | "Extract shards" >> OnWorkers(ExtractShards(handle, folders))
        | "Inputs calibrated together" >> beam.GroupByKey()
        | "Prepare calibration" >> OnWorkers(PrepareCalibration(handle, folders))
    )
    blocks = (
        prepared["blocks"]
        | "Spread blocks" >> beam.Reshuffle()
        | "Calibrate blocks" >> OnWorkers(CalibrateBlocks(handle, folders))
    )
    calibrated = (
        {"groups": prepared[GROUPS], "blocks": blocks}
        | "Blocks of a group" >> beam.CoGroupByKey()
        | "Find offsets" >> OnWorkers(FindOffsets(handle))
    )
    finished = (
        calibrated["videos"]
        | "Spread videos" >> beam.Reshuffle()
        | "Finish videos" >> OnWorkers(FinishVideos(handle, provenance, folders))
    )
    known = pipeline | "Known problems" >> beam.Create(list(known_problems), reshuffle=False)
    problems = (
        known,
        prepared[PROBLEMS],
        calibrated[PROBLEMS],
        finished[PROBLEMS],
    ) | "All problems" >> beam.Flatten()
    written = handle.settings.output
    _ = problems | "Write errors" >> WriteErrors(folders, written.buckets, handle.key)
    if written.buckets:
        write_buckets = WriteBuckets(folders, written, handle.key)
        _ = finished["tables"] | "Write buckets" >> write_buckets
