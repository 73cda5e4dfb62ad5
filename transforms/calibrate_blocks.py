"""The stage that advances the running medians over blocks of shards, all blocks side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam
import numpy as np

from openface_core.dynamic_action_units import dynamic_scores, weigh_median
from openface_core.running_medians import DescriptorMedians
from openface_core.shards.median_state_file import read_median_state
from openface_core.shards.replay import replay_medians
from transforms.engine import Engine
from transforms.engine_handle import EngineHandle
from transforms.records import Block, BlockResult, Problem
from transforms.storage import read_whole
from transforms.work_files import load_features, save_scores
from transforms.work_folder import scores_path


def calibrate_block(block: Block, engine: Engine, output: str) -> BlockResult:
    """Advance the medians over a block and leave its online scores in the work folder.

    Parameters
    ----------
    block : Block
        The block.
    engine : Engine
        Models in memory.
    output : str
        The output folder.

    Returns
    -------
    BlockResult
        Where the scores are, and the medians' product with the weights at the block's end.
    """
    models = engine.models_for(block.info.kind)
    medians = None
    if models.is_dynamic.any():
        medians = DescriptorMedians()
        if block.state_path is not None:
            medians = DescriptorMedians.from_state(read_median_state(read_whole(block.state_path)))
    final = np.zeros(len(models.all_models))
    weighted, online = [final[None][:0]], [final[None][:0]]
    for part in block.parts:
        features = load_features(part, block.info.kind, engine)
        weighted.append(features.weighted)
        if medians is None:
            online.append(dynamic_scores(models, features.weighted, final))
        else:
            online.append(replay_medians(models, medians, features))
    path = scores_path(output, block.task.video_id, block.number)
    save_scores(path, np.concatenate(weighted), np.concatenate(online))
    if medians is not None:
        final = weigh_median(models, medians.fhog, medians.geometry)
    return BlockResult(block, path, tuple(float(value) for value in final))


class _CalibrateBlock(beam.DoFn):
    def __init__(self, handle: EngineHandle, output: str) -> None:
        self._handle = handle
        self._output = output

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(self, block: Block) -> Iterator[tuple[str, BlockResult | Problem]]:
        """Yield the block's result, or the problem that it has, under its video id."""
        task = block.task
        try:
            yield task.video_id, calibrate_block(block, self._engine, self._output)
        except Exception as error:  # whatever one input does, the others go on
            yield task.video_id, Problem.from_error(task, error)


@dataclass
class CalibrateBlocks(beam.PTransform):
    """Advance medians: ``Block`` to ``(video_id, BlockResult or Problem)``.

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
