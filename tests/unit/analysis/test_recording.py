"""What is kept of faces and of scenes while frames are measured."""

from collections.abc import Sequence

import numpy as np

from openface_core.analysis.recording import OneFaceRecording, SeveralFacesRecording
from openface_core.faces import Face, FacesInFrame, FaceStatus
from openface_core.identity import Tracklet
from tests.fixtures.shards.shard_videos import (
    decoded_frame,
    extent_of_models,
    measured_face,
    models_and_pool,
)

INTERVAL = 10


def recorded(
    faces: Sequence[int | None], cuts: Sequence[int], first_index: int = 0
) -> tuple[list[Tracklet], list[int]]:
    """Return the tracklets and cuts of frames, given the number of the face in each."""
    models, pool = models_and_pool()
    tracklets: list[Tracklet] = []
    recording = SeveralFacesRecording(
        models,
        extent_of_models(),
        lambda _: None,
        lambda tracklet, _: tracklets.append(tracklet),
        first_index,
    )
    landmarks = np.random.default_rng(0).uniform(0, 100, (68, 2)).astype(np.float32)
    for place, number in enumerate(faces):
        frame = first_index + place
        face = measured_face(pool.descriptors[0], frame, landmarks=landmarks)
        seen = {} if number is None else {number: face}
        measured = FacesInFrame(seen, frame // INTERVAL, frame in cuts)
        recording.add(decoded_frame(place, frame / 25.0, (640, 480)), measured)
    assert recording.finish() == len(faces)
    return tracklets, list(recording.cuts)


def spans(tracklets: list[Tracklet]) -> list[tuple[int, int]]:
    return [(tracklet.first_frame, tracklet.last_frame) for tracklet in tracklets]


def test_a_cut_ends_tracklets_and_is_known_by_its_frame() -> None:
    tracklets, cuts = recorded([0] * 4 + [1] * 4, [4])
    assert spans(tracklets) == [(0, 3), (4, 7)]
    assert cuts == [4]


def test_a_cut_is_known_wherever_it_is_and_whoever_is_seen() -> None:
    faces = [0] * 5 + [None] * 11 + [0] * 4
    for cut in (5, 7, 9, 10, 13):  # the border of the intervals is at 10
        tracklets, cuts = recorded(faces, [cut])
        assert spans(tracklets) == [(0, 4), (16, 19)]
        assert cuts == [cut]


def test_shards_count_as_the_whole_video_does() -> None:
    faces, cuts = [0] * 10 + [None] * 4 + [0] * 6, [10, 13]
    whole = recorded(faces, cuts)
    first, second = recorded(faces[:10], cuts), recorded(faces[10:], cuts, 10)
    assert spans(first[0]) + spans(second[0]) == spans(whole[0]) == [(0, 9), (14, 19)]
    assert first[1] + second[1] == whole[1] == cuts


def test_one_face_needs_no_cuts() -> None:
    models, _ = models_and_pool()
    recording = OneFaceRecording(models, extent_of_models(), lambda _: None)
    nobody = FacesInFrame({0: Face(FaceStatus.NOT_DETECTED)}, is_cut=True)
    recording.add(decoded_frame(0, 0.0, (640, 480)), nobody)
    assert recording.finish() == 1
    assert list(recording.cuts) == []
