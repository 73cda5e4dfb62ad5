"""Several faces, each followed by a tracker of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.face_tracking import (
    FacesSettings,
    FaceTrackingModels,
    IntervalSettings,
    SeveralIntervalsTracker,
    TrackerSettings,
)
from openface_core.faces import FacesInFrame
from openface_core.landmarks import LandmarkResult
from tests.fixtures.faces.shape import synthetic_pdm

PDM = synthetic_pdm()
MEAN = PDM.mean_mm.reshape(3, -1)[:2].T
EVERY, LEAD = 20, 4
INTERVALS = IntervalSettings(EVERY, LEAD)
LOOK_EVERY = 5


def points_at(x: float, y: float = 120.0) -> np.ndarray:
    return np.ascontiguousarray(MEAN + np.array([x, y]), dtype=np.float32)


@dataclass
class Stage:
    """People at places of a scene: where each is, frame by frame; None where nobody is.

    The number of the frame is the first pixel of its picture, its scene the colour of all others.
    """

    people: Sequence[Sequence[float | None]]
    false_places: Sequence[float] = ()
    score: float = 0.95
    frame: int = 0
    detections: list[int] = field(default_factory=list)

    def picture(self, number: int, scene: int = 0) -> np.ndarray:
        image = np.full((240, 640, 3), 255 * scene, dtype=np.uint8)
        image[0, 0] = number
        return image

    def places(self, number: int) -> list[float]:
        places = [person[number] for person in self.people]
        return [place for place in places if place is not None]

    def detect(self, image: np.ndarray) -> FaceDetections:
        number = int(image[0, 0, 0])
        self.detections.append(number)
        places = [*self.places(number), *self.false_places]
        boxes = [[*points_at(x).min(axis=0), *points_at(x).max(axis=0)] for x in places]
        count = len(places)
        return FaceDetections(
            np.array(boxes, dtype=np.float32).reshape(count, 4),
            np.full(count, self.score, dtype=np.float32),
            np.zeros((count, 5, 2), dtype=np.float32),
        )

    def locate(self, image: np.ndarray, box: np.ndarray, five: np.ndarray) -> LandmarkResult:
        return self.seen(image, float(box[0] + box[2]) / 2)

    def follow(self, image: np.ndarray, landmarks: np.ndarray) -> LandmarkResult:
        return self.seen(image, float(landmarks[:, 0].min() + landmarks[:, 0].max()) / 2)

    def seen(self, image: np.ndarray, middle: float) -> LandmarkResult:
        """Return the nearest person, or what there is at the place, which is no face."""
        shift = float(MEAN[:, 0].min() + MEAN[:, 0].max()) / 2
        places = self.places(int(image[0, 0, 0]))
        near = [place for place in places if abs(place + shift - middle) < 40]
        if not near:
            return LandmarkResult(points_at(middle - shift), 0.1)
        return LandmarkResult(points_at(min(near, key=lambda x: abs(x + shift - middle))), 0.9)

    def tracker(
        self,
        most: int = 16,
        min_px: float = 0.0,
        look_every: int = LOOK_EVERY,
        intervals: IntervalSettings = INTERVALS,
    ) -> SeveralIntervalsTracker:
        models: Any = FaceTrackingModels(self, self, PDM, None, None)  # type: ignore[arg-type]
        return SeveralIntervalsTracker(
            models,
            intervals,
            FacesSettings(max=most, min_px=min_px, every_frames=look_every),
            TrackerSettings(0.5, 1),
        )

    def run(
        self,
        first: int,
        last: int,
        *,
        scenes: Sequence[int] = (),
        most: int = 16,
        look_every: int = LOOK_EVERY,
        intervals: IntervalSettings = INTERVALS,
    ) -> list[FacesInFrame]:
        tracker = self.tracker(most, look_every=look_every, intervals=intervals)
        frames = []
        for number in range(first, last):
            scene = scenes[number] if scenes else 0
            frames.append(tracker.observe(self.picture(number, scene), number))
        return frames


def trusted(frame: FacesInFrame) -> dict[int, float]:
    """Return where the faces are, by number."""
    return {
        number: round(float(face.landmarks.mean(axis=0)[0]))
        for number, face in frame.faces.items()
        if face.is_found and face.landmarks is not None
    }


def two_people(frames: int = 50) -> Stage:
    return Stage([[100.0 + t for t in range(frames)], [500.0 - t for t in range(frames)]])


def test_every_face_is_followed_under_its_number() -> None:
    stage = two_people()
    frames = stage.run(0, EVERY)
    for number, frame in enumerate(frames):
        places = sorted(trusted(frame).items())
        assert [number for number, _ in places] == [0, 1]
        centre = MEAN[:, 0].mean()
        expected = [100 + number + centre, 500 - number + centre]
        np.testing.assert_allclose([place for _, place in places], expected, atol=1.0)
    assert set(stage.detections) == {0, 5, 10, 15, 16}, "the grid, and where the next begins"


def test_a_newcomer_is_seen_on_the_grid_and_one_who_leaves_is_given_up() -> None:
    away: list[float | None] = [None] * 50
    here = [300.0] * 50
    newcomer: list[float | None] = [None] * 7 + [100.0] * 43
    leaver: list[float | None] = [500.0] * 12 + [None] * 38
    frames = Stage([here, newcomer, leaver, away]).run(0, EVERY)
    assert [len(trusted(frame)) for frame in frames] == [2] * 10 + [3] * 2 + [2] * 8
    numbers = [sorted(trusted(frame)) for frame in frames]
    assert numbers[9] == [0, 1]
    assert numbers[10] == [0, 1, 2]
    assert numbers[12] == [0, 2]


@pytest.mark.parametrize("cut", [20, 40])
def test_a_part_with_its_lead_is_as_in_the_whole(cut: int) -> None:
    stage = two_people()
    whole = stage.run(0, 50)
    before, after = stage.run(0, cut), stage.run(cut - LEAD, 50)[LEAD:]
    for one, other in zip([*before, *after], whole, strict=True):
        assert one.interval == other.interval
        assert one.next_numbers == other.next_numbers
        assert list(one.faces) == list(other.faces)
        for number, face in one.faces.items():
            np.testing.assert_array_equal(face.landmarks, other.faces[number].landmarks)


def test_intervals_are_linked() -> None:
    frames = two_people().run(0, 50)
    links = {n: dict(frame.next_numbers) for n, frame in enumerate(frames) if frame.next_numbers}
    assert set(links) == {19, 39}
    for border, pairs in links.items():
        before, after = trusted(frames[border]), trusted(frames[border + 1])
        assert len(pairs) == 2
        for number, other in pairs.items():
            assert abs(before[number] - after[other]) < 5


def test_a_cut_ends_all_faces() -> None:
    frames = Stage([[100.0] * 50]).run(0, 20, scenes=[0] * 8 + [1] * 42)
    assert [frame.is_cut for frame in frames].index(True) == 8
    assert [list(trusted(frame)) for frame in frames] == [[0]] * 8 + [[1]] * 12


@pytest.mark.parametrize(("every", "lead"), [(20, 4), (20, 1), (20, 0), (2, 1), (1, 0)])
@pytest.mark.parametrize("cut", [19, 20, 21])
def test_a_cut_near_a_border_is_seen_in_the_whole_and_in_parts(
    every: int, lead: int, cut: int
) -> None:
    stage, intervals = Stage([[100.0] * 40]), IntervalSettings(every, lead)
    scenes = [0] * cut + [1] * (40 - cut)
    whole = stage.run(0, 40, scenes=scenes, intervals=intervals)
    assert [number for number, frame in enumerate(whole) if frame.is_cut] == [cut]
    ahead = max(1, lead)
    part = stage.run(20 - ahead, 40, scenes=scenes, intervals=intervals)[ahead:]
    assert [frame.is_cut for frame in part] == [frame.is_cut for frame in whole[20:]]
    assert [list(frame.faces) for frame in part] == [list(frame.faces) for frame in whole[20:]]


def test_what_is_no_face_does_not_stay() -> None:
    stage = Stage([[100.0] * 50], false_places=[400.0])
    frames = stage.run(0, EVERY - LEAD, look_every=100)
    assert all(list(trusted(frame)) == [0] for frame in frames)
    tried = [number for number, frame in enumerate(frames) if len(frame.faces) == 2]
    assert tried == [0, 3, 8], "after ever longer waits, each for a frame more"


def test_who_is_not_trusted_at_once_beside_others_is_looked_for_again_soon() -> None:
    late: list[float | None] = [None] * 6 + [400.0] * 44
    frames = Stage([[100.0] * 50, late], false_places=[400.0]).run(0, 16, look_every=100)
    assert [len(trusted(frame)) for frame in frames] == [1] * 8 + [2] * 8


def test_not_more_than_so_many_faces_are_followed() -> None:
    stage = Stage([[100.0] * 50, [300.0] * 50, [500.0] * 50])
    assert [len(frame.faces) for frame in stage.run(0, 10, most=2)] == [2] * 10


def test_who_is_no_face_holds_no_place() -> None:
    stage = Stage([[400.0] * 50], false_places=[100.0])
    assert [len(trusted(frame)) for frame in stage.run(0, 10, most=1)] == [1] * 10


def test_who_turns_out_to_be_a_face_too_many_is_not_followed() -> None:
    late: list[float | None] = [None] + [100.0] * 49
    frames = Stage([[400.0] * 50, late], false_places=[100.0]).run(0, 10, most=1)
    assert [len(trusted(frame)) for frame in frames] == [1] * 10


def test_unsure_detections_beside_sure_ones_are_left_out() -> None:
    stage = two_people()
    usual = stage.detect

    def unsure(image: np.ndarray) -> FaceDetections:
        faces = usual(image)
        faces.scores[1] = 0.6
        return faces

    models: Any = FaceTrackingModels(
        SimpleNamespace(detect=unsure),
        stage,  # type: ignore[arg-type]
        PDM,
        None,
        None,
    )
    tracker = SeveralIntervalsTracker(
        models, IntervalSettings(EVERY, LEAD), FacesSettings(min_px=0.0), TrackerSettings(0.5, 1)
    )
    assert list(tracker.observe(stage.picture(0), 0).faces) == [0]


def test_a_part_begins_where_an_interval_or_its_lead_does() -> None:
    stage = two_people()
    with pytest.raises(ValueError, match="frame 13 begins neither"):
        stage.tracker().observe(stage.picture(13), 13)
