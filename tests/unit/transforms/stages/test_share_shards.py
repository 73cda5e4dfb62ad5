"""How the workers of one machine share shards."""

from collections import Counter
from pathlib import Path

import pytest

from openface_core.analysis.settings import ShardSettings
from tests.fixtures.stages import elements
from transforms.records import Shard, VideoTask
from transforms.stages.share_shards import (
    MIN_SHARD_SECONDS,
    LocalWorkers,
    ShareShards,
    local_workers,
    longest_first,
    shortened,
    take,
)


def shard(video: str, frames: int | None, number: int = 0) -> Shard:
    return Shard(VideoTask(video, f"{video}.mp4"), number, 9, None, None, frames)


def test_the_longest_shard_is_first_and_unknown_ones_before_it() -> None:
    shards = [shard("a", 3), shard("c", 5), shard("b", 5, 1), shard("b", 5), shard("d", None)]
    found = [(item.task.video_id, item.number) for item in longest_first(shards)]
    assert found == [("d", 0), ("b", 0), ("b", 1), ("c", 0), ("a", 0)]


def test_a_shard_is_taken_once(tmp_path: Path) -> None:
    claims = ((0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
    found = [take(str(tmp_path), place, worker) for place, worker in claims]
    assert found == [True, True, False, False, True]


def test_a_worker_whose_work_is_done_again_gets_the_same_shards(tmp_path: Path) -> None:
    for _ in range(2):
        assert [take(str(tmp_path), 0, 1), take(str(tmp_path), 1, 2)] == [True, True]
        assert not take(str(tmp_path), 0, 2)


@pytest.mark.parametrize("threads", [1, 2])
def test_no_shard_is_lost_where_a_runner_does_everything_twice(threads: int) -> None:
    shards = [shard(name, 10 + k, k) for name in "ab" for k in range(7)]
    with local_workers(2, [None]) as sharing:
        found = elements(shards, threads=threads, repeats=1) | ShareShards(sharing)
    assert Counter(found) == Counter(2 * shards)  # of the first time, too


@pytest.mark.parametrize(
    ("frames", "count", "seconds"),
    [
        (4800, 2, 5.0),  # 160 s of video, 32 shards
        (300, 2, MIN_SHARD_SECONDS),
        (10**6, 2, 10.0),
        (4800, 1, 10.0),  # nobody to share with
        (None, 2, 10.0),
    ],
)
def test_little_video_is_cut_finer(frames: int | None, count: int, seconds: float) -> None:
    workers = LocalWorkers(count, "unused", frames)
    assert shortened(ShardSettings(10.0), workers).seconds == seconds


def test_shards_never_grow_and_whole_videos_stay_whole() -> None:
    workers = LocalWorkers(2, "unused", 300)
    assert shortened(ShardSettings(0.5), workers).seconds == 0.5
    assert shortened(ShardSettings(0), workers).seconds == 0


def test_the_folder_is_there_as_long_as_it_is_needed() -> None:
    with local_workers(2, [5, 6]) as workers:
        assert workers is not None
        assert workers.frames == 11
        folder = Path(workers.folder)
        assert list(folder.iterdir()) == []
        assert take(workers.folder, 0, 1)
    assert not folder.exists()
    with local_workers(0, [5]) as cluster:
        assert cluster is None
    with local_workers(2, [5, None]) as workers:
        assert workers is not None
        assert workers.frames is None


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_every_shard_is_handed_out_once(count: int, threads: int) -> None:
    shards = [shard(name, 10 + k, k) for name in "ab" for k in range(7)]
    with local_workers(count, [None]) as sharing:
        found = elements(shards, threads=threads) | ShareShards(sharing)
    assert Counter(found) == Counter(shards)
