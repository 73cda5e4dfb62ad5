"""The arithmetic of the scaling model, on figures whose result is known."""

from typing import Any

import pytest

from benchmarks.scaling_model import (
    Assumptions,
    as_markdown,
    bytes_of,
    divide,
    list_schedule,
    phases_of,
)
from transforms.stages import calibrate_blocks, extract_shards

MEASURED: dict[str, Any] = {
    "machine": "a machine",
    "video": "a.mp4",
    "fps": 30,
    "frames": 600,
    "video_bytes": 6000,
    "index_seconds": 0.006,
    "start_up_cpu_seconds": 3.0,
    "planning_seconds_per_input": 0.001,
    "graph_bytes_per_input": 90.0,
    "shard_seconds": [5.0, 7.0],
    "stages": {
        "ExtractShards": {"seconds": 12.0, "seconds_of_a_video_of_one_frame": 0.01},
        "CalibrateBlocks": {"seconds": 0.61, "seconds_of_a_video_of_one_frame": 0.01},
        "FinishVideos": {"seconds": 0.62, "seconds_of_a_video_of_one_frame": 0.02},
    },
    "work_bytes": {"features": 3_600_000, "scores": 300_000},
    "work_files": {"features": 2, "scores": 1},
    "table_bytes": 1_200_000,
    "shuffled_bytes": 5000,
    "shuffled_bytes_of_a_video_of_one_frame": 4000,
}
CALM = Assumptions(
    hours=10, video_minutes=20, workers=10, slow_share=0.0, preemptions_per_hour=0.0
)  # 30 videos, 36,000 frames and 120 shards each


def test_a_task_goes_to_the_worker_that_is_free_first() -> None:
    assert list_schedule([4, 1, 1, 1, 1], [1, 1]) == 4
    assert list_schedule([1, 1, 1, 1, 4], [1, 1]) == 6
    assert list_schedule([1, 1, 1], [1, 0.5]) == 2
    assert list_schedule([], [1]) == 0


def test_a_corpus_is_divided() -> None:
    corpus = divide(CALM, 30, 10)
    assert (corpus.videos, corpus.frames_per_video, corpus.shards_per_video) == (30, 36_000, 120)
    assert corpus.frames == 30 * 36_000
    assert corpus.blocks_per_video == 18  # of seven shards, 2,100 frames, each


def test_time_grows_with_frames_and_videos() -> None:
    corpus = divide(CALM, 30, 10)
    phases = {phase.name: phase for phase in phases_of(MEASURED, corpus, CALM)}
    assert phases["ExtractShards"].cpu_seconds == pytest.approx(corpus.frames * 0.02, rel=0.02)
    finishing = phases["FinishVideos"]
    assert finishing.cpu_seconds == pytest.approx(30 * (0.02 + 36_000 * 0.001))
    assert finishing.wall_seconds == pytest.approx(3 * (0.02 + 36_000 * 0.001))


def test_bytes_grow_with_frames_and_shards() -> None:
    used = bytes_of(MEASURED, divide(CALM, 30, 10))
    assert used.tables == 30 * 36_000 * 2000
    assert used.work == 30 * 36_000 * 6500
    assert used.shuffled == 30 * 4000 + 30 * 119 * 1000


def test_slow_and_lost_workers_cost_time() -> None:
    corpus = divide(CALM, 30, 10)
    hard = Assumptions(
        hours=10, video_minutes=20, workers=10, slow_share=0.2, preemptions_per_hour=5.0
    )
    calm, rough = (
        sum(phase.wall_seconds for phase in phases_of(MEASURED, corpus, assumed))
        for assumed in (CALM, hard)
    )
    assert rough > 1.1 * calm
    assert "| all |" in as_markdown(MEASURED, hard)


def test_the_stages_have_the_names_that_are_measured() -> None:
    assert hasattr(extract_shards, "ExtractShards")
    assert hasattr(calibrate_blocks, "CalibrateBlocks")
