"""Settings are checked when they are made."""

import json

import pytest

from openface_core.errors import ConfigError
from transforms.settings import OutputSettings, RunSettings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"timestamps": "frames"}, "output.timestamps"),
        ({"row_group_rows": 0}, "output.row_group_rows"),
        ({"row_group_rows": 1_000_001}, "output.row_group_rows"),
        ({"zstd_level": 0}, "output.zstd_level"),
        ({"zstd_level": 23}, "output.zstd_level"),
    ],
)
def test_values_out_of_range(changes: dict, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OutputSettings(**changes)
    assert caught.value.subject == key
    assert str(next(iter(changes.values()))) in caught.value.cause


def test_the_record_is_plain_values() -> None:
    record = RunSettings().as_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["models"]["landmarks"] == "ghostone98"
    assert record["output"]["timestamps"] == "container"
