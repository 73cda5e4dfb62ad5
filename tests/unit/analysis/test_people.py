"""The frames of a person, put together of tracklets."""

from dataclasses import replace

import numpy as np
import pytest

from openface_core.analysis.people import (
    ABSENCE_FRAMES,
    Piece,
    find_people,
    frames_of_people,
)
from openface_core.exports.report.flags import flags_of
from openface_core.exports.report.page_data import PageData
from openface_core.face_tracking import FacesSettings
from openface_core.identity import Tracklet
from tests.fixtures.exports.tables import exported_video, frame_rows


def tracklet(first: int, last: int, x: float = 0.0) -> Tracklet:
    box = (x, 0.0, x + 10.0, 10.0)
    looks, nothing = np.empty(4464, dtype=np.float32), np.empty((0, 0), dtype=np.float32)
    seen = last - first + 1
    return Tracklet(first // 100, 0, first, last, seen, box, box, 10.0, 0.9, looks, nothing)


def test_every_frame_from_the_first_to_the_last() -> None:
    tracklets = [tracklet(10, 19), tracklet(100, 104), tracklet(20, 29)]
    (person,) = frames_of_people(tracklets, [0, 0, 0], 200)
    assert person.first_frame == 7, "as far as smoothing reaches"
    expected = [Piece(3), Piece(10, 0), Piece(10, 2), Piece(70), Piece(5, 1), Piece(3)]
    assert person.pieces == tuple(expected)
    assert person.frames == 101


def test_it_does_not_reach_over_the_ends_of_the_video() -> None:
    (person,) = frames_of_people([tracklet(1, 8)], [0], 10)
    assert (person.first_frame, person.frames) == (0, 10)
    assert person.pieces == (Piece(1), Piece(8, 0), Piece(1))


def test_people_come_in_the_order_of_their_numbers() -> None:
    tracklets = [tracklet(0, 9), tracklet(0, 9, 50.0), tracklet(0, 4, 90.0)]
    people = frames_of_people(tracklets, [1, 0, -1], 10)
    assert [(person.face_id, person.pieces) for person in people] == [
        (0, (Piece(10, 1),)),
        (1, (Piece(10, 0),)),
    ]


def test_a_long_absence_comes_in_pieces() -> None:
    (person,) = frames_of_people([tracklet(0, 9), tracklet(2510, 2519)], [0, 0], 2520)
    assert [piece.frames for piece in person.pieces] == [
        10,
        ABSENCE_FRAMES,
        ABSENCE_FRAMES,
        500,
        10,
    ]


def test_nobody_is_in_a_frame_twice() -> None:
    with pytest.raises(ValueError, match="frame 9 shows the same person twice"):
        frames_of_people([tracklet(0, 9), tracklet(9, 12)], [0, 0], 20)


def test_no_tracklets() -> None:
    assert frames_of_people([], [], 20) == ()


def looking(first: int, last: int, number: int, looks: np.ndarray) -> Tracklet:
    """A tracklet of somebody who looks so, on a place of its own."""
    return replace(tracklet(first, last, 200.0 * number), number=number, appearance=looks)


def test_people_who_are_nearly_alike_are_told_of() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4464)).astype(np.float32)
    alike = (0.53 * one + np.sqrt(1 - 0.53**2) * other).astype(np.float32)
    for looks, told in ((alike, True), (other, False)):
        found = find_people(
            [looking(0, 99, 0, one), looking(100, 199, 1, looks)],
            FacesSettings(),
            np.zeros(4464),
            200,
            None,
            [100],
        )
        assert [person.face_id for person in found.frames] == [0, 1]
        assert bool(found.notes) is told
        video = exported_video(frame_rows([[0]]), record={"face_notes": list(found.notes)})
        names = {flag.name for flag in flags_of(PageData(video), {})}
        assert ("people too alike" in names) is told
        assert found.tracklets_left_out == 0


@pytest.mark.parametrize(
    ("last", "select", "told"),
    [(199, "all", True), (199, "main", True), (110, "all", False), (110, "main", False)],
)
def test_nobody_is_told_of_who_has_no_row(last: int, select: str, told: bool) -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4464)).astype(np.float32)
    alike = (0.53 * one + np.sqrt(1 - 0.53**2) * other).astype(np.float32)
    faces = [looking(0, 99, 0, one), looking(100, last, 1, alike)]
    found = find_people(faces, FacesSettings(select), np.zeros(4464), 200, None, [100])
    assert bool(found.notes) is told


def test_people_who_are_alike_are_not_told_of_where_only_another_is_wanted() -> None:
    rng = np.random.default_rng(0)
    one, other, main = rng.normal(size=(3, 4464)).astype(np.float32)
    alike = (0.53 * one + np.sqrt(1 - 0.53**2) * other).astype(np.float32)
    faces = [looking(0, 29, 0, one), looking(30, 59, 1, alike), looking(60, 199, 2, main)]
    for select, told in (("all", True), ("main", False)):
        found = find_people(faces, FacesSettings(select), np.zeros(4464), 200, None, [30, 60])
        assert bool(found.notes) is told


def test_what_is_not_taken_for_a_face_is_counted() -> None:
    looks = np.ones(4464, dtype=np.float32)
    found = find_people(
        [looking(0, 99, 0, looks), looking(30, 34, 1, -looks)],
        FacesSettings("main"),
        np.zeros(4464),
        100,
        25.0,
        [],
    )
    assert [person.face_id for person in found.frames] == [0]
    assert found.tracklets_left_out == 1


def test_a_video_that_shows_nobody() -> None:
    assert find_people([], FacesSettings(), np.zeros(4464), 100, 25.0, []).frames == ()
