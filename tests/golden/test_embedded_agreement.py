"""The embedded models on whole videos, beside OpenFace's own with refinement."""

from pathlib import Path

import pytest

from benchmarks.embedded_agreement import Analyser, compare
from models.locate import EMBEDDED_FOLDER

LEAST_MEAN_R = {"expressive": 0.75, "glasses": 0.5, "subj01": 0.5}
ROTATION_MAD_RADIANS = 0.05
"""Of each of the three angles."""

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(
        not (EMBEDDED_FOLDER / "AU_video.txt").is_file(), reason="models/embedded is not complete"
    ),
]


@pytest.fixture(scope="module")
def embedded() -> Analyser:
    return Analyser.load("embedded", str(EMBEDDED_FOLDER))


@pytest.fixture(scope="module")
def openface(reference: Path) -> Analyser:
    return Analyser.load("openface22", str(reference))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["subj01", "glasses", "expressive"])
def test_action_units_and_head_pose(
    embedded: Analyser, openface: Analyser, reference: Path, name: str
) -> None:
    video = str(reference / "videos" / f"{name}.mp4")
    found = compare(embedded.table(video), openface.table(video), embedded.engine)
    assert found.found_by_both == found.found
    assert found.intensities.mean_r >= LEAST_MEAN_R[name]
    assert found.rotations_mad_radians.max() <= ROTATION_MAD_RADIANS
