"""While a face is followed without trust, the detector runs only every so often if that is set."""

from openface_core.face_tracking import IntervalSettings, IntervalTracker, TrackerSettings
from openface_core.face_tracking.redetection import Redetection
from tests.unit.face_tracking.script import IMAGE, THRESHOLD, Script


def due(redetection: Redetection, trusted: str) -> list[bool]:
    """Return in which frames faces are looked for; * marks those in which one is detected."""
    found = []
    for mark in trusted:
        redetection.note_followed(is_trusted=mark == "+")
        if mark == "*":
            redetection.note_begun()
        found.append(mark == "-" and redetection.is_due)
    return found


def test_the_first_failure_and_then_every_second() -> None:
    assert due(Redetection(1), "*---") == [False, True, True, True]
    assert due(Redetection(2), "*+----") == [False, False, True, False, True, False]
    assert due(Redetection(2), "*--+-") == [False, True, False, False, True]
    assert due(Redetection(2, 12), "*-")[1]


def test_newcomers_are_looked_for_more_seldom() -> None:
    found = due(Redetection(2, 12), "-" * 30)
    assert [k for k, is_due in enumerate(found) if is_due] == [0, 12, 24]
    lost = due(Redetection(2, 12), "*" + "-" * 130)
    assert [k for k, is_due in enumerate(lost) if is_due] == [*range(1, 102, 2), 109, 121]
    assert all(due(Redetection(1), "-" * 5))


def test_a_face_that_is_not_seen_is_given_up_at_once_or_after_a_hundred_frames() -> None:
    for searches_on in (False, True):
        redetection = Redetection(2, searches_on=searches_on)
        redetection.note_begun()
        for number in range(105):
            redetection.note_followed(is_trusted=False)
            assert redetection.gives_up(is_seen=True) == (searches_on and number > 100)
            assert redetection.gives_up(is_seen=False) == (not searches_on or number > 100)


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
    # What begins without trust is looked for again in the next frame, as by OpenFace.
    assert asked == [True, True, False, True, True]


def test_a_face_that_the_detector_does_not_see_is_searched_on_for_if_that_is_asked_for() -> None:
    for searches_on in (False, True):
        script = Script(confidences=[0.9] + [0.3] * 20 + [0.9])
        tracker = script.tracker(every_failures=2, searches_on=searches_on)
        tracker.observe(IMAGE, 0)
        script.faces_found = False
        for number in range(1, 6):
            tracker.observe(IMAGE, number)
        assert tracker.is_following == searches_on


def test_where_there_was_no_face_yet_newcomers_are_looked_for_more_seldom() -> None:
    script = Script(confidences=[0.9])
    script.faces_found = False
    tracker = script.tracker(every_failures=2, every_absences=12)
    asked = []
    for number in range(14):
        tracker.observe(IMAGE, number)
        asked.append("detect" in script.taken())
    assert [number for number, is_asked in enumerate(asked) if is_asked] == [0, 12]
