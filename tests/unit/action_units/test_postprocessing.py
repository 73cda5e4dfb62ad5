"""Component 11, step by step; the whole of it is tested with the tracker."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.action_units import postprocessing
from openface_core.action_units.models import ActionUnitModels, Target
from openface_core.action_units.postprocessing import (
    final_intensities,
    final_presences,
    intensity_offsets,
    repredict,
)
from tests.fixtures.synthetic_models.action_units import (
    synthetic_action_unit_model,
    synthetic_action_unit_models,
)

SMOOTHING_TOLERANCE = 5e-15


def _series(frames: int, columns: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(-2.0, 7.0, (frames, columns))


def _successes(frames: int, seed: int = 0) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(frames) < 0.7


# --------------------------------------------------------------------------- re-prediction


def test_first_3000_successful_frames_are_predicted_again() -> None:
    models = synthetic_action_unit_models()
    k, n = len(models.all_models), 3400
    rng = np.random.default_rng(0)
    weighted, online = rng.normal(size=(2, n, k))
    median = rng.normal(size=k)
    success = rng.random(n) < 0.95
    scores = repredict(models, weighted, online, success, median)

    remaining = 3000
    for i in range(n):
        if success[i] and remaining:
            remaining -= 1
            np.testing.assert_array_equal(scores[i], weighted[i] - median + models.constants)
        else:
            np.testing.assert_array_equal(scores[i], online[i])
    assert remaining == 0


@pytest.mark.parametrize("limit", [0, 1, 2, 5])
def test_only_as_many_successful_frames_as_the_limit_says(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(postprocessing, "REPREDICTED_FRAMES", limit)
    models = synthetic_action_unit_models()
    online = np.full((5, len(models.all_models)), 42.0)
    success = np.array([True, False, True, False, True])
    scores = repredict(models, np.zeros_like(online), online, success, online[0])
    changed = (scores != 42.0).all(axis=1)
    expected = [0, 2, 4][:limit]
    assert np.flatnonzero(changed).tolist() == expected
    assert (online == 42.0).all()


# --------------------------------------------------------------------------- offsets


def _models_with_cutoff(cutoff: float | None) -> ActionUnitModels:
    model = synthetic_action_unit_model(1, Target.INTENSITY, True)
    return ActionUnitModels((dataclasses.replace(model, cutoff=cutoff),), ())


@pytest.mark.parametrize(
    ("frames", "cutoff", "index"),
    [
        (1, 0.99, 0),
        (2, 0.49, 0),
        (2, 0.5, 1),
        (10, 0.3, 3),
        (10, 0.0, 0),
        (10, 0.99, 9),
        (100, 0.29, 28),  # 100 * 0.29 is 28.999...96 in double precision
    ],
)
def test_offset_is_the_value_at_the_truncated_quantile(
    frames: int, cutoff: float, index: int
) -> None:
    values = np.random.default_rng(1).permutation(frames).astype(np.float64)[:, None]
    offsets = intensity_offsets(_models_with_cutoff(cutoff), values, np.ones(frames, dtype=bool))
    assert offsets.tolist() == [float(index)]


def test_failed_frames_have_no_part_in_the_offset() -> None:
    values = np.array([[5.0], [-9.0], [6.0], [-9.0], [7.0]])
    success = np.array([True, False, True, False, True])
    assert intensity_offsets(_models_with_cutoff(0.0), values, success).tolist() == [5.0]
    assert intensity_offsets(_models_with_cutoff(0.7), values, success).tolist() == [7.0]


def test_static_models_have_no_offset() -> None:
    values = np.array([[3.0], [4.0]])
    everyone = np.array([True, True])
    assert intensity_offsets(_models_with_cutoff(None), values, everyone).tolist() == [0.0]


@pytest.mark.parametrize("frames", [0, 4])
def test_no_successful_frame_means_no_offset(frames: int) -> None:
    models = synthetic_action_unit_models()
    values = _series(frames, len(models.intensity))
    offsets = intensity_offsets(models, values, np.zeros(frames, dtype=bool))
    assert not offsets.any()
    assert offsets.shape == (17,)


# --------------------------------------------------------------------------- intensities


@pytest.mark.parametrize("frames", [*range(9), 40])
def test_intensities_equal_the_literal_loops(frames: int) -> None:
    values, offsets = _series(frames, 3, frames), np.array([0.0, 1.5, -0.5])
    success = _successes(frames, frames)
    found = final_intensities(values, offsets, success, missing_as_zero=True)
    assert found.shape == (frames, 3)
    for k in range(3):
        clipped = [
            min(max(values[i, k] - offsets[k], 0.0), 5.0) if success[i] else 0.0
            for i in range(frames)
        ]
        for i in range(frames):
            expected = clipped[i]
            if 0 < i < frames - 1:
                expected = (clipped[i - 1] + clipped[i] + clipped[i + 1]) / 3.0
            assert found[i, k] == pytest.approx(expected, rel=0, abs=SMOOTHING_TOLERANCE)


def test_failed_frame_pulls_its_neighbours_down_and_gets_their_third() -> None:
    values = np.full((5, 1), 3.0)
    success = np.array([True, True, False, True, True])
    found = final_intensities(values, np.zeros(1), success, missing_as_zero=True)
    np.testing.assert_allclose(found[:, 0], [3.0, 2.0, 2.0, 2.0, 3.0])


@pytest.mark.parametrize("frames", [*range(9), 40])
def test_only_frames_with_a_face_are_averaged(frames: int) -> None:
    values = _series(frames, 2, frames)
    success = _successes(frames, frames)
    found = final_intensities(values, np.zeros(2), success, missing_as_zero=False)
    clipped = np.clip(values, 0.0, 5.0)
    for i in np.flatnonzero(success):
        is_inner = 0 < i < frames - 1
        near = [j for j in (i - 1, i, i + 1) if is_inner and success[j]] or [i]
        np.testing.assert_allclose(found[i], clipped[near].mean(axis=0), atol=SMOOTHING_TOLERANCE)


def test_gaps_change_nothing_where_nothing_changes() -> None:
    values, success = np.full((40, 1), 1.303), np.arange(40) % 4 > 0
    found = final_intensities(values, np.zeros(1), success, missing_as_zero=False)
    np.testing.assert_allclose(found[success], 1.303)


def test_no_gap_means_the_same_bits() -> None:
    values, everyone = _series(50, 3, 1), np.ones(50, dtype=bool)
    found, as_openface = (
        final_intensities(values, np.zeros(3), everyone, missing_as_zero=as_zero)
        for as_zero in (False, True)
    )
    np.testing.assert_array_equal(found, as_openface)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 30), st.integers(0, 1000))
def test_intensities_stay_between_0_and_5(frames: int, seed: int) -> None:
    values = 10.0 * _series(frames, 2, seed)
    kept = values.copy()
    for as_zero in (False, True):
        found = final_intensities(
            values, np.array([0.0, 30.0]), _successes(frames, seed), missing_as_zero=as_zero
        )
        assert ((found >= 0.0) & (found <= 5.0)).all()
    np.testing.assert_array_equal(values, kept)


# --------------------------------------------------------------------------- presences


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=30))
def test_presences_equal_the_literal_loops(raw: list[bool]) -> None:
    present = np.array(raw, dtype=np.bool_)[:, None]
    found = final_presences(present, ~present[:, 0], missing_as_zero=True)[:, 0]
    for i in range(len(raw)):
        expected = raw[i]
        if 3 <= i < len(raw) - 3:
            expected = sum(raw[i - 3 : i + 4]) >= 4
        assert found[i] == expected
    assert present[:, 0].tolist() == raw


@pytest.mark.parametrize("frames", range(7))
def test_fewer_than_seven_frames_are_not_smoothed(frames: int) -> None:
    present = np.random.default_rng(frames).random((frames, 4)) < 0.5
    for as_zero in (False, True):
        found = final_presences(present, np.ones(frames, dtype=bool), missing_as_zero=as_zero)
        np.testing.assert_array_equal(found, present)


@pytest.mark.parametrize(("count", "expected"), [(3, False), (4, True)])
def test_majority_of_seven_decides(count: int, expected: bool) -> None:
    present = np.zeros((7, 1), dtype=np.bool_)
    present[:count] = True
    for as_zero in (False, True):
        found = final_presences(present, np.ones(7, dtype=bool), missing_as_zero=as_zero)
        assert bool(found[3, 0]) is expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("---1---", True),
        ("-11010-", True),
        ("--01---", True),  # as many on either side: stays as it is
        ("--10---", False),
        ("01-10-1", True),
        ("1001-0-", False),
        ("0001--1", False),
    ],
)
def test_the_majority_is_of_frames_with_a_face(shown: str, expected: bool) -> None:
    success = np.array([mark != "-" for mark in shown])
    present = np.array([[mark == "1"] for mark in shown])
    found = final_presences(present, success, missing_as_zero=False)
    assert bool(found[3, 0]) is expected
