"""The stage that hands shards to workers.

A cluster's runner does it by itself. The runner of one machine deals elements out once, in turn,
whatever they cost, and a worker that is done early waits for the others. There, every worker gets
the list of all shards instead, the longest first, and takes the next one whenever it has time: no
worker waits longer than one shard takes.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import apache_beam as beam

from openface_core.analysis.settings import ShardSettings
from transforms.dataset.storage import writing_error
from transforms.records import Shard
from transforms.work.temporary_place import temporary_place

SHARDS_PER_WORKER = 16
"""At least so many where there is enough video: then the last shard costs little waiting."""

MIN_SHARD_SECONDS = 2.0
"""Shards are not made shorter than this: opening a video takes some frames' time."""

_NOMINAL_FPS = 30.0


@dataclass(frozen=True)
class LocalWorkers:
    """The workers of this machine, threads or processes.

    Parameters
    ----------
    count : int
        How many there are.
    folder : str
        An empty local folder, in which they note which shards are taken.
    frames : int or None
        Frames of all inputs together, about; None if unknown.
    """

    count: int
    folder: str
    frames: int | None


@contextmanager
def local_workers(count: int, frames: Sequence[int | None]) -> Iterator[LocalWorkers | None]:
    """Give workers a folder, for as long as they share shards.

    Parameters
    ----------
    count : int
        Workers of this machine; 0 for a cluster, which gives None.
    frames : sequence of int or None
        Frames that each input promises.
    """
    if count == 0:
        yield None
        return
    known = [value for value in frames if value is not None]
    place = temporary_place()
    with tempfile.TemporaryDirectory(prefix="openface-beam-shards-", dir=place) as folder:
        yield LocalWorkers(count, folder, sum(known) if len(known) == len(frames) else None)


def shortened(settings: ShardSettings, workers: LocalWorkers) -> ShardSettings:
    """Return how videos are cut where few workers share little video.

    Parameters
    ----------
    settings : ShardSettings
        How they are cut at most.
    workers : LocalWorkers
        Who shares it.

    Returns
    -------
    ShardSettings
        The same, or shorter shards.
    """
    if workers.count == 1 or workers.frames is None:
        return settings
    seconds = workers.frames / _NOMINAL_FPS / (workers.count * SHARDS_PER_WORKER)
    return replace(settings, seconds=min(settings.seconds, max(seconds, MIN_SHARD_SECONDS)))


def longest_first(shards: Iterable[Shard]) -> tuple[Shard, ...]:
    """Return shards from the longest to the shortest; those of unknown length come first."""
    return tuple(
        sorted(
            shards,
            key=lambda shard: (
                shard.expected_frames is not None,
                -(shard.expected_frames or 0),
                shard.task.video_id,
                shard.number,
            ),
        )
    )


def take(folder: str, place: int, worker: int) -> bool:
    """Claim the shard at a place of the list; False if another worker has it already.

    Parameters
    ----------
    folder : str
        Where it is noted.
    place : int
        Place of the shard.
    worker : int
        Number of the worker, which gets what it has claimed before once more: a runner may do all
        of a worker's work again, and then counts the last time only.

    Raises
    ------
    OutputError
        If the folder, which is on the disk for temporary files, cannot be written to.
    """
    path = Path(folder) / f"{place:06}"
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(str(worker))
    except FileExistsError:
        # Another worker's may still be empty.
        return path.read_text(encoding="ascii") == str(worker)
    except OSError as error:
        raise writing_error(folder, error) from error
    return True


@dataclass
class ShareShards(beam.PTransform):
    """Hand shards to workers: ``Shard`` to ``Shard``, each of them once.

    Parameters
    ----------
    workers : LocalWorkers or None
        The workers of this machine; None for a cluster.
    """

    workers: LocalWorkers | None

    def expand(self, shards: beam.PCollection) -> beam.PCollection:
        """Return the shards, where they are to be analysed."""
        if self.workers is None:
            return shards | "Spread" >> beam.Reshuffle()
        workers = self.workers

        def lists(element: tuple[None, Iterable[Shard]]) -> Iterator[tuple[int, tuple[Shard, ...]]]:
            yield from enumerate([longest_first(element[1])] * workers.count)

        def taken(worker: int, shards: tuple[Shard, ...]) -> Iterator[Shard]:
            # What follows works on each shard before the next one is taken.
            for place, shard in enumerate(shards):
                if take(workers.folder, place, worker):
                    yield shard

        return (
            shards
            | "All" >> beam.WithKeys(None)
            | "Gather" >> beam.GroupByKey()
            | "List for each worker" >> beam.FlatMap(lists)
            | "Spread lists" >> beam.Reshuffle()
            | "Take" >> beam.FlatMapTuple(taken)
        )
