"""The stage that puts an input's shards together and adds up their histograms.

Medians depend on all frames before, but histograms add up: this stage sums them over an input's
shards and leaves the state before each block of shards, so that the next stage can advance the
medians of all blocks side by side.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from openface_core.running_medians import DescriptorMedians
from openface_core.shards.median_state_file import write_median_state
from openface_core.shards.replay import count_shard
from transforms.engine import Engine
from transforms.engine_handle import EngineHandle
from transforms.extract_shards import extract_shard
from transforms.metrics import NAMESPACE, PROBLEMS
from transforms.records import Block, FeaturesPart, Problem, Shard, ShardResult
from transforms.storage import write_whole
from transforms.work_files import load_features
from transforms.work_folder import state_path

BLOCK_FRAMES = 2000
"""A block has at least so many frames: its state takes up to some megabytes of the work folder."""

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
        (info.width_px, info.height_px, info.rotation_degrees, info.mirrored)
        for info in (result.info for result in results)
    }
    if len(forms) > 1:
        return False
    info, frames = results[0].info, sum(result.frames for result in results)
    if info.frame_count_from_header is not None:
        return frames >= info.frame_count_from_header
    if info.duration_seconds_from_header is None or not info.average_rate_fps:
        return True
    return frames / info.average_rate_fps >= (1 - _SHORTER_BY) * info.duration_seconds_from_header


def add_histograms(
    results: tuple[ShardResult, ...], engine: Engine, output: str
) -> tuple[Block, ...]:
    """Leave the medians' state before each block in the work folder and return the blocks.

    Parameters
    ----------
    results : tuple of ShardResult
        An input's shards, in order.
    engine : Engine
        Models in memory.
    output : str
        The output folder.

    Returns
    -------
    tuple of Block
        The input's blocks.
    """
    task, info = results[0].shard.task, results[0].info
    has_medians = bool(engine.models_for(info.kind).is_dynamic.any())
    groups = group_into_blocks([part for item in results for part in item.parts], BLOCK_FRAMES)
    medians = DescriptorMedians()
    blocks = []
    for number, group in enumerate(groups):
        path = None
        if number and has_medians:
            path = state_path(output, task.video_id, number)
            write_whole(path, partial(write_median_state, state=medians.state()))
        blocks.append(Block(task, info, results[0].warnings, number, len(groups), group, path))
        if has_medians and number < len(groups) - 1:
            for part in group:
                count_shard(medians, load_features(part, info.kind, engine))
    return tuple(blocks)


class _PrepareCalibration(beam.DoFn):
    def __init__(self, handle: EngineHandle, output: str) -> None:
        self._handle = handle
        self._output = output
        self._redone = Metrics.counter(NAMESPACE, "inputs_analysed_again_as_a_whole")
        self._failed = Metrics.counter(NAMESPACE, "inputs_failed")

    def setup(self) -> None:
        """Get hold of the models."""
        self._engine = self._handle.acquire()

    def process(
        self, element: tuple[str, Iterable[ShardResult | Problem]]
    ) -> Iterator[Block | TaggedOutput[Literal["problems"], Problem]]:
        """Yield an input's blocks, or the row of the error table that it gets."""
        video_id, results = element
        outcome = complete(results)
        if outcome is None:
            raise RuntimeError(f"shards of {video_id} got lost between stages")
        if isinstance(outcome, Problem):
            self._failed.inc()
            yield TaggedOutput(PROBLEMS, outcome)
            return
        task = outcome[0].shard.task
        try:
            if not fit_together(outcome):
                self._redone.inc()
                outcome = (
                    extract_shard(
                        Shard(task), self._engine, self._handle.settings, self._output, lambda: None
                    ),
                )
            yield from add_histograms(outcome, self._engine, self._output)
        except Exception as error:  # whatever one input does, the others go on
            self._failed.inc()
            yield TaggedOutput(PROBLEMS, Problem.from_error(task, error))


@dataclass
class PrepareCalibration(beam.PTransform):
    """Group shards by input: ``(video_id, results)`` to ``Block``, and ``Problem`` to the side.

    Parameters
    ----------
    handle : EngineHandle
        Models and settings.
    output : str
        The output folder.
    """

    handle: EngineHandle
    output: str

    def expand(self, grouped: beam.PCollection) -> Any:
        """Return the collections ``blocks`` (main) and ``problems``."""
        function = _PrepareCalibration(self.handle, self.output)
        return grouped | "Add histograms" >> beam.ParDo(function).with_outputs(
            PROBLEMS, main="blocks"
        )
