"""Which inputs are calibrated together, and what flows between the stages that do so."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from openface_core.analysis.settings import PERSON_MODES, CalibrationSettings
from openface_core.errors import InputError
from transforms.dataset.provenance import Calibration
from transforms.problems import Problem
from transforms.records import AssembledInput, BlockResult, FaceParts, InputContent, VideoTask


def calibration_key(task: VideoTask, settings: CalibrationSettings) -> str:
    """Return the name of the group of inputs that an input is calibrated with.

    Parameters
    ----------
    task : VideoTask
        The input.
    settings : CalibrationSettings
        How action units are calibrated.

    Returns
    -------
    str
        ``person:<person_id>`` for files of one person where they go together, otherwise
        ``video:<video_id>``.
    """
    if task.person_id is not None and settings.mode in PERSON_MODES:
        return f"person:{task.person_id}"
    return f"video:{task.video_id}"


def calibration_groups(
    tasks: Iterable[VideoTask],
    settings: CalibrationSettings,
    unreachable: Iterable[VideoTask] = (),
) -> tuple[tuple[VideoTask, ...], ...]:
    """Return inputs in groups that are calibrated together, each in the order of the manifest.

    Parameters
    ----------
    tasks : iterable of VideoTask
        The inputs.
    settings : CalibrationSettings
        How action units are calibrated.
    unreachable : iterable of VideoTask
        Inputs that are not there. The others of their groups are told of them.

    Returns
    -------
    tuple of tuple of VideoTask
        The groups, in the order of their first inputs.
    """
    missing: dict[str, tuple[str, ...]] = {}
    for task in in_stated_order(unreachable):
        key = calibration_key(task, settings)
        missing[key] = (*missing.get(key, ()), task.video_id)
    groups: dict[str, list[VideoTask]] = {}
    for task in tasks:
        key = calibration_key(task, settings)
        told = replace(task, missing=missing[key]) if key in missing else task
        groups.setdefault(key, []).append(told)
    return tuple(in_stated_order(group) for group in groups.values())


def in_stated_order(tasks: Iterable[VideoTask]) -> tuple[VideoTask, ...]:
    """Return a person's inputs in the order of the manifest."""
    return tuple(sorted(tasks, key=lambda task: (task.row, task.video_id)))


class FaceOfInput(NamedTuple):
    """An input, and one of its faces.

    Parameters
    ----------
    source : AssembledInput
        The input.
    face : FaceParts
        The face.
    frames_before : int
        Frames of inputs that show nobody, between the one before with which it shares medians and
        this one. They count, as if the person's inputs were one video.
    """

    source: AssembledInput
    face: FaceParts
    frames_before: int = 0


def sharing_medians(inputs: Sequence[AssembledInput]) -> Iterator[tuple[FaceOfInput, ...]]:
    """Yield the faces of a group's inputs as they share medians.

    Those of all videos that are seen longest do: that is whom a manifest names. All other faces,
    and those of single images, are each on their own.

    Parameters
    ----------
    inputs : sequence of AssembledInput
        Inputs that were analysed, in order.
    """
    together: list[FaceOfInput] = []
    frames_before = 0
    for item in inputs:
        if item.info.kind == "image":
            continue
        if item.faces:
            together.append(FaceOfInput(item, item.faces[0], frames_before))
            frames_before = 0
        else:
            frames_before += item.frames
    if together:
        yield tuple(together)
    for item in inputs:
        alone = item.faces if item.info.kind == "image" else item.faces[1:]
        yield from ((FaceOfInput(item, face),) for face in alone)


def with_rest(
    tasks: Sequence[VideoTask], settings: CalibrationSettings
) -> tuple[tuple[VideoTask, ...], tuple[Problem, ...]]:
    """Return the inputs that can be calibrated, and the rows of the error table of the others.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs.
    settings : CalibrationSettings
        How action units are calibrated.

    Returns
    -------
    tuple of VideoTask, tuple of Problem
        All inputs, unless calibration is on rest frames: then those for which, or for whose person,
        the manifest names some.

    Raises
    ------
    InputError
        If none is left.
    """
    if settings.mode != "rest":
        return tuple(tasks), ()
    rested = {calibration_key(task, settings) for task in tasks if task.rest is not None}
    kept = tuple(task for task in tasks if calibration_key(task, settings) in rested)
    errors = [
        (
            task,
            InputError(
                task.uri,
                "no rest frames are named for it, and calibration is on rest frames",
                "Fill in rest_seconds or rest_frames in the manifest, for this file or for another "
                "one of the same person_id, or choose another --calibration.",
            ),
        )
        for task in tasks
        if calibration_key(task, settings) not in rested
    ]
    if errors and not kept:
        raise errors[0][1]
    return kept, tuple(Problem.from_error(task, error) for task, error in errors)


@dataclass(frozen=True)
class CalibrationGroup:
    """The inputs of a group, once it is known which of them can be used.

    Parameters
    ----------
    key : str
        See :func:`calibration_key`.
    tasks : tuple of VideoTask
        All of them, in the order of the manifest.
    inputs : tuple of AssembledInput
        Those that were analysed, in the same order.
    failed : tuple of str
        Video ids of those that could not be analysed, and then of files that are not there.
    """

    key: str
    tasks: tuple[VideoTask, ...]
    inputs: tuple[AssembledInput, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class CalibratedFace:
    """A face of which everything is known that its final action units depend on.

    Parameters
    ----------
    parts : FaceParts
        The face.
    blocks : tuple of BlockResult
        All its blocks, in order.
    calibration : Calibration
        What they are relative to.
    weighted_median : tuple of float
        Product of the final medians with the weights of all models.
    repredicted : int
        How many of its successful frames, the first ones, are predicted again with them.
    offsets : tuple of float
        The person's baseline of each intensity.
    """

    parts: FaceParts
    blocks: tuple[BlockResult, ...]
    calibration: Calibration
    weighted_median: tuple[float, ...]
    repredicted: int
    offsets: tuple[float, ...]


@dataclass(frozen=True)
class CalibratedVideo:
    """An input whose faces are calibrated.

    Parameters
    ----------
    source : AssembledInput
        The input.
    faces : tuple of CalibratedFace
        Its faces, in the order of their numbers.
    calibration : Calibration
        What a face of it would be relative to.
    content : InputContent
        What the input held.
    group_digest : str or None
        Hash of what all inputs held that are calibrated together; None where it is alone.
    """

    source: AssembledInput
    faces: tuple[CalibratedFace, ...]
    calibration: Calibration
    content: InputContent
    group_digest: str | None

    @property
    def task(self) -> VideoTask:
        """The input."""
        return self.source.task
