"""The stage that advances the running medians over blocks of shards, all blocks side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from openface_core.action_units.models import ActionUnitModels
from openface_core.analysis.calibration import MedianStart, score_block
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings, mode_of_face
from openface_core.running_medians import DescriptorMedians
from openface_core.shards import read_median_state
from transforms.dataset.storage import read_work_file
from transforms.metrics import StageStep, timed
from transforms.plan.calibration import calibration_key
from transforms.problems import Problem
from transforms.records import Block, BlockResult
from transforms.stages.engine_stage import EngineStage
from transforms.stages.rest_of_block import rest_of
from transforms.work.attempts import once
from transforms.work.files import load_part, save_scores
from transforms.work.folder import RunFolders, block_result_path, scores_path


def _median_start(block: Block, models: ActionUnitModels) -> MedianStart:
    """Return the medians before the first frame of a block."""
    if block.weighted_median is not None:
        return MedianStart(None, np.array(block.weighted_median))
    if not models.is_dynamic.any():
        return MedianStart.none(models)
    if block.state_path is None:
        medians = DescriptorMedians()
        medians.skip(block.first_number - 1)
    else:
        medians = DescriptorMedians.from_state(read_median_state(read_work_file(block.state_path)))
    return MedianStart(medians, np.zeros(models.score_count))


def calibrate_block(block: Block, engine: Engine, settings: RunSettings, work: str) -> BlockResult:
    """Advance the medians over a block and leave its scores in the work folder.

    Parameters
    ----------
    block : Block
        The block.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    work : str
        The work folder of the run.

    Returns
    -------
    BlockResult
        Where the scores are, and the medians' product with the weights at the block's end.
    """
    models = engine.models_for(block.info.kind)
    mode = mode_of_face(settings.calibration.mode, block.face_id)
    rest = rest_of(block, settings.output) if mode == "rest" else None
    scores, weighted_median = score_block(
        models,
        (load_part(part, engine.extent) for part in block.parts),
        _median_start(block, models),
        rest,
        block.first_number,
    )
    path = scores_path(work, block.face_key, block.number)
    save_scores(path, scores)
    return BlockResult(block, path, tuple(float(value) for value in weighted_median))


@dataclass
class CalibrateBlocks(EngineStage):
    """Advance medians: ``Block`` to ``(key, BlockResult or Problem)``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    folders : RunFolders
        Where the run writes.
    """

    folders: RunFolders

    step_label: ClassVar[str] = "Calibrate"

    def work(self, block: Block, engine: Engine) -> Iterator[tuple[str, BlockResult | Problem]]:
        """Yield the block's result, or the problem that it has, under its calibration key."""
        task, settings = block.task, self.handle.settings
        key = calibration_key(task, settings.calibration)
        try:
            with timed(StageStep.CALIBRATION):
                result = self._calibrated(block, engine)
        except Exception as error:  # whatever one input does, the others go on
            yield key, Problem.from_error(task, error)
        else:
            yield key, result

    def _calibrated(self, block: Block, engine: Engine) -> BlockResult:
        work = self.folders.work

        def calibrate() -> BlockResult:
            return calibrate_block(block, engine, self.handle.settings, work)

        path = block_result_path(work, block.face_key, block.number)
        return once(self.folders, path, BlockResult, calibrate)
