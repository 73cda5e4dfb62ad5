"""The stage that finds the person's baselines, over all inputs that are calibrated together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from apache_beam.pvalue import TaggedOutput

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import REPREDICTED_FRAMES
from openface_core.analysis.calibration import find_baselines
from openface_core.analysis.engine import Engine
from openface_core.errors import OpenFaceBeamError
from transforms.dataset.provenance import Calibration, confirmed_content, group_digest
from transforms.metrics import StageStep, count_failure, timed
from transforms.plan.calibration import CalibratedVideo, CalibrationGroup, sharing_medians
from transforms.records import (
    PROBLEMS,
    BlockResult,
    FaceKey,
    InputContent,
    Problem,
    Severity,
)
from transforms.stages.engine_stage import EngineStage
from transforms.work.files import load_scores

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
    by_face: dict[FaceKey, list[BlockResult]] = {
        FaceKey(task.video_id): [] for task in group.tasks if task.video_id not in group.failed
    }
    for result in results:
        by_face[result.block.face_key].append(result)
    inputs = []
    for found in by_face.values():
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
    models: ActionUnitModels,
    mode: str,
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
    models : ActionUnitModels
        The predictors.
    mode : str
        What they are relative to, as the settings have it.

    Raises
    ------
    OpenFaceBeamError
        If a work file is damaged or cannot be read.
    """
    used_mode = mode if models.is_dynamic.any() else "none"
    at_rest = used_mode == "rest"
    median = inputs[-1][-1].weighted_median
    limit = 0 if at_rest else REPREDICTED_FRAMES
    frame_counts = [sum(item.block.frames for item in blocks) for blocks in inputs]
    scores = (load_scores(item, len(models.all_models)) for blocks in inputs for item in blocks)
    person = find_baselines(models, scores, sum(frame_counts), np.array(median), limit)
    moving = person.sets_offsets if at_rest else person.success[::2]
    calibration = Calibration(used_mode, group.key)
    if used_mode != "none":
        calibration = Calibration(
            mode=used_mode,
            key=group.key,
            videos=tuple(blocks[0].block.task.video_id for blocks in inputs),
            failed=group.failed,
            frames=int(moving.sum()),
        )
    digest = group_digest(
        group.tasks,
        [contents.get(task.video_id) for task in group.tasks],
        with_rest=mode == "rest",
    )
    begin = 0
    for blocks, frame_count in zip(inputs, frame_counts, strict=True):
        yield CalibratedVideo(
            blocks=blocks,
            calibration=calibration,
            weighted_median=median,
            repredicted=limit,
            offsets=tuple(person.offsets.tolist()),
            content=contents[blocks[0].block.task.video_id],
            group_digest=digest,
        )
        limit = max(0, limit - int(person.success[begin : begin + frame_count].sum()))
        begin += frame_count


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
class FindOffsets(EngineStage):
    """Find baselines: ``(key, group and its blocks)`` to ``CalibratedVideo``.

    The outputs are ``videos`` (main) and ``problems``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    """

    step_label: ClassVar[str] = "Find baselines"
    main_output: ClassVar[str | None] = "videos"
    side_outputs: ClassVar[tuple[str, ...]] = (PROBLEMS,)

    def work(
        self, element: tuple[str, dict[str, Iterable[Any]]], engine: Engine
    ) -> Iterator[CalibratedVideo | TaggedOutput[Literal["problems"], Problem]]:
        """Yield a group's inputs, ready to be finished, and rows of the error table."""
        key, found = element
        groups: list[CalibrationGroup] = list(found["groups"])
        results: list[BlockResult | Problem] = list(found["blocks"])
        if len(groups) != 1:
            raise RuntimeError(f"{len(groups)} groups of {key} came from one")
        with timed(StageStep.OFFSETS):
            outcomes = list(self._outcomes(groups[0], results, engine))
        for outcome in outcomes:
            if isinstance(outcome, Problem):
                count_failure(outcome.stage)
                yield TaggedOutput(PROBLEMS, outcome)
            else:
                yield outcome

    def _outcomes(
        self, group: CalibrationGroup, results: Sequence[BlockResult | Problem], engine: Engine
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
                contents[task.video_id] = confirmed_content(task)
            except OpenFaceBeamError as error:
                errors[task.video_id] = error
        mode = self.handle.settings.calibration.mode
        for together in sharing_medians(inputs, lambda blocks: blocks[0].block.info):
            tasks = [blocks[0].block.task for blocks in together]
            models = engine.models_for(together[0][0].block.info.kind)
            try:
                for task in tasks:
                    if task.video_id in errors:
                        raise errors[task.video_id]
                yield from tuple(calibrate_together(together, group, contents, models, mode))
            except Exception as error:  # whatever one person's inputs do, the others go on
                yield from (Problem.from_error(task, error) for task in tasks)
