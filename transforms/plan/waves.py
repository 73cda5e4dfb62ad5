"""In which order a local run takes its inputs, and how many at a time; tested without Beam."""

from collections import defaultdict
from collections.abc import Sequence

from transforms.dataset.layout import bucket_of
from transforms.records import VideoTask

WAVE_FRAMES = 50_000
"""Half an hour of video."""

WAVE_INPUTS = 500


def largest_first(
    tasks: Sequence[VideoTask], frames: Sequence[int | None], keys: Sequence[str] | None = None
) -> tuple[list[VideoTask], list[int | None], list[str]]:
    """Return the inputs from the longest to the shortest, groups together.

    A local runner deals inputs out to its workers in turn and never again, so that in any other
    order one worker may get all the long ones.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs.
    frames : sequence of int or None
        Frames that each of them promises; unknown counts as longest.
    keys : sequence of str, optional
        Name of the group that each of them is calibrated with; each alone if not given. A group
        counts as long as its inputs together.

    Returns
    -------
    list of VideoTask, list of int or None, list of str
        All three in the new order.
    """
    names = [task.video_id for task in tasks] if keys is None else list(keys)
    unknown: dict[str, bool] = defaultdict(bool)
    total: dict[str, int] = defaultdict(int)
    for name, count in zip(names, frames, strict=True):
        unknown[name] |= count is None
        total[name] += count or 0
    order = sorted(
        range(len(tasks)),
        key=lambda k: (
            not unknown[names[k]],
            -total[names[k]],
            names[k],
            frames[k] is not None,
            -(frames[k] or 0),
            tasks[k].video_id,
        ),
    )
    return [tasks[k] for k in order], [frames[k] for k in order], [names[k] for k in order]


def bucket_by_bucket(
    tasks: Sequence[VideoTask], frames: Sequence[int | None], keys: Sequence[str], buckets: int
) -> tuple[list[VideoTask], list[int | None], list[str]]:
    """Return the inputs of each shared file together, so that few waves write the same file.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs, groups together.
    frames : sequence of int or None
        Frames that each of them promises.
    keys : sequence of str
        Name of the group that each of them is calibrated with. A group stays together, at the place
        of its first file.
    buckets : int
        How many files inputs share; 0 leaves the order as it is.

    Returns
    -------
    list of VideoTask, list of int or None, list of str
        All three in the new order, which within a file is the old one.
    """
    order = list(range(len(tasks)))
    if buckets:
        first: dict[str, int] = {}
        for task, key in zip(tasks, keys, strict=True):
            bucket = bucket_of(task.video_id, buckets)
            first[key] = min(bucket, first.get(key, bucket))
        order.sort(key=lambda k: first[keys[k]])
    return [tasks[k] for k in order], [frames[k] for k in order], [keys[k] for k in order]


def into_waves(
    tasks: Sequence[VideoTask], frames: Sequence[int | None], keys: Sequence[str] | None = None
) -> tuple[tuple[VideoTask, ...], ...]:
    """Return the inputs in waves, each of which is analysed and finished before the next.

    A wave bounds what an interrupted run loses, and how large the work folder grows.

    Parameters
    ----------
    tasks : sequence of VideoTask
        The inputs.
    frames : sequence of int or None
        Frames that each of them promises.
    keys : sequence of str, optional
        Name of the group that each of them is calibrated with, groups together; each alone if not
        given.

    Returns
    -------
    tuple of tuple of VideoTask
        The waves: each ends with the input, or the rest of its group, that fills it.
    """
    names = [task.video_id for task in tasks] if keys is None else list(keys)
    waves: list[tuple[VideoTask, ...]] = []
    current: list[VideoTask] = []
    filled = 0
    for task, count, name, following in zip(
        tasks, frames, names, [*names[1:], None][: len(names)], strict=True
    ):
        current.append(task)
        filled += WAVE_FRAMES if count is None else count
        if name != following and (filled >= WAVE_FRAMES or len(current) >= WAVE_INPUTS):
            waves.append(tuple(current))
            current, filled = [], 0
    if current:
        waves.append(tuple(current))
    return tuple(waves)
