"""The stage that advances the running medians over blocks of shards, all blocks side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam
import numpy as np

from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings
from openface_core.analysis.timestamps import frames_at_rest
from openface_core.running_medians import DescriptorMedians
from openface_core.shards.median_state_file import read_median_state
from openface_core.shards.replay import replay_medians
from openface_core.shards.scores_file import BlockScores, join_scores
from transforms.dataset.storage import read_whole
from transforms.metrics import Step, timed
from transforms.plan.calibration import calibration_key
from transforms.records import Block, BlockResult, Problem
from transforms.stages.engine_handle import EngineHandle
from transforms.work.files import load_features, save_scores
from transforms.work.folder import scores_path


def calibrate_block(
    block: Block, engine: Engine, settings: RunSettings, output: str
) -> BlockResult:
    """Advance the medians over a block and leave its scores in the work folder.

    Parameters
    ----------
    block : Block
        The block.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    output : str
        The output folder.

    Returns
    -------
    BlockResult
        Where the scores are, and the medians' product with the weights at the block's end.
    """
    models = engine.models_for(block.info.kind)
    medians = None
    if block.weighted_median is not None:
        weighted_median = np.array(block.weighted_median)
    else:
        weighted_median = np.zeros(len(models.all_models))
        if models.is_dynamic.any():
            medians = DescriptorMedians()
            if block.state_path is not None:
                state = read_median_state(read_whole(block.state_path))
                medians = DescriptorMedians.from_state(state)
    pieces: list[BlockScores] = []
    first_frame = block.first_frame
    for part in block.parts:
        features = load_features(part, block.info.kind, engine)
        if medians is None:
            online = dynamic_scores(models, features.weighted, weighted_median)
        else:
            online = replay_medians(models, medians, features)
        sets_offsets = features.success
        if settings.calibration.mode == "rest":
            at_rest = frames_at_rest(block, features.pts_seconds, first_frame, settings.output)
            sets_offsets = features.success & at_rest
        pieces.append(
            BlockScores(
                weighted=features.weighted,
                online=online,
                pts_seconds=features.pts_seconds,
                confidence=features.confidence,
                success=features.success,
                sets_offsets=sets_offsets,
            )
        )
        first_frame += part.frames
    path = scores_path(output, block.task.video_id, block.number)
    save_scores(path, join_scores(pieces, len(models.all_models)))
    if medians is not None:
        weighted_median = weigh_median(models, medians.fhog, medians.geometry)
    return BlockResult(block, path, tuple(float(value) for value in weighted_median))


class _CalibrateBlock(beam.DoFn):
    def __init__(self, handle: EngineHandle, output: str) -> None:
        self._handle = handle
        self._output = output

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(self, block: Block) -> Iterator[tuple[str, BlockResult | Problem]]:
        """Yield the block's result, or the problem that it has, under its calibration key."""
        task, settings = block.task, self._handle.settings
        key = calibration_key(task, settings.calibration)
        try:
            with timed(Step.CALIBRATION):
                result = calibrate_block(block, self._engine, settings, self._output)
        except Exception as error:  # whatever one input does, the others go on
            yield key, Problem.from_error(task, error)
        else:
            yield key, result


@dataclass
class CalibrateBlocks(beam.PTransform):
    """Advance medians: ``Block`` to ``(key, BlockResult or Problem)``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    output : str
        The output folder.
    """

    handle: EngineHandle
    output: str

    def expand(self, blocks: beam.PCollection) -> beam.PCollection:
        """Return one keyed element per block."""
        function = _CalibrateBlock(self.handle, self.output)
        return blocks | "Calibrate" >> beam.ParDo(function)
