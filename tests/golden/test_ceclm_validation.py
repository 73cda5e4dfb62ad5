"""The command ``validate`` on the track of the C++ program with CE-CLM."""

import pytest

from pipelines.validate import ValidateArguments, validate


@pytest.mark.parametrize("name", ["glasses", "expressive"])
def test_the_bounds_of_refinement_hold(reference, ceclm_root, name):
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
