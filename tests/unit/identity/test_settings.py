"""Settings that cannot be meant are refused by name."""

from typing import Any

import pytest

from openface_core.errors import ConfigError
from openface_core.identity import IdentitySettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("identify", "everywhere"),
        ("min_seen_frames", 0),
        ("min_confidence", 1.5),
        ("max_gap_seconds", -1.0),
        ("network_threshold", float("nan")),
        ("appearance_threshold", 2.0),
        ("same_scene_threshold", -1.1),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        IdentitySettings(**{name: value})
    assert caught.value.subject == f"identity.{name}"
