"""Where a video is cut, from an index of its frames alone."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.analysis.settings import ShardSettings
from openface_core.media import FrameIndex
from transforms.plan.shards import cut_positions, shards_of
from transforms.records import VideoTask

TASK = VideoTask("v", "v.mp4")
FPS = 25
TICKS = 40  # of a millisecond each, per frame


def index(frames: int, keys: list[int], unsafe_reason: str | None = None) -> FrameIndex:
    is_key = np.zeros(frames, dtype=bool)
    is_key[keys] = True
    pts = np.arange(frames, dtype=np.int64) * TICKS + 1000
    return FrameIndex(pts, is_key, Fraction(1, 1000), unsafe_reason)


def test_cuts_fall_on_key_frames_where_they_are_dense() -> None:
    dense = index(1000, list(range(0, 1000, 10)))
    assert cut_positions(dense, ShardSettings(seconds=4)) == list(range(0, 1000, 100))


def test_a_cut_between_key_frames_costs_a_bounded_preroll() -> None:
    sparse = index(1000, [0, 250, 500, 750])
    settings = ShardSettings(seconds=4, max_preroll_share=0.5)
    # 100 and 200 lie more than half a shard's length behind key frame 0, 250 is one itself.
    assert cut_positions(sparse, settings) == [0, 250, 500, 750]
    generous = ShardSettings(seconds=4, max_preroll_share=1.0)
    assert cut_positions(sparse, generous)[:3] == [0, 100, 250]


def test_a_video_with_one_key_frame_stays_whole() -> None:
    assert cut_positions(index(1000, [0]), ShardSettings(seconds=4)) == [0]


def test_what_may_not_be_cut_is_not() -> None:
    unsafe = index(1000, list(range(0, 1000, 10)), "the time stamps are not unique")
    assert cut_positions(unsafe, ShardSettings(seconds=4)) == [0]
    (shard,) = shards_of(TASK, unsafe, ShardSettings(seconds=4))
    assert shard.is_whole
    assert (shard.begin_pts, shard.end_pts, shard.expected_frames) == (None, None, None)


@pytest.mark.parametrize("frames", [0, 1, 50, 99])
def test_a_short_video_stays_whole(frames: int) -> None:
    assert cut_positions(index(frames, [0] if frames else []), ShardSettings(seconds=4)) == [0]


def test_cuts_fall_where_faces_are_looked_for_anew() -> None:
    dense = index(1000, list(range(0, 1000, 10)))
    assert cut_positions(dense, ShardSettings(seconds=4), every_frames=7) == [
        0, 105, 210, 315, 420, 525, 630, 735, 840, 945,
    ]  # fmt: skip
    sparse = index(1000, [0, 250, 500, 750])
    settings = ShardSettings(seconds=4, max_preroll_share=0)
    assert cut_positions(sparse, settings, every_frames=8) == [0, 256, 504, 752]


def test_where_faces_are_never_looked_for_anew_nothing_is_cut() -> None:
    dense = index(1000, list(range(0, 1000, 10)))
    assert cut_positions(dense, ShardSettings(seconds=4), every_frames=0) == [0]
    (whole,) = shards_of(TASK, dense, ShardSettings(seconds=4), 0, 1)
    assert whole.expected_frames == 1000


def test_the_frames_before_a_cut_are_decoded_too() -> None:
    sparse = index(1000, [0, 250, 500, 750])
    settings = ShardSettings(seconds=4, max_preroll_share=0.1)
    # 250 is a key frame, but the lead before it would be decoded from frame 0.
    assert cut_positions(sparse, settings, 50, 0) == [0, 250, 500, 750]
    assert cut_positions(sparse, settings, 50, 8) == [0, 300, 550, 800]
    shards = shards_of(TASK, sparse, settings, 50, 8)
    assert [shard.first_index for shard in shards] == [0, 300, 550, 800]
    assert [shard.lead_frames for shard in shards] == [0, 8, 8, 8]
    assert shards[0].lead_pts is None
    assert shards[1].lead_pts == sparse.pts[292]
    assert shards[1].begin_pts == shards[0].end_pts == sparse.pts[300]
    assert shards[1].expected_frames == 250


def test_no_length_means_no_cut() -> None:
    assert cut_positions(index(1000, list(range(1000))), ShardSettings(seconds=0)) == [0]


@given(
    frames=st.integers(1, 600),
    keys=st.sets(st.integers(1, 599), max_size=60),
    seconds=st.floats(0.1, 30),
    share=st.floats(0, 2),
    every=st.integers(1, 30),
)
def test_shards_hold_every_frame_once(
    frames: int, keys: set[int], seconds: float, share: float, every: int
) -> None:
    video = index(frames, [0, *sorted(key for key in keys if key < frames)])
    settings = ShardSettings(seconds, share)
    shards = shards_of(TASK, video, settings, every)
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert {shard.count for shard in shards} == {len(shards)}
    assert shards[0].begin_pts is None
    assert shards[-1].end_pts is None
    for before, after in pairwise(shards):
        assert before.end_pts == after.begin_pts
    if len(shards) == 1:
        return
    counts = []
    for shard in shards:
        begin = -1 if shard.begin_pts is None else shard.begin_pts
        end = np.inf if shard.end_pts is None else shard.end_pts
        counts.append(int(((video.pts >= begin) & (video.pts < end)).sum()))
    assert counts == [shard.expected_frames for shard in shards]
    assert min(counts) > 0
    for shard in shards[1:]:
        assert shard.begin_pts is not None
        position = int(np.searchsorted(video.pts, shard.begin_pts))
        key = int(np.flatnonzero(video.is_key[: position + 1])[-1])
        assert position == shard.first_index
        assert position % every == 0
        assert position - key <= max(share * counts[shard.number - 1], every - 1)
