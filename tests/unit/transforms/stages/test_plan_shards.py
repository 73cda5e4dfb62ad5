"""The stage that cuts inputs into shards."""

from pathlib import Path

import pytest

from openface_core.analysis.settings import RunSettings, ShardSettings
from openface_core.detection import DetectionSettings
from tests.fixtures.media.writing import moving_square, write_video
from tests.fixtures.stages import elements
from transforms.records import Shard, VideoTask
from transforms.stages.plan_shards import PlanShards

FPS, FRAMES = 30, 90
GOP = {"g": "10", "keyint_min": "10", "sc_threshold": "0"}


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> list[VideoTask]:
    folder = tmp_path_factory.mktemp("videos")
    for name, count in (("a", FRAMES), ("b", FRAMES // 3)):
        write_video(folder / f"{name}.mp4", moving_square(count), fps=FPS, options=GOP)
    return [VideoTask(name, str(folder / f"{name}.mp4")) for name in "ab"]


def planned(
    tasks: list[VideoTask], seconds: float, every_frames: int = 10, lead_frames: int = 16
) -> dict[str, list[Shard]]:
    detection = DetectionSettings(every_frames=every_frames, lead_frames=lead_frames)
    settings = RunSettings(detection=detection, shards=ShardSettings(seconds))
    shards = elements(tasks) | PlanShards(settings)
    return {task.video_id: [shard for shard in shards if shard.task == task] for task in tasks}


def test_each_input_is_cut_by_its_own_length(tasks: list[VideoTask]) -> None:
    found = planned(tasks, 1)
    assert [shard.number for shard in found["a"]] == [0, 1, 2]
    assert [shard.expected_frames for shard in found["a"]] == [30, 30, 30]
    assert [shard.number for shard in found["b"]] == [0]
    assert {shard.count for shard in found["a"]} == {3}


@pytest.mark.parametrize(
    ("every", "lead", "ahead"), [(10, 16, 9), (10, 4, 4), (10, 0, 1), (1, 16, 1)]
)
def test_a_shard_sees_the_lead_and_one_frame_at_least(
    every: int, lead: int, ahead: int, tasks: list[VideoTask]
) -> None:
    shards = planned(tasks, 1, every, lead)["a"]
    assert [shard.lead_frames for shard in shards] == [0, ahead, ahead]


def test_inputs_stay_whole_where_nothing_is_cut(tasks: list[VideoTask]) -> None:
    found = planned(tasks, 0)
    assert all(shard.is_whole for shards in found.values() for shard in shards)
    assert {name: len(shards) for name, shards in found.items()} == {"a": 1, "b": 1}


def test_an_input_that_is_no_video_stays_whole_until_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    (shard,) = planned([VideoTask("noise", str(tmp_path / "noise.mp4"))], 1)["noise"]
    assert shard.is_whole
