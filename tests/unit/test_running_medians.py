"""Component 10 against a twin that sums its histograms up anew each time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians import (
    FHOG_RANGE,
    GEOMETRY_RANGE,
    DescriptorMedians,
    HistogramRange,
    MedianState,
    RunningMedian,
    quantise,
)
from tests.twins.running_medians import DescriptorMediansTwin, MedianTwin

COARSE = HistogramRange(minimum=-1.0, length=4.0, bins=8)
FINE = HistogramRange(minimum=0.3, length=0.7, bins=41)

_value = st.floats(-3.0, 6.0)
_frames = st.lists(st.tuples(_value, _value, _value, st.booleans()), max_size=40)


def _descriptors(seed: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    fhog = rng.uniform(-0.02, 0.4, FHOG_SIZE).astype(np.float32)
    return fhog, rng.normal(0.0, 25.0, GEOMETRY_SIZE)


@settings(max_examples=150, deadline=None)
@given(_frames, st.sampled_from([COARSE, FINE]))
def test_equals_its_twin_bit_by_bit(
    frames: list[tuple[float, float, float, bool]], histogram: HistogramRange
) -> None:
    median, twin = RunningMedian(3, histogram), MedianTwin(3, histogram)
    for *values, is_counted in frames:
        descriptor = np.array(values) if is_counted else np.zeros(3)
        median.update(descriptor, is_counted)
        twin.update(descriptor, is_counted)
        np.testing.assert_array_equal(median.median, twin.median)


@pytest.mark.parametrize("histogram", [FHOG_RANGE, GEOMETRY_RANGE])
def test_long_sequence_equals_its_twin(histogram: HistogramRange) -> None:
    """More than 3000 frames whose values drift and jump from end to end."""
    rng = np.random.default_rng(0)
    median, twin = RunningMedian(2, histogram), MedianTwin(2, histogram)
    for i in range(3200):
        drift = histogram.minimum + histogram.length * (0.5 + 0.6 * np.sin(i / 200.0))
        descriptor = drift + rng.normal(0.0, 0.1 * histogram.length, 2)
        is_counted = bool(rng.random() > 0.1)
        median.update(descriptor, is_counted)
        twin.update(descriptor, is_counted)
        if i < 60 or i % 37 == 0:
            np.testing.assert_array_equal(median.median, twin.median)
    np.testing.assert_array_equal(median.median, twin.median)


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(12)))
def test_order_of_arrival_does_not_matter_in_the_end(order: list[int]) -> None:
    values = np.random.default_rng(1).uniform(-1.0, 3.0, (12, 4))
    straight, shuffled = RunningMedian(4, COARSE), RunningMedian(4, COARSE)
    for i in range(12):
        straight.update(values[i], True)
        shuffled.update(values[order[i]], True)
    np.testing.assert_array_equal(straight.median, shuffled.median)


@pytest.mark.parametrize(
    ("values", "expected_bin"),
    [
        ([0.1, 0.1], 2),
        ([0.1, 2.9], 2),  # of two the lower
        ([2.9, 0.1], 2),
        ([0.1, 1.2, 2.9], 4),  # of three the middle
        ([0.1, 0.6, 1.2, 2.9], 3),  # of four the second
        ([0.1, 0.1, 2.9, 2.9, 2.9], 7),
    ],
)
def test_median_is_the_centre_of_the_middle_values_bin(
    values: list[float], expected_bin: int
) -> None:
    median = RunningMedian(1, COARSE)
    for value in values:
        median.update(np.array([value]), True)
    assert median.median.tolist() == [-1.0 + 0.5 * expected_bin + 0.25]


def test_first_counted_descriptor_is_taken_as_it_is() -> None:
    median = RunningMedian(2, COARSE)
    median.update(np.array([0.123, 77.0]), True)
    assert median.median.tolist() == [0.123, 77.0]


@pytest.mark.parametrize(
    ("value", "expected"), [(-1.0, 0), (-50.0, 0), (-0.5, 1), (2.999, 7), (3.0, 7), (1e30, 7)]
)
def test_values_out_of_the_range_go_to_the_outer_bins(value: float, expected: int) -> None:
    out = np.empty(1, dtype=np.int32)
    quantise(np.array([value]), COARSE.minimum, COARSE.length, COARSE.bins, out)
    assert out[0] == expected


@settings(max_examples=100, deadline=None)
@given(st.floats(-100.0, 100.0, width=32), st.sampled_from([FHOG_RANGE, GEOMETRY_RANGE]))
def test_bins_are_truncated_positions_in_double_precision(value: float, r: HistogramRange) -> None:
    expected = int(min(max((value - r.minimum) * r.bins / r.length, 0.0), r.bins - 1.0))
    for dtype in (np.float32, np.float64):
        out = np.empty(1, dtype=np.int32)
        quantise(np.array([value], dtype=dtype), r.minimum, r.length, r.bins, out)
        assert out[0] == expected


@pytest.mark.parametrize("dtype", [np.int32, np.uint16])
def test_infinite_values_go_to_the_outer_bins_and_nan_to_the_first(dtype: type[Any]) -> None:
    """Nothing leads out of the histograms, whose counts are not checked for their bounds."""
    out: NDArray[Any] = np.empty(3, dtype=dtype)
    values = np.array([-np.inf, np.inf, np.nan])
    quantise(values, COARSE.minimum, COARSE.length, COARSE.bins, out)
    assert out.tolist() == [0, 7, 0]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2**32 - 1)), max_size=30),
    st.lists(st.integers(0, 30), max_size=5),
)
def test_counting_together_ends_where_counting_one_by_one_does(
    frames: list[tuple[bool, int]], cuts: list[int]
) -> None:
    """More elements than a tile of the kernel has."""
    size = 70
    values = [np.random.default_rng(seed).uniform(-2.0, 4.0, size) for _, seed in frames]
    bins = np.zeros((len(frames), size), dtype=np.uint16)
    for row, value in zip(bins, values, strict=True):
        quantise(value, FINE.minimum, FINE.length, FINE.bins, row)
    is_counted = np.array([counted for counted, _ in frames], dtype=np.bool_)
    together, straight = RunningMedian(size, FINE), RunningMedian(size, FINE)
    for rows in np.split(np.arange(len(frames)), sorted(min(c, len(frames)) for c in cuts)):
        if not len(rows):
            continue
        for i in rows:
            straight.update(values[i] if is_counted[i] else np.zeros(size), bool(is_counted[i]))
        latest = values[rows[-1]] if is_counted[rows[-1]] else np.zeros(size)
        together.update_binned(bins, rows[is_counted[rows]], latest)
        np.testing.assert_array_equal(together.median, straight.median)
        np.testing.assert_array_equal(together.copy_counts(), straight.copy_counts())
        assert together.total == straight.total


# --------------------------------------------------------------------------- both descriptors


@pytest.mark.parametrize(
    "successes",
    [
        [True] * 9,
        [False, False, True, False, False, True, True, True, True],
        [True, True, False, True, True, True, True],
        [False] * 5,
        [True, False, False, False, True],
    ],
)
def test_both_medians_equal_their_twins(successes: list[bool]) -> None:
    medians = DescriptorMedians()
    twin = DescriptorMediansTwin((FHOG_SIZE, GEOMETRY_SIZE), (FHOG_RANGE, GEOMETRY_RANGE))
    for i, is_successful in enumerate(successes):
        fhog, geometry = _descriptors(i)
        if not is_successful:
            fhog, geometry = np.zeros_like(fhog), np.zeros_like(geometry)
        moved = medians.update(fhog, geometry, is_successful)
        twin.update(fhog, geometry, is_successful)
        assert moved == (i % 2 == 0)
        np.testing.assert_array_equal(medians.fhog, twin.fhog)
        np.testing.assert_array_equal(medians.geometry, twin.geometry)


def test_even_frames_leave_no_trace() -> None:
    with_even, without = DescriptorMedians(), DescriptorMedians()
    for i in range(8):
        fhog, geometry = _descriptors(i)
        with_even.update(fhog, geometry, True)
        if i % 2 == 0:
            without.update(fhog, geometry, True)
        else:
            without.update(np.zeros_like(fhog), np.zeros_like(geometry), False)
        np.testing.assert_array_equal(with_even.fhog, without.fhog)
        np.testing.assert_array_equal(with_even.geometry, without.geometry)


def test_medians_of_appearance_are_never_negative() -> None:
    medians = DescriptorMedians()
    for _ in range(3):
        medians.update(np.full(FHOG_SIZE, -0.004), np.full(GEOMETRY_SIZE, -3.0), True)
        assert (medians.fhog == 0.0).all()
        assert (medians.geometry < 0.0).all()


def test_failure_before_any_success_leaves_the_lowest_bins() -> None:
    """A quirk of OpenFace: nothing was counted, and the first bin already has enough."""
    medians = DescriptorMedians()
    nothing, still = np.zeros(FHOG_SIZE), np.zeros(GEOMETRY_SIZE)
    medians.update(nothing, still, False)
    assert (medians.fhog == 0.0).all()
    np.testing.assert_allclose(medians.geometry, -59.994, rtol=0, atol=1e-9)
    fhog, geometry = _descriptors(0)
    medians.update(fhog, geometry, True)  # an even frame: nothing moves, nothing is counted
    np.testing.assert_allclose(medians.geometry, -59.994, rtol=0, atol=1e-9)
    medians.update(fhog, geometry, True)
    np.testing.assert_array_equal(medians.geometry, geometry)


def test_failure_after_one_success_overwrites_the_median_with_zeros() -> None:
    """Another quirk of OpenFace: with one frame counted, the current call's descriptor is taken."""
    medians = DescriptorMedians()
    fhog, geometry = _descriptors(0)
    medians.update(fhog, geometry, True)
    medians.update(fhog, geometry, True)
    medians.update(np.zeros(FHOG_SIZE), np.zeros(GEOMETRY_SIZE), False)
    assert not medians.fhog.any()
    assert not medians.geometry.any()


def test_failure_after_two_successes_keeps_the_median() -> None:
    medians = DescriptorMedians()
    for seed in (0, 0, 1):
        medians.update(*_descriptors(seed), True)
    before = medians.fhog.copy(), medians.geometry.copy()
    medians.update(*_descriptors(2), True)  # even
    medians.update(np.zeros(FHOG_SIZE), np.zeros(GEOMETRY_SIZE), False)
    np.testing.assert_array_equal(medians.fhog, before[0])
    np.testing.assert_array_equal(medians.geometry, before[1])


def test_medians_handed_out_earlier_do_not_change() -> None:
    medians = DescriptorMedians()
    fhog, geometry = _descriptors(0)
    medians.update(fhog, geometry, True)
    early = medians.fhog, medians.geometry
    copies = early[0].copy(), early[1].copy()
    for seed in range(1, 6):
        medians.update(*_descriptors(seed), True)
    np.testing.assert_array_equal(early[0], copies[0])
    np.testing.assert_array_equal(early[1], copies[1])


def test_caller_keeps_its_descriptor() -> None:
    fhog, geometry = _descriptors(3)
    fhog64 = fhog.astype(np.float64)
    kept = fhog64.copy(), geometry.copy()
    DescriptorMedians().update(fhog64, geometry, True)
    np.testing.assert_array_equal(fhog64, kept[0])
    np.testing.assert_array_equal(geometry, kept[1])


# --------------------------------------------------------------------------- states


@pytest.mark.parametrize("before", ["", "-", "+", "+-", "+--", "--+", "+-+", "++++", "-+-+-"])
@pytest.mark.parametrize("after", ["-", "+", "-+-", "+-+-+"])
def test_medians_go_on_from_a_state(before: str, after: str) -> None:
    medians = DescriptorMedians()
    for i, sign in enumerate(before):
        _update(medians, i, sign)
    restored = DescriptorMedians.from_state(medians.state())
    assert restored.frames == medians.frames == len(before)
    np.testing.assert_array_equal(restored.fhog, medians.fhog)
    np.testing.assert_array_equal(restored.geometry, medians.geometry)
    for i, sign in enumerate(after, start=len(before)):
        assert _update(restored, i, sign) == _update(medians, i, sign)
        np.testing.assert_array_equal(restored.fhog, medians.fhog)
        np.testing.assert_array_equal(restored.geometry, medians.geometry)


def _update(medians: DescriptorMedians, seed: int, sign: str) -> bool:
    if sign == "+":
        return medians.update(*_descriptors(seed), True)
    return medians.update(np.zeros(FHOG_SIZE), np.zeros(GEOMETRY_SIZE), False)


@pytest.mark.parametrize("before", ["+", "+++"])
def test_states_keep_to_themselves(before: str) -> None:
    """Neither the medians it was taken from nor those that go on from it change a state."""
    medians = DescriptorMedians()
    for i, sign in enumerate(before):
        _update(medians, i, sign)
    state = medians.state()
    expected = DescriptorMedians.from_state(state)
    for other in (medians, DescriptorMedians.from_state(state)):
        for i in range(4):
            _update(other, 40 + i, "+")
    again = DescriptorMedians.from_state(state)
    np.testing.assert_array_equal(again.fhog, expected.fhog)
    np.testing.assert_array_equal(again.geometry, expected.geometry)
    assert state.fhog_counts.sum() == FHOG_SIZE * len(before[::2])


def test_contradictory_states_are_refused() -> None:
    medians = DescriptorMedians()
    _update(medians, 0, "+")
    good = medians.state()
    assert good.single is not None
    fhog, geometry = good.fhog_counts, good.geometry_counts
    negative = fhog.copy()
    negative[0, :2] += np.array([5, -5], dtype=np.int32)
    for frames, total, counts, single, message in (
        (0, 1, fhog, good.single, "cannot come from"),
        (2, 2, fhog, good.single, "cannot come from"),
        (5, -1, fhog, good.single, "cannot come from"),
        (5, 2, fhog, None, "should hold 2"),
        (1, 1, negative, good.single, "should hold 1"),
        (1, 1, fhog[:5], good.single, "are expected"),
        (1, 1, fhog.astype(np.int64), good.single, "are expected"),
        (1, 1, fhog, None, "single descriptor"),
        (1, 1, fhog, good.single[::-1], "sizes are expected"),
    ):
        with pytest.raises(ValueError, match=message):
            MedianState(frames, total, counts, geometry, single)  # type: ignore[arg-type]
