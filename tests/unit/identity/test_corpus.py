"""Persons of many videos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.identity import CorpusFace, join_corpus
from openface_core.identity.linkage import average_linkage

THRESHOLD = 0.45
DIMENSIONS = 16


def look(person: int, noise: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng((person, seed))
    vector = np.eye(DIMENSIONS)[person] + noise * rng.normal(size=DIMENSIONS)
    return np.asarray(vector / np.linalg.norm(vector))


def face(video: str, face_id: int, person: int, seen: int = 100, noise: float = 0.05) -> CorpusFace:
    seed = sum(video.encode()) + face_id
    return CorpusFace(video, face_id, seen, look(person, noise, seed))


def test_nobody() -> None:
    assert join_corpus([], THRESHOLD) == []


def test_persons_are_known_again_in_other_videos() -> None:
    faces = [
        face("a", 0, 3),
        face("b", 0, 5, seen=900),
        face("b", 1, 3),
        face("c", 0, 5),
        face("d", 0, 7),
    ]
    places = join_corpus(faces, THRESHOLD)
    assert [place.person for place in places] == [1, 0, 1, 0, 2]
    for place in places[:4]:
        assert place.similarity is not None
        assert place.similarity > 0.9
    assert places[4].similarity is None
    assert all(place.other_similarity < 0.3 for place in places if place.other_similarity)


def test_a_person_alone_has_nobody_to_be_compared_with() -> None:
    (place,) = join_corpus([face("a", 0, 1)], THRESHOLD)
    assert place == (0, None, None)


def test_two_faces_of_a_video_are_never_one_person() -> None:
    places = join_corpus([face("a", 0, 1), face("a", 1, 1), face("b", 0, 1)], THRESHOLD)
    assert places[0].person != places[1].person
    assert places[2].person in (places[0].person, places[1].person)


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.permutations(range(40)))
def test_the_order_of_the_faces_does_not_matter(seed: int, count: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    faces = [
        face(f"v{k // 2}", k % 2, int(rng.integers(6)), int(rng.integers(1, 500)), 0.25)
        for k in range(count)
    ]
    shuffled = [faces[k] for k in order if k < count]
    found = dict(zip((f[:2] for f in shuffled), join_corpus(shuffled, THRESHOLD), strict=True))
    for one, place in zip(faces, join_corpus(faces, THRESHOLD), strict=True):
        assert found[one[:2]].person == place.person
        assert found[one[:2]].similarity == pytest.approx(place.similarity)


@given(st.integers(0, 2**32 - 1))
def test_parts_that_nothing_connects_can_be_joined_apart(seed: int) -> None:
    """The same persons as if all faces were compared with all."""
    rng = np.random.default_rng(seed)
    faces = [face(f"v{k:02}", 0, int(rng.integers(8)), 100, 0.3) for k in range(30)]
    vectors = np.stack([f.embedding for f in faces])
    margins = np.round(np.round(vectors @ vectors.T, 4) - THRESHOLD, 4)
    labels = average_linkage(margins, ~np.eye(30, dtype=np.bool_), np.full(30, 100.0)).labels
    persons = [place.person for place in join_corpus(faces, THRESHOLD)]
    assert len(set(persons)) == len(set(labels))
    assert len(set(zip(persons, labels, strict=True))) == len(set(labels))
