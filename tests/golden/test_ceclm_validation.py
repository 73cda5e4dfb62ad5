"""The command ``validate`` on the track of the C++ program with CE-CLM."""

from pathlib import Path

import pytest

from pipelines.comparison.arguments import ValidateArguments
from pipelines.validate import validate


@pytest.mark.parametrize("name", ["glasses", "expressive"])
def test_the_bounds_of_refinement_hold(reference: Path, ceclm_root: Path, name: str) -> None:
    arguments = ValidateArguments(
        video=str(reference / "videos" / f"{name}.mp4"),
        track=str(reference / "ceclm" / f"{name}_tracker60.csv"),
        models=str(ceclm_root),
        config="openface22",
        quiet=True,
    )
    report = validate(arguments)
    assert report.holds
    assert [row.compared for row in report.rows] == [
        "landmarks, px",
        "log likelihood",
        "confidence",
    ]
    assert all("CE-CLM" in row.part for row in report.rows)
