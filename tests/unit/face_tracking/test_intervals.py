"""A video's frames do not depend on where it is cut, and each has one face."""

from typing import Any

import numpy as np
import pytest

from openface_core.face_tracking import (
    FaceTrackingModels,
    IntervalSettings,
    IntervalTracker,
    TrackerSettings,
)
from openface_core.face_tracking import intervals as module
from openface_core.face_tracking.frame_in_view import FrameInView
from openface_core.face_tracking.overlap import select_widest
from openface_core.face_tracking.widest import WidestFace
from openface_core.faces import Face, FaceStatus
from openface_core.shape import ShapeFit, project_shape
from tests.fixtures.faces.shape import synthetic_pdm

PDM = synthetic_pdm()
EVERY, LEAD = 10, 4
FRAMES = 35
SETTLING_PX = 8.0


class SettlingTracker:
    """Finds a face beside its place, and comes nearer to it from frame to frame."""

    def __init__(self, _models: object, _settings: object, _watch: object) -> None:
        self.seen: list[int] = []

    def observe_in(self, frame: FrameInView, _choose: object) -> Face:
        number = frame.number
        assert not self.seen or number == self.seen[-1] + 1
        self.seen.append(number)
        offset = SETTLING_PX * 0.5 ** len(self.seen)
        centre = np.array([100.0 + number + offset, 90.0], dtype=np.float32)
        shape = np.zeros(PDM.mode_count, dtype=np.float32)
        fit = ShapeFit(1.0, np.zeros(3, dtype=np.float32), centre, shape, 0)
        return Face(FaceStatus.FOUND, project_shape(PDM, fit), 0.9, fit, is_refined=True)


@pytest.fixture(autouse=True)
def _settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FaceTracker", SettlingTracker)


def interval_tracker(every: int = EVERY, lead: int = LEAD) -> IntervalTracker:
    models: Any = FaceTrackingModels(None, None, PDM, None, None)  # type: ignore[arg-type]
    return IntervalTracker(models, IntervalSettings(every, lead), TrackerSettings(0.5))


def places(first: int, last: int, lead: int = LEAD, larger_from: int = FRAMES) -> np.ndarray:
    """Return where the face is seen from a frame to before another."""
    tracker = interval_tracker(lead=lead)
    sides = [4 if number < larger_from else 8 for number in range(first, last)]
    images = [np.zeros((side, side, 3), dtype=np.uint8) for side in sides]
    found = [tracker.observe(*seen) for seen in zip(images, range(first, last), strict=True)]
    return np.array([face.fit.translation_px[0] for face in found if face.fit is not None])


@pytest.mark.parametrize("border", [10, 20, 30])
@pytest.mark.parametrize("lead", [0, 1, 4, 9])
def test_a_part_with_its_lead_is_as_in_the_whole(border: int, lead: int) -> None:
    whole = places(0, FRAMES, lead)
    np.testing.assert_array_equal(places(border - lead, FRAMES, lead)[lead:], whole[border:])
    np.testing.assert_array_equal(places(0, border, lead), whole[:border])


@pytest.mark.parametrize("change", [13, 17, 20])
def test_in_frames_of_another_size_the_face_is_looked_for_anew(change: int) -> None:
    found = places(0, FRAMES, larger_from=change)
    assert found[change] - change == pytest.approx(100.0 + SETTLING_PX / 2)
    np.testing.assert_array_equal(found[:change], places(0, change))
    part = places(20 - LEAD, FRAMES, larger_from=change)
    np.testing.assert_array_equal(part[LEAD:], found[20:])


def test_the_frame_before_an_interval_may_be_given_without_a_lead() -> None:
    whole = places(0, FRAMES, lead=0)
    np.testing.assert_array_equal(places(9, FRAMES, lead=0), whole[10:])


def test_the_fit_has_settled_where_an_interval_begins() -> None:
    steps = np.abs(np.diff(places(0, FRAMES)))
    borders = [EVERY - 1, 2 * EVERY - 1, 3 * EVERY - 1]
    assert steps[borders].max() < 1.5
    without = np.abs(np.diff(places(0, FRAMES, lead=0)))
    assert without[borders].min() > 4.0


def test_a_video_may_be_one_interval() -> None:
    tracker = interval_tracker(every=0, lead=0)
    image = np.zeros((4, 4, 3), dtype=np.uint8)
    found = [tracker.observe(image, number) for number in range(FRAMES)]
    offsets = [face.fit.translation_px[0] - 100 - k for k, face in enumerate(found) if face.fit]
    expected = [SETTLING_PX * 0.5 ** (k + 1) for k in range(FRAMES)]
    np.testing.assert_allclose(offsets, expected, atol=1e-4)
    with pytest.raises(ValueError, match="frame 10 begins neither"):
        interval_tracker(every=0, lead=0).observe(image, 10)


def test_a_part_begins_where_an_interval_or_its_lead_does() -> None:
    with pytest.raises(ValueError, match="frame 13 begins neither"):
        interval_tracker().observe(np.zeros((4, 4, 3), dtype=np.uint8), 13)


@pytest.mark.parametrize(("every", "lead"), [(10, 10), (10, -1), (1, 1), (0, 1)])
def test_leads_that_cannot_be(every: int, lead: int) -> None:
    with pytest.raises(ValueError, match="a lead of 0 to"):
        interval_tracker(every, lead)


@pytest.mark.parametrize("searches_on", [False, True])
def test_which_face_is_gone_on_with(monkeypatch: pytest.MonkeyPatch, *, searches_on: bool) -> None:
    choices: list[object] = []

    class Tracker(SettlingTracker):
        def observe_in(self, frame: FrameInView, choose: object) -> Face:
            choices.append(choose)
            return super().observe_in(frame, choose)

    monkeypatch.setattr(module, "FaceTracker", Tracker)
    models: Any = FaceTrackingModels(None, None, PDM, None, None)  # type: ignore[arg-type]
    each = TrackerSettings(0.5, searches_on=searches_on)
    tracker = IntervalTracker(models, IntervalSettings(EVERY, LEAD), each)
    tracker.observe(np.zeros((4, 4, 3), dtype=np.uint8), 0)
    (choice,) = choices
    assert choice is select_widest if searches_on else isinstance(choice, WidestFace)
