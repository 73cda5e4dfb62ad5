"""The stage that finds the person's zeros, over all inputs that are calibrated together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import numpy as np
from apache_beam.pvalue import TaggedOutput

from openface_core.action_units.postprocessing import REPREDICTED_FRAMES, intensity_offsets
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings
from openface_core.errors import OpenFaceBeamError
from transforms.dataset.provenance import Calibration, InputContent, group_digest, read_content
from transforms.metrics import PROBLEMS, Step, count_failure, timed
from transforms.plan.calibration import CalibratedVideo, CalibrationGroup, sharing_medians
from transforms.records import BlockResult, Problem, Severity
from transforms.stages.engine_handle import EngineHandle
from transforms.stages.final_scores import final_scores

InputBlocks = tuple[BlockResult, ...]
"""All blocks of an input, in order."""


def blocks_in_order(
    group: CalibrationGroup, results: Iterable[BlockResult]
) -> tuple[InputBlocks, ...] | None:
    """Return the blocks of a group's inputs in order; None if one is missing.

    Parameters
    ----------
    group : CalibrationGroup
        The group.
    results : iterable of BlockResult
        What came of its blocks, in any order.

    Returns
    -------
    tuple of tuple of BlockResult, or None
        The blocks of each input that did not fail.
    """
    by_input: dict[str, list[BlockResult]] = {
        task.video_id: [] for task in group.tasks if task.video_id not in group.failed
    }
    for result in results:
        by_input[result.block.task.video_id].append(result)
    inputs = []
    for found in by_input.values():
        found.sort(key=lambda item: item.block.number)
        numbers = [item.block.number for item in found]
        if not found or numbers != list(range(found[0].block.count)):
            return None
        inputs.append(tuple(found))
    return tuple(inputs)


def calibrate_together(
    inputs: Sequence[InputBlocks],
    group: CalibrationGroup,
    contents: dict[str, InputContent],
    engine: Engine,
    settings: RunSettings,
) -> Iterator[CalibratedVideo]:
    """Yield inputs that share medians, with the offsets over all of their frames.

    Parameters
    ----------
    inputs : sequence of tuple of BlockResult
        The inputs, in order.
    group : CalibrationGroup
        What they are part of.
    contents : dict of str to InputContent
        What every input of the group held, by video id; an unreadable one is missing.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.

    Raises
    ------
    OpenFaceBeamError
        If a work file is damaged or cannot be read.
    """
    models = engine.models_for(inputs[0][0].block.info.kind)
    mode = settings.calibration.mode if models.is_dynamic.any() else "none"
    at_rest = mode == "rest"
    median = inputs[-1][-1].weighted_median
    limit = 0 if at_rest else REPREDICTED_FRAMES
    count = sum(item.block.frames for blocks in inputs for item in blocks)
    intensities = np.empty((count, len(models.intensity)))
    success = np.empty(count, dtype=np.bool_)
    sets_offsets = np.empty(count, dtype=np.bool_)
    begin = 0
    every_block = (item for blocks in inputs for item in blocks)
    for found, scores in final_scores(every_block, models, median, limit):
        rows = slice(begin, begin + len(found))
        intensities[rows] = scores[:, : len(models.intensity)]
        success[rows] = found.success
        sets_offsets[rows] = found.sets_offsets
        begin = rows.stop
    offsets = tuple(intensity_offsets(models, intensities, sets_offsets).tolist())
    moving = sets_offsets if at_rest else success[::2]
    calibration = Calibration(
        mode=mode,
        key=group.key,
        videos=tuple(blocks[0].block.task.video_id for blocks in inputs) if mode != "none" else (),
        failed=group.failed if mode != "none" else (),
        frames=int(moving.sum()) if mode != "none" else 0,
    )
    digest = group_digest(
        group.tasks,
        [contents.get(task.video_id) for task in group.tasks],
        with_rest=settings.calibration.mode == "rest",
    )
    begin = 0
    for blocks in inputs:
        end = begin + sum(item.block.frames for item in blocks)
        yield CalibratedVideo(
            blocks=blocks,
            calibration=calibration,
            weighted_median=median,
            repredicted=limit,
            offsets=offsets,
            content=contents[blocks[0].block.task.video_id],
            group_digest=digest,
        )
        limit = max(0, limit - int(success[begin:end].sum()))
        begin = end


class _FindOffsets(beam.DoFn):
    def __init__(self, handle: EngineHandle) -> None:
        self._handle = handle

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(
        self, element: tuple[str, dict[str, Iterable[Any]]]
    ) -> Iterator[CalibratedVideo | TaggedOutput[Literal["problems"], Problem]]:
        """Yield a group's inputs, ready to be finished, and rows of the error table."""
        key, found = element
        groups: list[CalibrationGroup] = list(found["groups"])
        results: list[BlockResult | Problem] = list(found["blocks"])
        if len(groups) != 1:
            raise RuntimeError(f"{len(groups)} groups of {key} came from one")
        with timed(Step.OFFSETS):
            outcomes = list(self._outcomes(groups[0], results))
        for outcome in outcomes:
            if isinstance(outcome, Problem):
                count_failure(outcome.stage)
                yield TaggedOutput(PROBLEMS, outcome)
            else:
                yield outcome

    def _outcomes(
        self, group: CalibrationGroup, results: Sequence[BlockResult | Problem]
    ) -> Iterator[CalibratedVideo | Problem]:
        problems = [item for item in results if isinstance(item, Problem)]
        if problems:
            yield from _rows_of_all(group, problems)
            return
        inputs = blocks_in_order(group, (r for r in results if isinstance(r, BlockResult)))
        if inputs is None:
            raise RuntimeError(f"blocks of {group.key} got lost between stages")
        contents: dict[str, InputContent] = {}
        errors: dict[str, OpenFaceBeamError] = {}
        for task in group.tasks:
            try:
                contents[task.video_id] = read_content(task)
            except OpenFaceBeamError as error:
                errors[task.video_id] = error
        for together in sharing_medians(inputs, lambda blocks: blocks[0].block.info):
            tasks = [blocks[0].block.task for blocks in together]
            try:
                for task in tasks:
                    if task.video_id in errors:
                        raise errors[task.video_id]
                yield from tuple(
                    calibrate_together(
                        together, group, contents, self._engine, self._handle.settings
                    )
                )
            except Exception as error:  # whatever one person's inputs do, the others go on
                yield from (Problem.from_error(task, error) for task in tasks)


def _rows_of_all(group: CalibrationGroup, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield a row for every input of a group: its scores contain the frames of one that failed."""
    by_input: dict[str, Problem] = {}
    for problem in sorted(problems, key=lambda p: (p.video_id, p.stage, p.reason)):
        by_input.setdefault(problem.video_id, problem)
    cause = next(iter(by_input.values()))
    for task in group.tasks:
        if task.video_id in by_input:
            yield by_input[task.video_id]
        elif task.video_id not in group.failed:
            reason = f"it is calibrated together with {cause.uri}: {cause.reason}"
            yield Problem(
                task.video_id, task.uri, Severity.ERROR, cause.stage, reason, cause.remedy
            )


@dataclass
class FindOffsets(beam.PTransform):
    """Find zeros: ``(key, group and its blocks)`` to ``CalibratedVideo``, ``Problem`` to the side.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    """

    handle: EngineHandle

    def expand(self, grouped: beam.PCollection) -> Any:
        """Return the collections ``videos`` (main) and ``problems``."""
        function = _FindOffsets(self.handle)
        return grouped | "Find zeros" >> beam.ParDo(function).with_outputs(PROBLEMS, main="videos")
