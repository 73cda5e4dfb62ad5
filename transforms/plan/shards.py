"""Where a video is cut: pure functions from its frame index to shards, tested without Beam."""

from bisect import bisect_left, bisect_right

import numpy as np

from openface_core.analysis.settings import RunSettings, ShardSettings
from openface_core.errors import MediaError
from openface_core.media import FrameIndex, index_frames
from transforms.records import Shard, VideoTask


def cut_positions(
    index: FrameIndex, settings: ShardSettings, every_frames: int = 1, lead_frames: int = 0
) -> list[int]:
    """Return the frames at which a video is cut.

    Parameters
    ----------
    index : FrameIndex
        Presentation times and key frames.
    settings : ShardSettings
        Length of shards, and the bound on frames decoded and discarded.
    every_frames : int
        Cuts fall on multiples of this frame number only: there, faces are looked for anew, so that
        nothing depends on the frames before. 0 where they never are: no cut.
    lead_frames : int
        But for so many, which a shard decodes too.

    Returns
    -------
    list of int
        0-based frame numbers at which shards begin, the first one 0. A cut falls on the first
        permitted frame at which a shard has its length, or on the next one whose lead begins near
        enough to the key frame before it. No cut leaves a last shard of less than half the length.
    """
    is_whole = settings.seconds == 0 or every_frames == 0
    if index.unsafe_reason is not None or is_whole or not len(index.pts):
        return [0]
    frames = len(index.pts)
    ticks = settings.seconds / float(index.time_base)
    keys = np.flatnonzero(index.is_key)
    begins = [0]
    while True:
        # The first frame at which the shard has its length in time.
        position = _permitted(bisect_left(index.pts, index.pts[begins[-1]] + ticks), every_frames)
        if position >= frames or index.pts[-1] - index.pts[position] < ticks / 2:
            return begins
        length, rest = position - begins[-1], frames - position
        decoded_from = max(0, position - lead_frames)
        key = int(keys[bisect_right(keys, decoded_from) - 1])
        if decoded_from - key > settings.max_preroll_share * min(length, rest):
            following = keys[keys > decoded_from]
            if not len(following):
                return begins
            # Up to one interval of detection is decoded and discarded behind a key frame.
            position = _permitted(int(following[0]) + lead_frames, every_frames)
            if position >= frames or index.pts[-1] - index.pts[position] < ticks / 2:
                return begins
        begins.append(position)


def _permitted(frame: int, every_frames: int) -> int:
    """Return the first multiple of the interval that is not before a frame."""
    return -(-frame // every_frames) * every_frames


def shards_of(
    task: VideoTask,
    index: FrameIndex,
    settings: ShardSettings,
    every_frames: int = 1,
    lead_frames: int = 0,
) -> tuple[Shard, ...]:
    """Return the shards of an input.

    Parameters
    ----------
    task : VideoTask
        The input.
    index : FrameIndex
        Its presentation times.
    settings : ShardSettings
        How videos are cut.
    every_frames, lead_frames : int
        See :func:`cut_positions`.

    Returns
    -------
    tuple of Shard
        Shards that together hold every frame once; a single, unbounded one if it is not cut.
    """
    begins = cut_positions(index, settings, every_frames, lead_frames)
    if len(begins) == 1:
        return (Shard(task, expected_frames=None if index.unsafe_reason else len(index.pts)),)
    ends = [*begins[1:], len(index.pts)]
    input_seconds = float((int(index.pts[-1]) - int(index.pts[0])) * index.time_base)
    return tuple(
        Shard(
            task=task,
            number=number,
            count=len(begins),
            begin_pts=None if number == 0 else int(index.pts[begin]),
            end_pts=None if end == len(index.pts) else int(index.pts[end]),
            expected_frames=end - begin,
            first_index=begin,
            lead_frames=min(lead_frames, begin),
            lead_pts=None if begin <= lead_frames else int(index.pts[begin - lead_frames]),
            input_seconds=input_seconds,
        )
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    )


def plan_shards(task: VideoTask, settings: RunSettings) -> tuple[Shard, ...]:
    """Return the shards of an input, whose packets are read for it.

    Parameters
    ----------
    task : VideoTask
        The input.
    settings : RunSettings
        Settings of the run.

    Returns
    -------
    tuple of Shard
        See :func:`shards_of`. Inputs with given landmarks are never cut: they take little time, and
        their file speaks of frames by number. What cannot be indexed is one shard too; its analysis
        will say why.
    """
    try:
        return shards_of_readable(task, settings)
    except MediaError:
        return (Shard(task),)


def shards_of_readable(task: VideoTask, settings: RunSettings) -> tuple[Shard, ...]:
    """Return the shards of an input as :func:`plan_shards` does.

    Raises
    ------
    MediaError
        If it cannot be indexed; inputs that are not cut are not looked at.
    """
    if task.landmarks_uri is not None or settings.shards.seconds == 0:
        return (Shard(task),)
    index = index_frames(task.uri, settings.decoding)
    detection = settings.detection
    return shards_of(task, index, settings.shards, detection.every_frames, detection.frames_ahead)
