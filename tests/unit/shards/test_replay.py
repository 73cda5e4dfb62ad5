"""Medians advanced shard by shard have the bits of the sequential tracker."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.running_medians import DescriptorMedians
from openface_core.shards import count_shard, replay_medians
from tests.fixtures.shards.shard_videos import (
    POOL,
    assert_same_state,
    assert_shards_equal_the_tracker,
    bits,
    models_and_pool,
    shard_of,
    track,
)


def _assert_equal(places: np.ndarray, cuts: list[int]) -> None:
    models, pool = models_and_pool()
    pieces = np.split(places, sorted(min(cut, len(places)) for cut in cuts))
    shards = [shard_of(pool, piece) for piece in pieces]
    assert_shards_equal_the_tracker(models, shards, track(models, pool, places))


@pytest.mark.parametrize(
    "signs",
    [
        "",
        "-",
        "+",
        "-+",
        "--+",
        "+-",
        "++-",
        "+++",
        "+-+-+",
        "-+-+-+",
        "--+--++",
        "----",
        "+++-",
        "-++++++",
        "+++-+++",
    ],
)
@pytest.mark.parametrize("length", [1, 2, 3, 100])
def test_beginnings_cut_everywhere(signs: str, length: int) -> None:
    """Failures before, at and after the first counted frame, in shards of one length."""
    places = np.array([i % POOL if s == "+" else -1 for i, s in enumerate(signs)], dtype=np.int64)
    _assert_equal(places, list(range(length, len(places), length)))


@pytest.mark.parametrize("cuts", [[0], [0, 0, 3, 3, 3], [9, 9]])
def test_empty_shards_change_nothing(cuts: list[int]) -> None:
    _assert_equal(np.arange(9) % POOL, cuts)


_small = st.lists(st.sampled_from([-1, -1, *range(POOL)]), max_size=24)


@settings(max_examples=25, deadline=None)
@given(_small, st.lists(st.integers(0, 24), max_size=4))
def test_short_videos_cut_anywhere(places: list[int], cuts: list[int]) -> None:
    _assert_equal(np.array(places, dtype=np.int64), cuts)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    length=st.one_of(st.integers(0, 40), st.integers(0, 500), st.integers(0, 2000)),
    cuts=st.lists(st.one_of(st.integers(0, 12), st.integers(0, 2000)), max_size=6),
    single_frames=st.lists(st.integers(0, 2000), max_size=2),
    failing=st.sampled_from([0.0, 0.1, 0.5, 0.95, 1.0]),
    failing_first=st.integers(0, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_videos_cut_anywhere(
    length: int,
    cuts: list[int],
    single_frames: list[int],
    failing: float,
    failing_first: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    places = rng.integers(0, POOL, length)
    places[rng.random(length) < failing] = -1
    places[:failing_first] = -1
    _assert_equal(places, cuts + [cut for i in single_frames for cut in (i, i + 1)])


def test_counting_then_replaying_goes_on_as_replaying_throughout() -> None:
    models, pool = models_and_pool()
    shards = [shard_of(pool, np.array(p)) for p in ([0, 1, -1], [2, 3, 4, 5], [6, -1, 0, 2, 2])]
    counted, replayed = DescriptorMedians(), DescriptorMedians()
    for shard in shards[:2]:
        count_shard(counted, shard)
        replay_medians(models, replayed, shard)
    assert_same_state(counted.state(), replayed.state())
    assert bits(replay_medians(models, counted, shards[2])) == bits(
        replay_medians(models, replayed, shards[2])
    )


def test_first_descriptor_missing_where_it_is_needed_is_refused() -> None:
    _, pool = models_and_pool()
    shard = shard_of(pool, np.array([0]))
    bins = shard.series["fhog_bins"], shard.series["geometry_bins"]
    with pytest.raises(ValueError, match="first descriptor"):
        DescriptorMedians().update_binned(*bins, shard.series.success, None)
