"""Settings are checked when they are made."""

import json
from typing import Any

import pytest

from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import (
    OutputSettings,
    RunSettings,
    ShardSettings,
    SmoothingSettings,
)
from openface_core.errors import ConfigError
from openface_core.face_tracking.settings import FaceRefinementSettings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"timestamps": "frames"}, "output.timestamps"),
        ({"row_group_rows": 0}, "output.row_group_rows"),
        ({"row_group_rows": 1_000_001}, "output.row_group_rows"),
        ({"zstd_level": 0}, "output.zstd_level"),
        ({"zstd_level": 23}, "output.zstd_level"),
        ({"buckets": -1}, "output.buckets"),
        ({"buckets": 100_001}, "output.buckets"),
    ],
)
def test_values_out_of_range(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OutputSettings(**changes)
    assert caught.value.subject == key
    assert str(next(iter(changes.values()))) in caught.value.cause


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seconds": -1.0}, "shards.seconds"),
        ({"seconds": 0.09}, "shards.seconds"),
        ({"seconds": 86_401}, "shards.seconds"),
        ({"seconds": float("nan")}, "shards.seconds"),
        ({"seconds": float("inf")}, "shards.seconds"),
        ({"max_preroll_share": -0.1}, "shards.max_preroll_share"),
        ({"max_preroll_share": 101}, "shards.max_preroll_share"),
        ({"max_preroll_share": float("nan")}, "shards.max_preroll_share"),
    ],
)
def test_shards_out_of_range(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ShardSettings(**changes)
    assert caught.value.subject == key
    assert str(next(iter(changes.values()))) in caught.value.cause
    assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize("seconds", [0, 0.1, 20.0, 86_400])
def test_shards_in_range(seconds: float) -> None:
    assert ShardSettings(seconds).seconds == seconds


def test_how_videos_are_cut_is_not_recorded() -> None:
    cut = RunSettings(shards=ShardSettings(1, 2)).as_dict()
    assert cut == RunSettings().as_dict()
    assert "shards" not in cut


def test_the_record_is_plain_values() -> None:
    record = RunSettings().as_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["models"]["landmarks"] == "ghostone98"
    assert record["output"]["timestamps"] == "container"


def test_a_specification_is_recorded_without_its_folder() -> None:
    models = ModelSelection(landmarks="/home/a/study/mine.toml", measurements=("b/c.toml", "d"))
    record = RunSettings(models=models).as_dict()["models"]
    assert record["landmarks"] == "mine.toml"
    assert record["measurements"] == ["c.toml", "d"]
    assert record["witness"] == "embedded68"


@pytest.mark.parametrize(
    "one", [ModelSelection(witness="none"), ModelSelection(second_witness="none")]
)
def test_strong_expressions_are_recorded_where_two_networks_see_them(one: ModelSelection) -> None:
    record = RunSettings().as_dict()
    assert record["strong_expressions"]["network_share"] == 0.57
    assert record["models"]["second_witness"] == "cunjian_mobilefacenet68"
    record = RunSettings(models=one).as_dict()
    assert "strong_expressions" not in record
    assert "second_witness" not in record["models"]


def test_a_record_of_openfaces_averages_is_as_before_there_was_a_choice() -> None:
    assert RunSettings().as_dict()["smoothing"] == {"missing_as_zero": False}
    as_openface = RunSettings(smoothing=SmoothingSettings(missing_as_zero=True))
    assert "smoothing" not in as_openface.as_dict()


def test_what_openface_does_without_is_recorded_where_it_is_done() -> None:
    assert RunSettings().as_dict()["refinement"]["any_roll"] is True
    openface = FaceRefinementSettings(place_independent=False, any_roll=False)
    record = RunSettings(refinement=openface).as_dict()["refinement"]
    assert not {"place_independent", "any_roll"} & set(record)
