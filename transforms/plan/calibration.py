"""Which inputs are calibrated together, and what flows between the stages that do so."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from openface_core.analysis.settings import PERSON_MODES, CalibrationSettings
from openface_core.errors import InputError
from openface_core.media import MediaInfo
from transforms.dataset.provenance import Calibration
from transforms.records import BlockResult, InputContent, Problem, VideoTask

Input = TypeVar("Input")


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
    tasks: Iterable[VideoTask], settings: CalibrationSettings
) -> tuple[tuple[VideoTask, ...], ...]:
    """Return inputs in groups that are calibrated together, each in the order of the manifest.

    Parameters
    ----------
    tasks : iterable of VideoTask
        The inputs.
    settings : CalibrationSettings
        How action units are calibrated.

    Returns
    -------
    tuple of tuple of VideoTask
        The groups, in the order of their first inputs.
    """
    groups: dict[str, list[VideoTask]] = {}
    for task in tasks:
        groups.setdefault(calibration_key(task, settings), []).append(task)
    return tuple(in_stated_order(group) for group in groups.values())


def in_stated_order(tasks: Iterable[VideoTask]) -> tuple[VideoTask, ...]:
    """Return a person's inputs in the order of the manifest."""
    return tuple(sorted(tasks, key=lambda task: (task.row, task.video_id)))


def sharing_medians(
    inputs: Sequence[Input], info_of: Callable[[Input], MediaInfo]
) -> Iterator[Sequence[Input]]:
    """Yield the inputs of a group as they share medians: single images are each on their own.

    Parameters
    ----------
    inputs : sequence
        Inputs that were analysed, in order.
    info_of : callable
        Returns what decoding found at the begin of one.
    """
    videos = [item for item in inputs if info_of(item).kind != "image"]
    if videos:
        yield videos
    yield from ([item] for item in inputs if info_of(item).kind == "image")


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
    failed : tuple of str
        Video ids of those that could not be analysed.
    """

    key: str
    tasks: tuple[VideoTask, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class CalibratedVideo:
    """An input of which everything is known that its final action units depend on.

    Parameters
    ----------
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
    content : InputContent
        What the input held.
    group_digest : str or None
        Hash of what all inputs held that are calibrated together; None where it is alone.
    """

    blocks: tuple[BlockResult, ...]
    calibration: Calibration
    weighted_median: tuple[float, ...]
    repredicted: int
    offsets: tuple[float, ...]
    content: InputContent
    group_digest: str | None

    @property
    def task(self) -> VideoTask:
        """The input."""
        return self.blocks[0].block.task

    @property
    def face_id(self) -> int:
        """Number of the face in the input."""
        return self.blocks[0].block.face_id

    @property
    def info(self) -> MediaInfo:
        """What decoding found at its begin."""
        return self.blocks[0].block.info

    @property
    def frames(self) -> int:
        """Frames decoded."""
        return sum(item.block.frames for item in self.blocks)
