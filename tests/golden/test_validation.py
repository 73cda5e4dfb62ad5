"""The validation command on real videos and the C++ program's dumps."""

from pathlib import Path

import pytest

from pipelines.comparison.arguments import ValidateArguments
from pipelines.validate import validate

LEAST_BOUNDS = 25
DETECTED_SHARE = 1.0
LANDMARK_TOLERANCE_OF_EYE_CORNERS = 0.04


@pytest.mark.parametrize("name", ["subj01", "glasses", "expressive"])
def test_every_bound_holds(reference: Path, name: str) -> None:
    genuine = name == "subj01"
    own_csv = reference / "golden" / name / "clnf_feature_extraction.csv"
    videos = reference / "videos"
    report = validate(
        ValidateArguments(
            video=str(videos / f"{name}.mp4"),
            csv=str(videos / "subj01.openface.csv" if genuine else own_csv),
            landmarks=str(videos / "subj01.landmarks3.csv") if genuine else None,
            golden=str(reference / "golden" / name),
            models=str(reference),
            networks=False,
            quiet=True,
        )
    )
    failed = [(row.part, row.compared, row.failures) for row in report.rows if row.failures]
    assert failed == []
    assert sum(row.bound is not None for row in report.rows) >= LEAST_BOUNDS


def test_end_to_end_is_reported(reference: Path) -> None:
    report = validate(
        ValidateArguments(
            video=str(reference / "videos" / "subj01.mp4"),
            csv=str(reference / "videos" / "subj01.openface.csv"),
            models=str(reference),
            quiet=True,
        )
    )
    rows = {(row.part, row.compared): row for row in report.rows}
    assert rows["1 detection", "frames with a face"].equal_share >= DETECTED_SHARE
    error = rows["2 landmarks", "point distance / outer eye corners'"].mean_difference
    assert error <= LANDMARK_TOLERANCE_OF_EYE_CORNERS
    assert {"4 pose", "end to end"} <= {row.part for row in report.rows}
    # Networks are not the C++ program's landmarks: nothing is asked of them here.
    assert all(row.bound is None for row in report.rows if row.part == "end to end")
