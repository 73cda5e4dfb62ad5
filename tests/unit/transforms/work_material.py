"""Shards whose features lie in a work folder, without any video behind them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings
from openface_core.media import MediaInfo, MediaKind
from openface_core.shards import write_features
from tests.unit.shards.shard_videos import Pool, pool_of, shard_of
from tests.unit.shards.shard_videos import models_and_pool as synthetic_models_and_pool
from transforms.dataset.provenance import InputContent
from transforms.dataset.storage import write_whole
from transforms.plan.calibration import CalibratedVideo, CalibrationGroup, calibration_key
from transforms.records import FeaturesPart, Problem, Severity, Shard, ShardResult, VideoTask
from transforms.stages.calibrate_blocks import calibrate_block
from transforms.stages.find_offsets import blocks_in_order, calibrate_together
from transforms.stages.prepare_calibration import add_histograms, find_rest_medians
from transforms.work.folder import features_path

TASK = VideoTask("v", "v.mp4")


def media_info(kind: MediaKind = "video") -> MediaInfo:
    return MediaInfo(TASK.uri, kind, "mov", "h264", 640, 480, 0, 25.0, None, None, "none")


def result(number: int, count: int, frames: int = 5, **changes) -> ShardResult:
    """Return a shard's result whose features exist on paper only."""
    shard = Shard(TASK, number, count, 10 * number, 10 * number + 10, frames)
    values = {"parts": (FeaturesPart(f"{number}", frames),), "info": media_info()}
    return ShardResult(shard, **(values | changes))


def problem(stage: str, reason: str) -> Problem:
    return Problem(TASK.video_id, TASK.uri, Severity.ERROR, stage, reason, "Remedy.")


def pool_for(engine: Engine) -> Pool:
    """Return descriptors, and their products with the models of an engine."""
    return pool_of(engine.video_models, synthetic_models_and_pool()[1].descriptors)


def places_of_faces(frames: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the descriptor of every frame, a fifth of them without a face."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(frames) < 0.2, -1, rng.integers(0, 7, frames))


def write_shards(
    output: str,
    task: VideoTask,
    pool: Pool,
    shards: Sequence[Sequence[NDArray[np.int64]]],
    info: MediaInfo | None = None,
) -> tuple[ShardResult, ...]:
    """Write the parts of shards, whose frames are given as places in the pool.

    What a frame measures besides its descriptor is 0, whatever part it is in.
    """
    results = []
    for number, pieces in enumerate(shards):
        shard = Shard(task, number, len(shards), None, None, sum(map(len, pieces)))
        parts = []
        for part, places in enumerate(pieces):
            features = shard_of(pool, places)
            series = features.series
            series.pts_seconds[:] = 0.0
            series.confidence[:] = 0.5
            series["frame_size_px"][:] = (640, 480)
            for name in ("landmarks_px", "pose", "global_parameters", "shape_parameters",
                         "eye_landmarks_px", "eye_depths_mm", "gaze_directions"):  # fmt: skip
                series[name][series.success] = 1.0
            path = features_path(output, shard, part)
            write_whole(path, lambda file, features=features: write_features(file, features))
            parts.append(FeaturesPart(path, len(places)))
        results.append(ShardResult(shard, tuple(parts), info or media_info()))
    return tuple(results)


def calibrate_inputs(
    inputs: Sequence[tuple[ShardResult, ...]],
    engine: Engine,
    output: str,
    settings: RunSettings | None = None,
) -> tuple[CalibratedVideo, ...]:
    """Take inputs that share medians through the stages between extraction and finishing."""
    settings = settings or RunSettings()
    tasks = tuple(shards[0].shard.task for shards in inputs)
    if settings.calibration.mode == "rest":
        blocks = find_rest_medians(inputs, engine, settings.output)
    else:
        blocks = add_histograms(inputs, engine, output)
    group = CalibrationGroup(calibration_key(tasks[0], settings.calibration), tasks)
    results = [calibrate_block(block, engine, settings, output) for block in reversed(blocks)]
    ordered = blocks_in_order(group, results)
    assert ordered is not None
    contents = {task.video_id: InputContent(f"sha256:{task.video_id}") for task in tasks}
    models = engine.models_for(inputs[0][0].info.kind)
    mode = settings.calibration.mode
    return tuple(calibrate_together(ordered, group, contents, models, mode))
