"""Persons of videos whose people are known."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.identity import DropReason, IdentitySettings, Persons, Tracklet, join_tracklets
from tests.unit.identity.tracklets import box, described, embedding, tracklet, typical

RATE = 30.0
SETTINGS = IdentitySettings()
OFF = IdentitySettings(identify="off")
FLASH = 100, 101
"""Scene cuts around a frame."""


def join(
    *tracklets: Tracklet, settings: IdentitySettings = SETTINGS, cuts: Sequence[int] = ()
) -> Persons:
    return join_tracklets(tracklets, settings, RATE, cuts=cuts)


def test_without_faces_there_are_no_persons() -> None:
    assert join() == Persons((), (), 0, 0, ())


def test_who_comes_back_after_a_cut_is_known_again() -> None:
    anna = tracklet(0, 0, (0, 99), 0)
    ben = tracklet(1, 0, (150, 280), 1)
    anna_again = tracklet(3, 0, (450, 520), 0)
    persons = join(anna, ben, anna_again)
    assert persons.labels == (0, 1, 0)
    assert persons.count == 2
    assert persons.chain_count == 3


def test_person_0_is_the_one_seen_in_most_frames() -> None:
    persons = join(tracklet(0, 0, (0, 40), 0), tracklet(0, 1, (0, 90), 1, x=300.0))
    assert persons.labels == (1, 0)


def test_of_persons_seen_as_long_the_one_who_came_first_and_stands_left_is_first() -> None:
    right = tracklet(0, 0, (0, 50), 0, x=500.0)
    left = tracklet(0, 1, (0, 50), 1, x=10.0)
    later = tracklet(1, 0, (150, 200), 2)
    assert join(right, left, later).labels == (1, 0, 2)


def test_two_at_the_same_time_are_two_persons_however_alike() -> None:
    persons = join(tracklet(0, 0, (0, 99), 0), tracklet(0, 1, (99, 140), 0, x=300.0))
    assert persons.labels == (0, 1)


def test_a_third_tracklet_does_not_join_two_that_are_seen_together() -> None:
    one = tracklet(0, 0, (0, 99), 0)
    twin = tracklet(0, 1, (0, 80), 0, x=300.0)
    later = tracklet(2, 0, (300, 400), 0)
    persons = join(one, twin, later)
    assert persons.count == 2
    assert persons.labels[0] != persons.labels[1]


def test_borders_are_crossed_where_the_tracker_says_so() -> None:
    before = replace(tracklet(0, 0, (0, 149), None), next_number=1)
    after = tracklet(1, 1, (150, 299), None, x=90.0)
    other = tracklet(1, 0, (150, 299), None)
    persons = join(before, after, other)
    assert persons.labels == (0, 0, 1)


def test_a_link_to_nowhere_is_none() -> None:
    assert join(replace(tracklet(0, 0, (0, 149), None), next_number=7)).labels == (0,)


def test_a_link_never_joins_what_is_seen_together() -> None:
    one = replace(tracklet(0, 0, (0, 149), None), next_number=0)
    two = replace(tracklet(0, 1, (0, 149), None, x=300.0), next_number=0)
    after = tracklet(1, 0, (150, 299), None)
    assert join(one, two, after).labels == (0, 1, 0)


def test_a_face_that_reappears_in_its_place_is_the_same() -> None:
    before, after = tracklet(0, 0, (0, 50), None), tracklet(0, 1, (90, 140), None, x=20.0)
    assert join(before, after).labels == (0, 0)
    assert join(before, after, settings=OFF).labels == (0, 0)


@pytest.mark.parametrize(
    "after",
    [
        tracklet(0, 1, (111, 149), None, x=20.0),  # 61 frames later
        tracklet(0, 1, (90, 140), None, x=101.0),
        replace(tracklet(0, 1, (90, 140), None), first_box=box(0.0, side=161.0)),
    ],
    ids=["too late", "elsewhere", "larger"],
)
def test_a_face_that_appears_otherwise_is_another(after: Tracklet) -> None:
    persons = join(tracklet(0, 0, (0, 50), None), after)
    assert persons.count == 2


@pytest.mark.parametrize(("cut", "count"), [(50, 1), (51, 2), (71, 2), (90, 2), (91, 1)])
def test_a_face_that_appears_after_a_cut_is_another(cut: int, count: int) -> None:
    before, after = tracklet(0, 0, (0, 50), None), tracklet(0, 1, (90, 140), None)
    assert join(before, after, cuts=[cut]).count == count


def test_of_two_that_appear_the_nearer_one_is_the_same() -> None:
    before = tracklet(0, 0, (0, 50), None)
    near, far = tracklet(0, 1, (80, 140), None, x=10.0), tracklet(0, 2, (60, 140), None, x=80.0)
    persons = join(before, near, far)
    assert persons.labels == (0, 0, 1)


def test_a_stranger_in_the_same_place_is_another_person() -> None:
    before, after = tracklet(0, 0, (0, 50), 0), tracklet(0, 1, (60, 140), 1)
    assert join(before, after).count == 2


def test_a_profile_that_reappears_in_its_place_is_the_same_person() -> None:
    before, after = tracklet(0, 0, (0, 50), 0), tracklet(0, 1, (60, 140), 0)
    turned = replace(after, embeddings=embedding(0, turn=np.arccos(0.3))[None])
    assert join(before, turned).count == 1


def test_similarity_counts_by_the_frames_seen() -> None:
    """A tracklet that is like a short one and unlike a long one of a person is somebody else."""
    long = tracklet(0, 0, (0, 149), 0)
    short = replace(tracklet(2, 0, (300, 310), 0), embeddings=embedding(0, turn=0.5)[None])
    other = replace(tracklet(4, 0, (600, 700), 0), embeddings=embedding(0, turn=1.15)[None])
    persons = join(long, short, other)
    assert persons.labels == (0, 0, 1)


def test_the_threshold_is_a_cosine() -> None:
    one = tracklet(0, 0, (0, 99), 0)
    other = replace(tracklet(2, 0, (300, 399), 0), embeddings=embedding(0, np.arccos(0.5))[None])
    assert join(one, other).count == 1
    assert join(one, other, settings=IdentitySettings(network_threshold=0.51)).count == 2


def test_how_near_two_persons_came_is_told() -> None:
    one = tracklet(0, 0, (0, 99), 0)
    other = replace(tracklet(2, 0, (300, 399), 0), embeddings=embedding(0, np.arccos(0.4))[None])
    persons = join(one, other)
    assert persons.count == 2
    assert persons.closest_margins == pytest.approx((-0.05, -0.05))


def test_how_near_each_person_came_to_another_who_is_kept() -> None:
    anna, ben = tracklet(0, 0, (0, 99), 0), tracklet(0, 1, (0, 89), 1, x=300.0)
    like_ben = embedding(1, np.arccos(0.4))[None]
    eva = replace(tracklet(2, 0, (300, 379), 1), embeddings=like_ben)
    persons = join(anna, ben, eva)
    assert persons.closest_margins == pytest.approx((-0.45, -0.05, -0.05))
    glimpse = replace(tracklet(2, 0, (300, 309), 1), embeddings=like_ben)
    persons = join(anna, ben, glimpse)
    assert persons.labels == (0, 1, -1)
    assert persons.closest_margins == (None, None), "they are seen together"


def test_off_leaves_every_face_to_itself() -> None:
    persons = join(tracklet(0, 0, (0, 99), 0), tracklet(2, 0, (300, 399), 0), settings=OFF)
    assert persons.labels == (0, 1)


def test_what_is_seen_briefly_or_not_trusted_is_dropped_and_counted() -> None:
    face = tracklet(0, 0, (0, 99), 0)
    glimpse = tracklet(0, 1, (10, 18), 0, x=300.0)
    hand = replace(tracklet(0, 2, (20, 90), 1, x=500.0), confidence=0.2)
    persons = join(face, glimpse, hand)
    assert persons.labels == (0, -1, -1)
    assert persons.dropped == (None, DropReason.SEEN_TOO_BRIEFLY, DropReason.NOT_TRUSTED)
    assert persons.count == 1


def test_the_only_face_is_never_dropped() -> None:
    assert join(replace(tracklet(0, 0, (7, 7), None), confidence=0.1)).labels == (0,)


def test_of_several_doubtful_faces_the_one_seen_longest_stays() -> None:
    doubtful = [tracklet(0, 0, (0, 20), None), tracklet(0, 1, (30, 60), None)]
    assert join(*(replace(face, confidence=0.1) for face in doubtful)).labels == (-1, 0)


def test_in_a_picture_everybody_is_seen_for_one_frame() -> None:
    assert join(tracklet(0, 0, (0, 0), 0), tracklet(0, 1, (0, 0), 1, x=300.0)).labels == (0, 1)


def test_a_second_look_at_a_face_does_not_keep_its_tracklets_apart() -> None:
    before, after = tracklet(0, 0, (0, 99), 0), tracklet(2, 0, (300, 349), 0)
    double = replace(tracklet(0, 1, (50, 51), 0, x=20.0), next_number=None)
    assert join(before, double, after).labels == (0, -1, 0)


def test_a_frame_between_two_cuts_is_given_to_whom_it_shows() -> None:
    anna = tracklet(0, 0, (0, 99), 0)
    flash = tracklet(0, 1, (100, 100), 0)
    anna_again = tracklet(0, 2, (101, 149), 0)
    persons = join(anna, flash, anna_again, cuts=FLASH)
    assert persons.labels == (0, 0, 0)
    assert persons.dropped == (None, None, None)


def test_a_frame_between_two_cuts_is_given_to_nobody_who_looks_otherwise() -> None:
    anna = tracklet(0, 0, (0, 99), 0)
    flash = tracklet(0, 1, (100, 100), 1)
    persons = join(anna, flash, tracklet(0, 2, (101, 149), 0), cuts=FLASH)
    assert persons.labels == (0, -1, 0)
    assert persons.dropped[1] == DropReason.SEEN_TOO_BRIEFLY
    assert persons.closest_margins == (None,)


def test_two_looks_at_one_face_between_two_cuts_give_it_one_number() -> None:
    anna, ben = tracklet(0, 0, (0, 99), 0), tracklet(0, 1, (0, 99), 1, x=300.0)
    looks = [tracklet(0, k, (100, 100), 0, x=20.0 * k) for k in (2, 3)]
    assert join(anna, ben, *looks, cuts=FLASH).labels == (0, 1, 0, -1)


def test_a_frame_between_two_cuts_stays_nobody_where_nobody_is_known_again() -> None:
    anna = tracklet(0, 0, (0, 99), 0)
    flash = tracklet(0, 1, (100, 100), 0)
    assert join(anna, flash, settings=OFF, cuts=FLASH).labels == (0, -1)


def test_a_piece_of_a_few_frames_beyond_a_border_is_kept_with_its_face() -> None:
    before = replace(tracklet(0, 0, (0, 149), None), next_number=0)
    assert join(before, tracklet(1, 0, (150, 151), None)).labels == (0, 0)


def test_without_a_network_who_comes_back_after_a_cut_is_known_by_looks() -> None:
    anna = described(tracklet(0, 0, (0, 149), None), 0)
    ben = described(tracklet(1, 0, (150, 299), None), 1)
    anna_again = described(tracklet(2, 0, (300, 399), None), 0)
    faces, cuts = (anna, ben, anna_again), (150, 300)
    assert join_tracklets(faces, SETTINGS, RATE, typical(), cuts).labels == (0, 1, 0)
    assert join(*faces, cuts=cuts).labels == (0, 1, 2)


def test_without_a_network_a_changed_look_in_one_scene_is_still_the_same_person() -> None:
    before = described(tracklet(0, 0, (0, 100), None), 0)
    after = described(tracklet(2, 0, (300, 400), None), 0, likeness=0.3)
    for cuts, count in (((), 1), ((101,), 2), ((200,), 2), ((300,), 2), ((301,), 1)):
        found = join_tracklets([before, after], SETTINGS, RATE, typical(), cuts)
        assert found.count == count, cuts


def test_two_tracklets_cannot_have_the_same_number() -> None:
    with pytest.raises(ValueError, match="same number"):
        join(tracklet(0, 0, (0, 99), 0), tracklet(0, 0, (0, 99), 1))


def test_the_frame_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="frame rate"):
        join_tracklets([], SETTINGS, 0.0)


@st.composite
def videos(draw: st.DrawFn) -> list[Tracklet]:
    """Tracklets anywhere, of four people and of nobody."""
    tracklets = []
    for number in range(draw(st.integers(1, 12))):
        interval = draw(st.integers(0, 3))
        first = 150 * interval + draw(st.integers(0, 120))
        last = draw(st.integers(first, 150 * interval + 149))
        person = draw(st.sampled_from([None, 0, 1, 2, 3]))
        face = tracklet(interval, number, (first, last), person, draw(st.floats(0.0, 300.0)))
        links = draw(st.sampled_from([None, *range(12)]))
        tracklets.append(replace(face, next_number=links))
    return tracklets


@given(
    videos(),
    st.randoms(use_true_random=False),
    st.sampled_from(["video", "off"]),
    st.lists(st.integers(0, 600), max_size=8),
)
def test_no_order_matters_and_nobody_is_in_two_places(
    tracklets: list[Tracklet], shuffler: random.Random, identify: str, cuts: list[int]
) -> None:
    settings = IdentitySettings(identify=identify)
    persons = join_tracklets(tracklets, settings, RATE, cuts=sorted(cuts))
    shuffled = list(range(len(tracklets)))
    shuffler.shuffle(shuffled)
    again = join_tracklets([tracklets[k] for k in shuffled], settings, RATE, cuts=cuts)
    assert [persons.labels[k] for k in shuffled] == list(again.labels)
    assert sorted(set(persons.labels) - {-1}) == list(range(persons.count))
    assert persons.count >= 1
    for i, one in enumerate(tracklets):
        assert (persons.labels[i] == -1) == (persons.dropped[i] is not None)
        for j, other in enumerate(tracklets[:i]):
            if persons.labels[i] == persons.labels[j] != -1:
                assert not one.overlaps(other)
