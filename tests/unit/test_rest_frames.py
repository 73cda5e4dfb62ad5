"""Ranges of rest, as text and over frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.rest_frames import MAX_RANGES, RestRanges


def test_both_kinds_and_any_spaces() -> None:
    found = RestRanges.parse(" 0-10.5 ;60 - 65;", "1-150; 300")
    assert found == RestRanges(((0.0, 10.5), (60.0, 65.0)), ((1, 150), (300, 300)))
    assert str(found) == "0-10.5 s; 60-65 s; frames 1-150; frames 300-300"


@pytest.mark.parametrize("text", [None, "", " ", ";", " ; ; "])
def test_nothing_named(text: str | None) -> None:
    assert RestRanges.parse(text, text) is None


@pytest.mark.parametrize("text", ["5", "a-b", "-1-2", "1--2", "1-2-3", "1,5-2", "nan-1", "1-1e9"])
def test_not_a_range_of_seconds(text: str) -> None:
    with pytest.raises(ValueError, match="not a range of seconds"):
        RestRanges.parse(text, None)


@pytest.mark.parametrize("text", ["a", "1.5-2", "-3", "1-", "1-2-3", "9" * 30])
def test_not_a_range_of_frames(text: str) -> None:
    with pytest.raises(ValueError, match="not a range of frames"):
        RestRanges.parse(None, text)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("7-3", "ends before it begins"),
        ("0-3", "counted from 1"),
        (";".join(["1"] * (MAX_RANGES + 1)), "more than"),
    ],
)
def test_impossible_ranges(text: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        RestRanges.parse(None, text)


def test_both_ends_belong_to_a_range_and_unknown_times_to_none() -> None:
    ranges = RestRanges(seconds=((0.1, 0.3),))
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.4, np.nan])
    assert ranges.contain(times, 1).tolist() == [False, True, True, True, False, False]


def test_time_stamps_of_a_table_are_ends_of_a_range_whole_or_rounded() -> None:
    times = np.arange(60) * 1001 / 30000
    for text in (f"{float(times[10])!r}-{float(times[40])!r}", f"{times[10]:.6f}-{times[40]:.9f}"):
        ranges = RestRanges.parse(text, None)
        assert ranges is not None
        assert np.flatnonzero(ranges.contain(times, 1)).tolist() == list(range(10, 41))


def test_ranges_that_differ_are_written_differently() -> None:
    texts = ("1000.033366-1001", "1000.0333667-1001", "1000.0333666667-1001")
    assert len({str(RestRanges.parse(text, None)) for text in texts}) == 3
    assert str(RestRanges.parse("0.1-10", None)) == "0.1-10 s"


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), max_size=4),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_frame_numbers_however_frames_are_cut(
    ranges: list[tuple[int, int]], count: int, cut: int
) -> None:
    rest = RestRanges(frames=tuple((first, first + more) for first, more in ranges))
    expected = [any(a <= i <= b for a, b in rest.frames) for i in range(1, count + 1)]
    times = np.full(count, np.nan)
    found = [*rest.contain(times[:cut], 1), *rest.contain(times[cut:], 1 + len(times[:cut]))]
    assert found == expected
