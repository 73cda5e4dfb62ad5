"""The stage that puts inputs together from their shards and adds up their histograms.

Medians depend on all frames before, but histograms add up: this stage sums them over the shards of
all inputs that are calibrated together and leaves the state before each block of shards, so that
the next stage can advance the medians of all blocks side by side. Medians at rest are final here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from openface_core.analysis.analyser import Analyser
from openface_core.analysis.calibration import (
    MedianStart,
    count_rest,
    shows_somebody,
    weighted_rest_median,
)
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import OutputSettings, mode_of_face
from openface_core.errors import CalibrationError
from openface_core.running_medians import DescriptorMedians, RestMedians
from openface_core.shards import count_shard, write_median_state
from transforms.dataset.storage import write_whole
from transforms.metrics import BeamWatch, Count, StageStep, count, count_failure, timed
from transforms.plan.calibration import (
    CalibrationGroup,
    FaceOfInput,
    in_stated_order,
    sharing_medians,
)
from transforms.problems import Problem
from transforms.records import (
    GROUPS,
    PROBLEMS,
    AssembledInput,
    Block,
    FaceParts,
    Shard,
    ShardResult,
    VideoTask,
)
from transforms.stages.assembled_input import assembled_input
from transforms.stages.assembly import complete, fit_together, group_into_blocks
from transforms.stages.engine_stage import EngineStage, SideOutput
from transforms.stages.extract_shards import extract_once
from transforms.stages.rest_of_block import rest_of
from transforms.work.files import load_part
from transforms.work.folder import RunFolders, state_path
from transforms.work.progress import ProgressWriter

BLOCK_FRAMES = 2000
"""A block has at least so many frames: its state takes up to some megabytes of the work folder."""


def has_medians(source: AssembledInput, engine: Engine) -> bool:
    """Return whether an input's models are relative to medians."""
    return bool(engine.models_for(source.info.kind).is_dynamic.any())


def blocks_of(source: AssembledInput, face: FaceParts) -> Iterator[Block]:
    """Yield the blocks of a face, as yet without medians."""
    groups = group_into_blocks(face.parts, BLOCK_FRAMES)
    first_number = face.first_number
    for number, group in enumerate(groups):
        block = Block(
            source.task,
            source.info,
            number,
            len(groups),
            group,
            face_id=face.face_id,
            first_number=first_number,
        )
        yield block
        first_number += block.frames


def add_histograms(faces: Sequence[FaceOfInput], engine: Engine, work: str) -> tuple[Block, ...]:
    """Leave the medians' state before each block in the work folder and return the blocks.

    Parameters
    ----------
    faces : sequence of FaceOfInput
        Faces whose frames, one after the other, move the same medians.
    engine : Engine
        Models in memory.
    work : str
        The work folder of the run.

    Returns
    -------
    tuple of Block
        The blocks of all of them, in order.
    """
    blocks: list[Block] = []
    of_faces = [list(blocks_of(source, face)) for source, face, _ in faces]
    if len(faces) == 1 and len(of_faces[0]) == 1 and not faces[0][2]:
        return tuple(of_faces[0])  # nothing before, nothing behind: histograms take their time
    medians = DescriptorMedians()
    for place, (source, face, frames_before) in enumerate(faces):
        own = of_faces[place]
        if not has_medians(source, engine):
            blocks += own
            continue
        # Every other frame of an input moves the medians, whoever is seen in it.
        medians.skip(frames_before + face.first_number - 1)
        for block in own:
            is_first = not blocks and not frames_before
            blocks.append(block if is_first else _with_state(block, medians, work))
            if place < len(faces) - 1 or block.number < block.count - 1:
                for part in block.parts:
                    count_shard(medians, load_part(part, engine.extent))
        medians.skip(source.frames - (face.first_number - 1) - face.frames)
    return tuple(blocks)


def _with_state(block: Block, medians: DescriptorMedians, work: str) -> Block:
    """Leave the medians' state before a block in the work folder."""
    path = state_path(work, block.face_key, block.number)
    size_bytes = write_whole(path, partial(write_median_state, state=medians.state()))
    count(Count.WORK_BYTES, size_bytes)
    return replace(block, state_path=path)


def find_rest_medians(
    faces: Sequence[FaceOfInput], engine: Engine, settings: OutputSettings
) -> tuple[Block, ...]:
    """Return the blocks of a person's inputs with the medians over the frames at rest.

    Parameters
    ----------
    faces : sequence of FaceOfInput
        The person in each of the inputs.
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
        If no frame at rest shows face 0, and another does.
    """
    blocks = [block for source, face, _ in faces for block in blocks_of(source, face)]
    if not has_medians(faces[0][0], engine):
        return tuple(blocks)
    medians = RestMedians()
    for block in blocks:
        if block.task.rest is not None:
            parts = (load_part(part, engine.extent) for part in block.parts)
            count_rest(medians, parts, rest_of(block, settings), block.first_number)
    models = engine.models_for(blocks[0].info.kind)
    every_part = (load_part(part, engine.extent) for block in blocks for part in block.parts)
    if medians.frames or shows_somebody(every_part):
        median = weighted_rest_median(models, medians)
    else:  # no frame of theirs is relative to anything
        median = MedianStart.none(models).weighted
    weighted = tuple(median.tolist())
    return tuple(replace(block, weighted_median=weighted) for block in blocks)


def _without_ranges(
    error: Exception, tasks: Sequence[VideoTask], problems: Mapping[str, Problem]
) -> Exception:
    """Return why there is no frame at rest: the file that has the ranges may have failed itself."""
    failed = (
        problems[task.video_id]
        for task in tasks
        if task.rest is not None and task.video_id in problems
    )
    cause = next(failed, None)
    if cause is None or not isinstance(error, CalibrationError):
        return error
    return CalibrationError(
        "rest frames",
        f"the frames at rest are those of {cause.video_id}, which failed: {cause.reason}",
        "Mend that file first, or name frames at rest of another file of the person.",
    )


@dataclass
class PrepareCalibration(EngineStage):
    """Put inputs together: ``(key, [(task, result)])`` to ``Block``, with two outputs beside.

    The outputs are ``blocks`` (main), keyed ``groups``, and ``problems``.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    folders : RunFolders
        Where the run writes.
    """

    folders: RunFolders

    step_label: ClassVar[str] = "Add histograms"
    main_output: ClassVar[str | None] = "blocks"
    side_outputs: ClassVar[tuple[str, ...]] = (GROUPS, PROBLEMS)

    def work(
        self,
        element: tuple[str, Iterable[tuple[VideoTask, ShardResult | Problem]]],
        engine: Engine,
    ) -> Iterator[Block | SideOutput]:
        """Yield the blocks of a group's inputs, the group, and rows of the error table."""
        key, results = element
        found: dict[VideoTask, list[ShardResult | Problem]] = {}
        for task, result in results:
            found.setdefault(task, []).append(result)
        tasks = in_stated_order(found)
        outcomes = [self._assemble(task, found[task], engine) for task in tasks]
        failures = (outcome for outcome in outcomes if isinstance(outcome, Problem))
        problems = {problem.video_id: problem for problem in failures}
        inputs = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
        blocks: list[Block] = []
        for together in sharing_medians(inputs):
            try:
                with timed(StageStep.HISTOGRAMS):
                    blocks += self._blocks(together, engine)
            except Exception as error:  # whatever one person's inputs do, the others go on
                reason = _without_ranges(error, tasks, problems)
                for source, *_ in together:
                    problem = Problem.from_error(source.task, reason)
                    problems.setdefault(problem.video_id, problem)
        inputs = [source for source in inputs if source.task.video_id not in problems]
        blocks = [block for block in blocks if block.task.video_id not in problems]
        for problem in problems.values():
            count_failure(problem.stage)
            yield SideOutput(PROBLEMS, problem)
        if inputs:
            of_tasks = tuple(task.video_id for task in tasks if task.video_id in problems)
            left_out = (*of_tasks, *tasks[0].missing)
            group = CalibrationGroup(key, tasks, tuple(inputs), left_out)
            yield SideOutput(GROUPS, (key, group))
        count(Count.BLOCKS, len(blocks))
        yield from blocks

    def _assemble(
        self, task: VideoTask, results: Sequence[ShardResult | Problem], engine: Engine
    ) -> AssembledInput | Problem:
        """Return an input with its faces, or the row of the error table that it gets."""
        outcome = complete(results)
        if outcome is None:
            raise RuntimeError(f"shards of {task.video_id} got lost between stages")
        if isinstance(outcome, Problem):
            return outcome
        try:
            if fit_together(outcome):
                return assembled_input(outcome, engine, self.handle.settings, self.folders)
            count(Count.INPUTS_REDONE)
            analyser = Analyser(engine, self.handle.settings, BeamWatch())
            hidden = ProgressWriter(None, "")
            whole = extract_once(Shard(task), analyser, self.folders, hidden, self.check_run)
            return assembled_input([whole], engine, self.handle.settings, self.folders)
        except Exception as error:  # whatever one input does, the others go on
            return Problem.from_error(task, error)

    def _blocks(self, together: Sequence[FaceOfInput], engine: Engine) -> tuple[Block, ...]:
        settings = self.handle.settings
        if mode_of_face(settings.calibration.mode, together[0][1].face_id) == "rest":
            return find_rest_medians(together, engine, settings.output)
        return add_histograms(together, engine, self.folders.work)
