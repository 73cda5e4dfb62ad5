"""The simple tracker and the ground truth of the identity benchmark."""

import numpy as np

from benchmarks.face_samples import FaceSamples
from benchmarks.identity import Recording, true_persons
from benchmarks.simple_tracker import cut_frames, follow, overlap, tracklet_of

STEP = 3


def recording(faces: list[tuple[int, float, float]], cuts: tuple[int, ...] = ()) -> Recording:
    """Faces as (frame, x, score), of 100 px; two tiles of 480 px with persons 7 and 8."""
    frames = np.arange(0, 180, STEP)
    count = len(faces)
    frame, x, score = (np.array(column) for column in zip(*faces, strict=True))
    box = np.stack([x, np.zeros(count), x + 100.0, np.full(count, 100.0)], axis=1)
    samples = FaceSamples(
        looked_at=frames,
        change=np.where(np.isin(frames, cuts), 50.0, 0.0),
        frame=frame,
        box=box,
        detected=box,
        score=score,
        sharpness=np.ones(count),
        confidence=np.full(count, 0.9),
        appearance=np.ones((count, 4464), np.float32),
        embedding=np.eye(count, 8, dtype=np.float32),
        embedding_of_detector=np.eye(count, 8, dtype=np.float32),
    )
    return Recording(samples, [((7, 0.0, 480.0), (8, 480.0, 960.0))] * len(frames), STEP)


def test_overlap_is_intersection_over_union() -> None:
    one, half = np.array([0.0, 0.0, 10.0, 10.0]), np.array([5.0, 0.0, 15.0, 10.0])
    assert overlap(one, half) == 50 / 150
    assert overlap(one, one + 20.0) == 0.0


def test_two_faces_are_followed_side_by_side() -> None:
    faces = [(f, x + f, 0.9) for f in range(0, 30, STEP) for x in (0.0, 500.0)]
    tracks = follow(recording(faces).samples)
    assert [len(track.rows) for track in tracks] == [10, 10]
    assert [track.number for track in tracks] == [0, 1]


def test_a_cut_closes_tracks_and_a_border_links_them() -> None:
    faces = [(f, 0.0, 0.9) for f in range(0, 180, STEP)]
    samples = recording(faces, cuts=(60,)).samples
    tracks = follow(samples)
    tracklets = [tracklet_of(samples, track, STEP, True) for track in tracks]
    assert [(t.first_frame, t.last_frame) for t in tracklets] == [(0, 57), (60, 147), (150, 177)]
    assert cut_frames(samples) == [60]
    assert [t.next_number for t in tracklets] == [None, 0, None]
    assert len(tracklets[0].embeddings) == 5
    assert len(tracklet_of(samples, tracks[0], STEP, False).embeddings) == 0


def test_a_tile_shows_the_person_of_its_most_certain_face() -> None:
    faces = [(0, 10.0, 0.6), (0, 200.0, 0.9), (0, 600.0, 0.5)]
    assert true_persons(recording(faces)) == {1: 7, 2: 8}
