"""Inputs in waves: each is filled by what its inputs promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dataset.layout import bucket_of
from transforms.plan.waves import (
    WAVE_FRAMES,
    WAVE_INPUTS,
    bucket_by_bucket,
    into_waves,
    largest_first,
)
from transforms.records import VideoTask

promises = st.none() | st.sampled_from([0, 1, WAVE_FRAMES - 1, WAVE_FRAMES, 10 * WAVE_FRAMES])


def tasks(count: int) -> list[VideoTask]:
    return [VideoTask(f"v{k}", f"v{k}.mp4") for k in range(count)]


def sizes(frames: list[int | None]) -> list[int]:
    return [len(wave) for wave in into_waves(tasks(len(frames)), frames)]


def test_a_wave_ends_with_the_input_that_fills_it() -> None:
    half = WAVE_FRAMES // 2
    assert sizes([half, half, half, half, half]) == [2, 2, 1]
    assert sizes([half - 1, half, 1, 1]) == [3, 1]
    assert sizes([1, 10 * WAVE_FRAMES, 1]) == [2, 1]


def test_an_input_that_promises_nothing_counts_as_a_full_wave() -> None:
    assert sizes([None, None, 5]) == [1, 1, 1]
    assert sizes([5, None, 5]) == [2, 1]


def test_many_short_inputs_are_bounded_by_their_number() -> None:
    assert sizes([0] * (2 * WAVE_INPUTS + 1)) == [WAVE_INPUTS, WAVE_INPUTS, 1]


def test_no_input_is_no_wave() -> None:
    assert into_waves([], []) == ()


def test_every_input_has_its_promise() -> None:
    with pytest.raises(ValueError, match="shorter"):
        into_waves(tasks(2), [1])


@given(st.lists(promises, max_size=40))
def test_every_input_is_in_one_wave_in_order(frames: list[int | None]) -> None:
    given_tasks = tasks(len(frames))
    waves = into_waves(given_tasks, frames)
    assert [task for wave in waves for task in wave] == given_tasks
    assert all(waves)
    weights = [WAVE_FRAMES if count is None else count for count in frames]
    begin = 0
    for number, wave in enumerate(waves):
        inside = weights[begin : begin + len(wave)]
        assert sum(inside[:-1]) < WAVE_FRAMES
        if number < len(waves) - 1:
            assert sum(inside) >= WAVE_FRAMES
        begin += len(wave)


def test_the_longest_come_first_and_the_unknown_before_them() -> None:
    ordered, frames, _ = largest_first(tasks(5), [3, None, 70, 0, 70])
    assert [task.video_id for task in ordered] == ["v1", "v2", "v4", "v0", "v3"]
    assert frames == [None, 70, 70, 3, 0]
    assert largest_first([], []) == ([], [], [])


def test_inputs_of_a_shared_file_follow_each_other() -> None:
    given_tasks = tasks(50)
    frames: list[int | None] = list(range(50))
    keys = [task.video_id for task in given_tasks]
    assert bucket_by_bucket(given_tasks, frames, keys, 0) == (given_tasks, frames, keys)
    ordered, promised, names = bucket_by_bucket(given_tasks, frames, keys, 7)
    assert [int(task.video_id[1:]) for task in ordered] == promised
    assert [task.video_id for task in ordered] == names
    places = [
        (bucket_of(task.video_id, 7), frame) for task, frame in zip(ordered, promised, strict=True)
    ]
    assert places == sorted(places)


@given(st.lists(st.tuples(st.sampled_from("abc"), promises), max_size=20), st.sampled_from([0, 3]))
def test_a_person_is_in_one_wave(inputs: list[tuple[str, int | None]], buckets: int) -> None:
    keys = [name for name, _ in inputs]
    ordered, frames, names = bucket_by_bucket(
        *largest_first(tasks(len(inputs)), [count for _, count in inputs], keys), buckets
    )
    assert sorted(task.video_id for task in ordered) == sorted(f"v{k}" for k in range(len(inputs)))
    key_of = dict(zip((f"v{k}" for k in range(len(inputs))), keys, strict=True))
    assert names == [key_of[task.video_id] for task in ordered]
    waves = into_waves(ordered, frames, names)
    assert [task for wave in waves for task in wave] == ordered
    for key in set(keys):
        assert sum(any(key_of[task.video_id] == key for task in wave) for wave in waves) == 1
