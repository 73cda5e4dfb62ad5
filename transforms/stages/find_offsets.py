"""The stage that finds the person's baselines, over all inputs that are calibrated together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import REPREDICTED_FRAMES
from openface_core.analysis.calibration import find_baselines
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import mode_of_face
from openface_core.errors import OpenFaceBeamError
from transforms.dataset.provenance import Calibration, confirmed_content, group_digest
from transforms.metrics import StageStep, count_failure, timed
from transforms.plan.calibration import (
    CalibratedFace,
    CalibratedVideo,
    CalibrationGroup,
    FaceOfInput,
    sharing_medians,
)
from transforms.problems import Problem, Severity
from transforms.records import PROBLEMS, BlockResult, FaceKey, InputContent
from transforms.stages.engine_stage import EngineStage, SideOutput
from transforms.work.files import load_scores

FaceBlocks = dict[FaceKey, tuple[BlockResult, ...]]
"""All blocks of each face, in order."""


def blocks_in_order(group: CalibrationGroup, results: Iterable[BlockResult]) -> FaceBlocks | None:
    """Return the blocks of a group's faces in order; None if one is missing.

    Parameters
    ----------
    group : CalibrationGroup
        The group.
    results : iterable of BlockResult
        What came of its blocks, in any order.
    """
    by_face: dict[FaceKey, list[BlockResult]] = {
        FaceKey(source.task.video_id, face.face_id): []
        for source in group.inputs
        for face in source.faces
    }
    for result in results:
        by_face[result.block.face_key].append(result)
    ordered = {}
    for key, found in by_face.items():
        found.sort(key=lambda item: item.block.number)
        numbers = [item.block.number for item in found]
        if not found or numbers != list(range(found[0].block.count)):
            return None
        ordered[key] = tuple(found)
    return ordered


def calibrate_together(
    faces: Sequence[FaceOfInput],
    blocks: FaceBlocks,
    group: CalibrationGroup,
    models: ActionUnitModels,
    mode: str,
) -> Iterator[CalibratedFace]:
    """Yield faces that share medians, with the offsets over all of their frames.

    Parameters
    ----------
    faces : sequence of FaceOfInput
        The faces, in order.
    blocks : dict of FaceKey to tuple of BlockResult
        Their blocks.
    group : CalibrationGroup
        What they are part of.
    models : ActionUnitModels
        The predictors.
    mode : str
        What they are relative to, as the settings have it.

    Raises
    ------
    OpenFaceBeamError
        If a work file is damaged or cannot be read.
    """
    used_mode = mode_of_face(mode, faces[0][1].face_id) if models.is_dynamic.any() else "none"
    at_rest = used_mode == "rest"
    own = [blocks[FaceKey(source.task.video_id, face.face_id)] for source, face, _ in faces]
    median = own[-1][-1].weighted_median
    limit = 0 if at_rest else REPREDICTED_FRAMES
    scores = (
        load_scores(item, models.score_count, has_sides=models.has_sides)
        for items in own
        for item in items
    )
    frame_count = sum(face.frames for _, face, _ in faces)
    person = find_baselines(models, scores, frame_count, np.array(median), limit)
    moving = person.sets_offsets if at_rest else person.success & _moves_medians(faces)
    calibration = _calibration(group, faces, used_mode, int(moving.sum()))
    begin = 0
    for (_, face, _), items in zip(faces, own, strict=True):
        yield CalibratedFace(
            parts=face,
            blocks=items,
            calibration=calibration,
            weighted_median=median,
            repredicted=limit,
            offsets=tuple(person.offsets.tolist()),
        )
        limit = max(0, limit - int(person.success[begin : begin + face.frames].sum()))
        begin += face.frames


def _moves_medians(faces: Sequence[FaceOfInput]) -> NDArray[np.bool_]:
    """Return which frames of all faces are the first, third, fifth ... of all inputs."""
    flags, before = [], 0
    for source, face, frames_before in faces:
        before += frames_before
        places = before + face.first_number - 1 + np.arange(face.frames)
        flags.append(places % 2 == 0)
        before += source.frames
    return np.concatenate(flags)


def _calibration(
    group: CalibrationGroup, faces: Sequence[FaceOfInput], mode: str, frames: int
) -> Calibration:
    if mode == "none":
        return Calibration(mode, group.key)
    source, face, _ = faces[0]
    if face.face_id or source.info.kind == "image":
        own = source.task.video_id
        failed = group.failed if group.key == f"video:{own}" else ()
        return Calibration(mode, f"video:{own}", (own,), failed, frames)
    # Frames of videos that show nobody count, too.
    videos = (item.task.video_id for item in group.inputs if item.info.kind != "image")
    return Calibration(mode, group.key, tuple(videos), group.failed, frames)


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
    ) -> Iterator[CalibratedVideo | SideOutput]:
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
                yield SideOutput(PROBLEMS, outcome)
            else:
                yield outcome

    def _outcomes(
        self, group: CalibrationGroup, results: Sequence[BlockResult | Problem], engine: Engine
    ) -> Iterator[CalibratedVideo | Problem]:
        problems = [item for item in results if isinstance(item, Problem)]
        if problems:
            yield from _rows_of_all(group, problems)
            return
        blocks = blocks_in_order(group, (r for r in results if isinstance(r, BlockResult)))
        if blocks is None:
            raise RuntimeError(f"blocks of {group.key} got lost between stages")
        contents, errors = _contents_of(group)
        mode = self.handle.settings.calibration.mode
        digest = group_digest(
            group.tasks,
            [contents.get(task.video_id) for task in group.tasks],
            with_rest=mode == "rest",
        )
        faces: dict[str, list[CalibratedFace]] = {}
        for together in sharing_medians(group.inputs):
            video_ids = [source.task.video_id for source, *_ in together]
            models = engine.models_for(together[0][0].info.kind)
            try:
                for video_id in video_ids:
                    if video_id in errors:
                        raise errors[video_id]
                found = tuple(calibrate_together(together, blocks, group, models, mode))
            except Exception as error:  # whatever one person's inputs do, the others go on
                errors |= dict.fromkeys(video_ids, error)
            else:
                for video_id, face in zip(video_ids, found, strict=True):
                    faces.setdefault(video_id, []).append(face)
        for source in group.inputs:
            video_id = source.task.video_id
            if video_id in errors:
                yield Problem.from_error(source.task, errors[video_id])
                continue
            has_medians = engine.models_for(source.info.kind).is_dynamic.any()
            nobody = Calibration(mode if has_medians else "none", group.key)
            own = tuple(faces.get(video_id, ()))
            yield CalibratedVideo(source, own, nobody, contents[video_id], digest)


def _contents_of(
    group: CalibrationGroup,
) -> tuple[dict[str, InputContent], dict[str, Exception]]:
    """Return what the inputs of a group hold, and why some cannot be read, by video id."""
    contents: dict[str, InputContent] = {}
    errors: dict[str, Exception] = {}
    for task in group.tasks:
        try:
            contents[task.video_id] = confirmed_content(task)
        except OpenFaceBeamError as error:
            errors[task.video_id] = error
    return contents, errors
