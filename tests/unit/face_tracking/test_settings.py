"""Settings of following a face: what is accepted, and what they stand for."""

from typing import Any

import pytest

from openface_core.errors import ConfigError
from openface_core.face_tracking import ConfidenceSettings, FaceRefinementSettings


def test_both_searches_differ_in_their_windows_only() -> None:
    settings = FaceRefinementSettings(
        windows_px=(0, 5),
        first_windows_px=(9, 5),
        iterations=3,
        sigma_px=1.25,
        regularisation=7.0,
        weight_factor=2.0,
    )
    assert settings.following.windows_px == (0, 5)
    assert settings.first.windows_px == (9, 5)
    for one in (settings.following, settings.first):
        found = (one.iterations, one.sigma_px, one.regularisation, one.weight_factor)
        assert found == (3, 1.25, 7.0, 2.0)
        assert one.adapt_to_scale


def test_last_digits_are_openfaces_where_they_are_to_count() -> None:
    as_openface = FaceRefinementSettings(rounded_as_openface=True)
    assert as_openface.first.rounded_as_openface
    assert as_openface.following.rounded_as_openface
    assert not FaceRefinementSettings().following.rounded_as_openface


@pytest.mark.parametrize("section", ["windows_px", "first_windows_px"])
@pytest.mark.parametrize(
    "windows", [(), (0, 0), (8,), (1,), (-3,), (27,)], ids=lambda windows: str(windows)
)
def test_windows_that_cannot_be(section: str, windows: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        FaceRefinementSettings(**{section: windows})  # type: ignore[arg-type]
    assert caught.value.subject == f"refinement.{section}"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "value",
    [
        {"iterations": 0},
        {"iterations": 101},
        {"sigma_px": 0.0},
        {"sigma_px": float("nan")},
        {"regularisation": -1.0},
        {"regularisation": float("inf")},
        {"weight_factor": -0.5},
        {"network_share": -0.1},
        {"network_share": 1.1},
    ],
    ids=str,
)
def test_numbers_out_of_range_are_named(value: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(value))):
        FaceRefinementSettings(**value)


@pytest.mark.parametrize("threshold", [0.0, 0.725, 0.999])
def test_thresholds(threshold: float) -> None:
    assert ConfidenceSettings(threshold).threshold == threshold


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 2.0, float("nan")])
def test_thresholds_that_cannot_be(threshold: float) -> None:
    with pytest.raises(ConfigError) as caught:
        ConfidenceSettings(threshold)
    assert caught.value.subject == "confidence.threshold"


@pytest.mark.parametrize("name", ["max_pitch_degrees", "max_yaw_degrees"])
@pytest.mark.parametrize("degrees", [0.0, -1.0, 181.0, float("nan")])
def test_turns_that_cannot_be(name: str, degrees: float) -> None:
    with pytest.raises(ConfigError) as caught:
        ConfidenceSettings(**{name: degrees})
    assert caught.value.subject == f"confidence.{name}"
