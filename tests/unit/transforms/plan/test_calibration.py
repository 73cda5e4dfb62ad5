"""Which inputs are calibrated together, and what they are told of each other."""

from dataclasses import replace

import pytest

from openface_core.analysis.settings import CalibrationSettings
from transforms.dataset.provenance import group_digest
from transforms.plan.calibration import calibration_groups
from transforms.records import InputContent, VideoTask

TASKS = tuple(
    VideoTask(name, f"{name}.mp4", person, row=row)
    for row, (name, person) in enumerate([("a", "P"), ("b", "Q"), ("c", "P")], start=1)
)
GONE = (
    VideoTask("y", "y.mp4", "P", row=5),
    VideoTask("x", "x.mp4", "P", row=4),
    VideoTask("z", "z.mp4", "R", row=6),
)


@pytest.mark.parametrize("mode", ["person", "rest"])
def test_files_of_a_person_are_told_which_are_not_there(mode: str) -> None:
    groups = calibration_groups(TASKS, CalibrationSettings(mode), GONE)
    told = [[(task.video_id, task.missing) for task in group] for group in groups]
    assert told == [[("a", ("x", "y")), ("c", ("x", "y"))], [("b", ())]]


@pytest.mark.parametrize("mode", ["video", "none"])
def test_files_alone_are_told_nothing(mode: str) -> None:
    groups = calibration_groups(TASKS, CalibrationSettings(mode), GONE)
    assert [task.missing for group in groups for task in group] == [()] * 3


def test_what_is_not_there_is_part_of_what_a_table_depends_on() -> None:
    content = [InputContent("sha256:00")]
    digests = [
        group_digest([replace(TASKS[0], missing=missing)], content, with_rest=False)
        for missing in ((), ("x",), ("x", "y"))
    ]
    assert digests[0] is None
    assert len(set(digests)) == 3
