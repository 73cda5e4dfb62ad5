"""The stage that puts inputs together from their shards and adds up their histograms.

Medians depend on all frames before, but histograms add up: this stage sums them over the shards of
all inputs that are calibrated together and leaves the state before each block of shards, so that
the next stage can advance the medians of all blocks side by side. Medians at rest are final here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal

from apache_beam.pvalue import TaggedOutput

from openface_core.analysis.analyser import Analyser
from openface_core.analysis.calibration import count_rest, weighted_rest_median
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import OutputSettings
from openface_core.running_medians import DescriptorMedians, RestMedians
from openface_core.shards import count_shard, write_median_state
from transforms.dataset.storage import write_whole
from transforms.metrics import BeamWatch, Count, StageStep, count, count_failure, timed
from transforms.plan.calibration import CalibrationGroup, in_stated_order, sharing_medians
from transforms.records import GROUPS, PROBLEMS, Block, Problem, Shard, ShardResult, VideoTask
from transforms.stages.assembly import complete, fit_together, group_into_blocks
from transforms.stages.engine_stage import EngineStage
from transforms.stages.extract_shards import extract_shard
from transforms.stages.rest_of_block import rest_of
from transforms.work.files import load_features
from transforms.work.folder import state_path

BLOCK_FRAMES = 2000
"""A block has at least so many frames: its state takes up to some megabytes of the work folder."""

AssembledInput = tuple[ShardResult, ...]
"""All shards of an input, in order."""


def has_medians(shards: AssembledInput, engine: Engine) -> bool:
    """Return whether an input's models are relative to medians."""
    return bool(engine.models_for(shards[0].info.kind).is_dynamic.any())


def blocks_of(shards: AssembledInput) -> Iterator[Block]:
    """Yield the blocks of an input, as yet without medians."""
    groups = group_into_blocks([part for item in shards for part in item.parts], BLOCK_FRAMES)
    first = shards[0]
    first_number = 1
    for number, group in enumerate(groups):
        block = Block(
            first.shard.task,
            first.info,
            first.warnings,
            number,
            len(groups),
            group,
            first_number=first_number,
        )
        yield block
        first_number += block.frames


def add_histograms(
    inputs: Sequence[AssembledInput], engine: Engine, output: str
) -> tuple[Block, ...]:
    """Leave the medians' state before each block in the work folder and return the blocks.

    Parameters
    ----------
    inputs : sequence of tuple of ShardResult
        Inputs whose frames, one after the other, move the same medians.
    engine : Engine
        Models in memory.
    output : str
        The output folder.

    Returns
    -------
    tuple of Block
        The blocks of all inputs, in order.
    """
    blocks = [block for shards in inputs for block in blocks_of(shards)]
    if not has_medians(inputs[0], engine):
        return tuple(blocks)
    medians = DescriptorMedians()
    for place, block in enumerate(blocks):
        if place:
            path = state_path(output, block.face_key, block.number)
            size_bytes = write_whole(path, partial(write_median_state, state=medians.state()))
            count(Count.WORK_BYTES, size_bytes)
            blocks[place] = replace(block, state_path=path)
        if place < len(blocks) - 1:
            for part in block.parts:
                count_shard(medians, load_features(part, engine.extent))
    return tuple(blocks)


def find_rest_medians(
    inputs: Sequence[AssembledInput], engine: Engine, settings: OutputSettings
) -> tuple[Block, ...]:
    """Return the blocks of inputs with the medians over the frames at rest.

    Parameters
    ----------
    inputs : sequence of tuple of ShardResult
        Inputs of one person.
    engine : Engine
        Models in memory.
    settings : OutputSettings
        Where time stamps come from.

    Returns
    -------
    tuple of Block
        The blocks of all inputs, in order.

    Raises
    ------
    CalibrationError
        If no frame at rest shows a face.
    """
    blocks = [block for shards in inputs for block in blocks_of(shards)]
    if not has_medians(inputs[0], engine):
        return tuple(blocks)
    medians = RestMedians()
    for block in blocks:
        if block.task.rest is not None:
            parts = (load_features(part, engine.extent) for part in block.parts)
            count_rest(medians, parts, rest_of(block, settings), block.first_number)
    models = engine.models_for(blocks[0].info.kind)
    weighted = tuple(weighted_rest_median(models, medians).tolist())
    return tuple(replace(block, weighted_median=weighted) for block in blocks)


@dataclass
class PrepareCalibration(EngineStage):
    """Put inputs together: ``(key, [(task, result)])`` to ``Block``, with two outputs beside.

    The outputs are ``blocks`` (main), keyed ``groups``, and ``problems``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    output : str
        The output folder.
    """

    output: str

    step_label: ClassVar[str] = "Add histograms"
    main_output: ClassVar[str | None] = "blocks"
    side_outputs: ClassVar[tuple[str, ...]] = (GROUPS, PROBLEMS)

    def work(
        self,
        element: tuple[str, Iterable[tuple[VideoTask, ShardResult | Problem]]],
        engine: Engine,
    ) -> Iterator[
        Block
        | TaggedOutput[Literal["groups"], tuple[str, CalibrationGroup]]
        | TaggedOutput[Literal["problems"], Problem]
    ]:
        """Yield the blocks of a group's inputs, the group, and rows of the error table."""
        key, results = element
        found: dict[VideoTask, list[ShardResult | Problem]] = {}
        for task, result in results:
            found.setdefault(task, []).append(result)
        tasks = in_stated_order(found)
        outcomes = [self._assemble(task, found[task], engine) for task in tasks]
        problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
        inputs = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
        blocks: list[Block] = []
        for together in sharing_medians(inputs, lambda shards: shards[0].info):
            try:
                with timed(StageStep.HISTOGRAMS):
                    blocks += self._blocks(together, engine)
            except Exception as error:  # whatever one person's inputs do, the others go on
                problems += (Problem.from_error(shards[0].shard.task, error) for shards in together)
        for problem in problems:
            count_failure(problem.stage)
            yield TaggedOutput(PROBLEMS, problem)
        if blocks:
            failed = tuple(problem.video_id for problem in problems)
            yield TaggedOutput(GROUPS, (key, CalibrationGroup(key, tasks, failed)))
        count(Count.BLOCKS, len(blocks))
        yield from blocks

    def _assemble(
        self, task: VideoTask, results: Sequence[ShardResult | Problem], engine: Engine
    ) -> AssembledInput | Problem:
        """Return an input's shards, or the row of the error table that it gets."""
        outcome = complete(results)
        if outcome is None:
            raise RuntimeError(f"shards of {task.video_id} got lost between stages")
        if isinstance(outcome, Problem) or fit_together(outcome):
            return outcome
        count(Count.INPUTS_REDONE)
        analyser = Analyser(engine, self.handle.settings, BeamWatch())
        try:
            whole = extract_shard(Shard(task), analyser, self.output, lambda: None)
        except Exception as error:  # whatever one input does, the others go on
            return Problem.from_error(task, error)
        return (whole,)

    def _blocks(self, together: Sequence[AssembledInput], engine: Engine) -> tuple[Block, ...]:
        settings = self.handle.settings
        if settings.calibration.mode == "rest":
            return find_rest_medians(together, engine, settings.output)
        return add_histograms(together, engine, self.output)
