"""What a repeated attempt finds."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from openface_core.media import MediaInfo
from openface_core.rest_frames import RestRanges
from openface_core.shape import Camera
from tests.fixtures.shards.work_material import media_info
from transforms.problems import Problem, Severity
from transforms.records import FeaturesPart, InputContent, Shard, ShardResult, VideoTask
from transforms.work.attempts import once
from transforms.work.folder import RunFolders, cluster_folders, local_folders


@dataclass(frozen=True)
class Result:
    parts: tuple[FeaturesPart, ...]
    info: MediaInfo
    numbers: tuple[float, ...]
    problems: tuple[Problem, ...] = ()


PROBLEM = Problem("v", "v.mp4", Severity.WARNING, "decoding", "it is dark", "Shine.")


def attempt(folders: RunFolders, result: Result, made: list[Result]) -> Result:
    def make() -> Result:
        made.append(result)
        return result

    return once(folders, f"{folders.work}/v/result", Result, make)


@pytest.mark.parametrize("scheme", ["", "memory:/"])
def test_a_result_is_made_once(scheme: str, tmp_path: Path) -> None:
    folders = cluster_folders(f"{scheme}{tmp_path}", "run")
    info = media_info()
    result = Result(
        (FeaturesPart("a", 3), FeaturesPart(None, 2)), info, (0.1, math.inf), (PROBLEM,)
    )
    made: list[Result] = []
    assert [attempt(folders, result, made) for _ in range(3)] == [result] * 3
    assert made == [result]
    other = cluster_folders(f"{scheme}{tmp_path}", "another run")
    attempt(other, result, made)
    assert len(made) == 2


def test_on_this_machine_nothing_is_kept(tmp_path: Path) -> None:
    made: list[Result] = []
    for _ in range(2):
        attempt(local_folders(str(tmp_path)), Result((), media_info(), ()), made)
    assert len(made) == 2
    assert not [*tmp_path.iterdir()]


def test_a_damaged_file_and_a_name_that_is_no_text_cost_an_attempt(tmp_path: Path) -> None:
    folders = cluster_folders(str(tmp_path), "run")
    made: list[Result] = []
    unnamed = Result((FeaturesPart("caf\udce9", 1),), media_info(), ())
    assert [attempt(folders, unnamed, made) for _ in range(2)] == [unnamed] * 2
    assert len(made) == 2
    plain = Result((), media_info(), ())
    attempt(folders, plain, made)
    (path,) = Path(folders.work, "v").iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    assert attempt(folders, plain, made) == plain
    assert len(made) == 4


def test_fractions_are_kept_as_they_are(tmp_path: Path) -> None:
    folders = cluster_folders(str(tmp_path), "run")
    wide = Result((), replace(media_info(), pixel_aspect_ratio=Fraction(16, 11)), ())
    assert [attempt(folders, wide, []) for _ in range(2)] == [wide] * 2


def test_all_that_a_shard_may_have_is_kept(tmp_path: Path) -> None:
    folders = cluster_folders(str(tmp_path), "run")
    task = VideoTask(
        "v",
        "/in/v.mp4",
        person_id="p",
        rest=RestRanges(((0.0, 1.5),), ((3, 9),)),
        content=InputContent("sha256:0", states=("1", "2"), size_bytes=7),
        camera=Camera(500.0, 501.5, 320.0, 240.0),
    )
    shard = Shard(task, 2, 5, -3, 10**12, 300, 600, 16, -20)
    parts = FeaturesPart("a", 300), FeaturesPart(None, 2)
    result = ShardResult(shard, parts, media_info(), ("odd",), "t", parts[:1])
    made = []

    def make() -> ShardResult:
        made.append(result)
        return result

    path = f"{folders.work}/result"
    found = [once(folders, path, ShardResult, make) for _ in range(2)]
    assert found == [result] * 2
    assert found[1].shard.task.content == task.content
    assert len(made) == 1
