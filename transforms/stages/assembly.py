"""Whether the shards of an input make up a whole, and how that is divided into blocks."""

from collections.abc import Iterable, Sequence

from transforms.problems import Problem
from transforms.records import FeaturesPart, ShardResult

_SHORTER_BY = 0.01
"""A video shorter than its header says by this share is looked at as a whole."""


def group_into_blocks(
    parts: Sequence[FeaturesPart], block_frames: int
) -> list[tuple[FeaturesPart, ...]]:
    """Return consecutive parts in groups of at least so many frames, the last one excepted.

    Parameters
    ----------
    parts : sequence of FeaturesPart
        An input's features, in order.
    block_frames : int
        Frames that close a block.

    Returns
    -------
    list of tuple of FeaturesPart
        The blocks; one without parts for an input without frames.
    """
    blocks: list[tuple[FeaturesPart, ...]] = []
    current: list[FeaturesPart] = []
    for part in parts:
        current.append(part)
        if sum(item.frames for item in current) >= block_frames:
            blocks.append(tuple(current))
            current = []
    if current or not blocks:
        blocks.append(tuple(current))
    return blocks


def complete(
    results: Iterable[ShardResult | Problem],
) -> tuple[ShardResult, ...] | Problem | None:
    """Return an input's shards in order, or what is wrong with it.

    Parameters
    ----------
    results : iterable of ShardResult or Problem
        What came of its shards, in any order.

    Returns
    -------
    tuple of ShardResult, Problem or None
        All shards; the first problem; or None if a shard is missing.
    """
    found = list(results)
    problems = sorted(
        (item for item in found if isinstance(item, Problem)), key=lambda p: (p.stage, p.reason)
    )
    if problems:
        return problems[0]
    shards = sorted(
        (item for item in found if isinstance(item, ShardResult)), key=lambda r: r.shard.number
    )
    numbers = [item.shard.number for item in shards]
    return tuple(shards) if numbers == list(range(shards[0].shard.count)) else None


def fit_together(results: Sequence[ShardResult]) -> bool:
    """Return whether an input's shards are all that its analysis as a whole would be.

    Parameters
    ----------
    results : sequence of ShardResult
        An input's shards, in order.

    Returns
    -------
    bool
        False where a whole analysis might find something that no shard sees: damage, frames that
        are not as the packets promised, a size that changes between shards, or a header that
        promises more than there is.
    """
    if results[0].shard.is_whole:
        return True
    if not all(result.is_as_planned for result in results):
        return False
    forms = {
        (
            info.width_px,
            info.height_px,
            info.rotation_degrees,
            info.mirrored,
            info.pixel_aspect_ratio,
        )
        for info in (result.info for result in results)
    }
    if len(forms) > 1:
        return False
    info, frames = results[0].info, sum(result.frames for result in results)
    if info.frame_count_from_header is not None:
        return frames >= info.frame_count_from_header
    if info.duration_seconds_from_header is None or not info.average_rate_fps:
        return True
    # The stated rate of a variable frame rate says little.
    span = (results[0].shard.input_seconds or 0.0) + 1 / info.average_rate_fps
    seconds = max(frames / info.average_rate_fps, span)
    return seconds >= (1 - _SHORTER_BY) * info.duration_seconds_from_header
