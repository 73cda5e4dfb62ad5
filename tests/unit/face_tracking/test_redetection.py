"""While a face is followed without trust, the detector runs only every so often if that is set."""

from openface_core.face_tracking import IntervalSettings, IntervalTracker, TrackerSettings
from openface_core.face_tracking.redetection import Redetection
from tests.unit.face_tracking.script import IMAGE, THRESHOLD, Script


def due(every_failures: int, trusted: str) -> list[bool]:
    redetection = Redetection(every_failures)
    found = []
    for mark in trusted:
        found.append(redetection.is_due)
        redetection.note(is_trusted=mark == "+")
    return found


def test_the_first_failure_and_then_every_second() -> None:
    assert due(1, "+---") == [True] * 4
    assert due(2, "+----") == [True, True, False, True, False]
    assert due(2, "--+-") == [True, False, True, True]


def test_the_detector_is_not_asked_in_the_frames_between() -> None:
    script = Script(confidences=[0.9] + [0.3] * 20)
    tracker = script.tracker(every_failures=2)
    asked = []
    for number in range(6):
        tracker.observe(IMAGE, number)
        asked.append("detect" in script.taken())
    assert asked == [True, True, False, True, False, True]


def test_an_interval_begins_with_a_detection_whatever_went_before() -> None:
    script = Script(confidences=[0.9] + [0.3] * 20)
    tracker = IntervalTracker(
        script.models(), IntervalSettings(3, 0), TrackerSettings(THRESHOLD, 2)
    )
    asked = []
    for number in range(5):
        tracker.observe(IMAGE, number)
        asked.append("detect" in script.taken())
    assert asked == [True, True, False, True, False]
