"""Components 8 to 11 over whole videos, against their twins."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.action_units import postprocessing
from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.tracker import ActionUnitSeries, ActionUnitTracker
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians import FHOG_RANGE, GEOMETRY_RANGE
from tests.fixtures.synthetic_models.action_units import (
    synthetic_action_unit_models,
    synthetic_static_models,
)
from tests.twins import action_units as twin
from tests.twins.running_medians import DescriptorMediansTwin

SCORE_TOLERANCE = 1e-10

Frame = tuple[NDArray[np.float32], Float64Array] | None

VIDEOS = [
    "",
    "+",
    "-",
    "+-",
    "-+",
    "+++",
    "-+-+",
    "+-+++",
    "------",
    "+++++++",
    "-++-+-++",
    "--++++-+++++-++++-++",
]


def _frames(pattern: str) -> list[Frame]:
    """One descriptor pair for each plus sign, a failure for each minus sign."""
    rng = np.random.default_rng(len(pattern))
    base = rng.uniform(0.0, 0.3, FHOG_SIZE)
    frames: list[Frame] = []
    for sign in pattern:
        fhog = (base + rng.uniform(-0.05, 0.1, FHOG_SIZE)).clip(0.0).astype(np.float32)
        geometry = rng.normal(0.0, 5.0, GEOMETRY_SIZE)
        frames.append((fhog, geometry) if sign == "+" else None)
    return frames


def _track(models: ActionUnitModels, frames: list[Frame]) -> ActionUnitTracker:
    tracker = ActionUnitTracker(models)
    for frame in frames:
        if frame is None:
            tracker.add_failure()
        else:
            tracker.add(*frame)
    return tracker


def _joined(frame: Frame) -> Float64Array:
    if frame is None:
        return np.zeros(FHOG_SIZE + GEOMETRY_SIZE)
    return np.concatenate([frame[0].astype(np.float64), frame[1]])


def _twin_scores(
    models: ActionUnitModels, frames: list[Frame]
) -> tuple[Float64Array, Float64Array]:
    """Return the online scores (n, k) and the final median (4702,)."""
    medians = DescriptorMediansTwin((FHOG_SIZE, GEOMETRY_SIZE), (FHOG_RANGE, GEOMETRY_RANGE))
    online = np.zeros((len(frames), len(models.all_models)))
    for i, frame in enumerate(frames):
        descriptor = _joined(frame)
        medians.update(descriptor[:FHOG_SIZE], descriptor[FHOG_SIZE:], frame is not None)
        median = np.concatenate([medians.fhog, medians.geometry])
        for k, model in enumerate(models.all_models):
            online[i, k] = twin.score(model, descriptor, median)
    return online, np.concatenate([medians.fhog, medians.geometry])


def _assert_equal(series: ActionUnitSeries, expected: twin.TwinVideo) -> None:
    np.testing.assert_allclose(series.offsets, expected.offsets, rtol=0, atol=SCORE_TOLERANCE)
    np.testing.assert_allclose(
        series.intensities, expected.intensities, rtol=0, atol=SCORE_TOLERANCE
    )
    np.testing.assert_array_equal(series.presences, expected.presences)


@pytest.mark.parametrize("pattern", VIDEOS)
def test_video_equals_its_twin(pattern: str) -> None:
    models, frames = synthetic_action_unit_models(), _frames(pattern)
    series = _track(models, frames).finish()
    online, median = _twin_scores(models, frames)
    np.testing.assert_allclose(series.online_scores, online, rtol=0, atol=SCORE_TOLERANCE)
    descriptors = [None if frame is None else _joined(frame) for frame in frames]
    _assert_equal(series, twin.postprocess(models, descriptors, online, median))


@pytest.mark.parametrize("limit", [0, 1, 6])
def test_later_frames_keep_their_online_values(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """The limit of 3000 frames, made small."""
    monkeypatch.setattr(postprocessing, "REPREDICTED_FRAMES", limit)
    models, frames = synthetic_action_unit_models(), _frames(VIDEOS[-1])
    online, median = _twin_scores(models, frames)
    descriptors = [None if frame is None else _joined(frame) for frame in frames]
    series = _track(models, frames).finish()
    _assert_equal(series, twin.postprocess(models, descriptors, online, median, limit))


@pytest.mark.parametrize("pattern", ["+", "-+-", "+++++++++", "++-+-+++"])
def test_static_models_keep_no_medians(pattern: str) -> None:
    models, frames = synthetic_static_models(), _frames(pattern)
    tracker = _track(models, frames)
    assert tracker.medians is None
    series = tracker.finish()
    np.testing.assert_array_equal(series.online_scores, series.repredicted_scores)
    assert not series.offsets.any()
    online = np.array(
        [[twin.score(m, _joined(f), np.zeros(1)) for m in models.all_models] for f in frames]
    )
    descriptors = [None if frame is None else _joined(frame) for frame in frames]
    nothing = np.zeros(FHOG_SIZE + GEOMETRY_SIZE)
    _assert_equal(series, twin.postprocess(models, descriptors, online, nothing))


@pytest.mark.parametrize("pattern", ["", "-", "+", "+-++++++-+"])
def test_series_have_a_row_for_every_frame(pattern: str) -> None:
    models = synthetic_action_unit_models()
    tracker = _track(models, _frames(pattern))
    n = len(pattern)
    for series in (tracker.finish(), tracker.finish_single_images()):
        assert series.is_successful.tolist() == [sign == "+" for sign in pattern]
        assert series.is_successful.dtype == np.bool_
        assert series.online_scores.shape == series.repredicted_scores.shape == (n, 35)
        assert series.offsets.shape == (17,)
        assert series.intensities.shape == (n, 17)
        assert series.presences.shape == (n, 18)
        assert series.presences.dtype == np.bool_


@pytest.mark.parametrize(
    ("pattern", "count"), [("", 0), ("+", 1), ("-+", 0), ("+++++", 3), ("+-+--++", 3)]
)
def test_calibration_frames_are_the_successful_odd_ones(pattern: str, count: int) -> None:
    series = _track(synthetic_action_unit_models(), _frames(pattern)).finish()
    assert series.calibration_frames == count


def test_add_returns_the_online_scores() -> None:
    models, frames = synthetic_action_unit_models(), _frames("++-+")
    tracker = ActionUnitTracker(models)
    rows = [tracker.add(*f) if f is not None else tracker.add_failure() for f in frames]
    np.testing.assert_array_equal(np.array(rows), tracker.finish().online_scores)


def test_video_without_a_face_has_no_action_units() -> None:
    series = _track(synthetic_action_unit_models(), _frames("--------")).finish()
    assert not series.intensities.any()
    assert not series.presences.any()
    assert not series.offsets.any()
    assert series.calibration_frames == 0


def test_finishing_twice_gives_the_same_and_more_frames_may_follow() -> None:
    models, frames = synthetic_action_unit_models(), _frames("+++-+++++")
    tracker = _track(models, frames[:5])
    first, second = tracker.finish(), tracker.finish()
    np.testing.assert_array_equal(first.intensities, second.intensities)
    for frame in frames[5:]:
        if frame is not None:
            tracker.add(*frame)
    whole = _track(models, frames).finish()
    np.testing.assert_array_equal(tracker.finish().intensities, whole.intensities)


def test_single_images_know_nothing_of_each_other() -> None:
    models, frames = synthetic_static_models(), _frames("++-+++++++")
    together = _track(models, frames).finish_single_images()
    for i, frame in enumerate(frames):
        alone = _track(models, [frame]).finish_single_images()
        np.testing.assert_array_equal(together.intensities[i], alone.intensities[0])
        np.testing.assert_array_equal(together.presences[i], alone.presences[0])
        for k, model in enumerate(models.intensity):
            value = 0.0
            if frame is not None:
                value = min(max(twin.score(model, _joined(frame), np.zeros(1)), 0.0), 5.0)
            assert together.intensities[i, k] == pytest.approx(value, rel=0, abs=SCORE_TOLERANCE)
    assert not together.presences[2].any()


def test_descriptors_may_be_overwritten_by_the_caller() -> None:
    models, frames = synthetic_action_unit_models(), _frames("+++++")
    expected = _track(models, frames).finish()
    tracker = ActionUnitTracker(models)
    fhog, geometry = np.empty(FHOG_SIZE, dtype=np.float32), np.empty(GEOMETRY_SIZE)
    for frame in frames:
        assert frame is not None
        fhog[:], geometry[:] = frame
        tracker.add(fhog, geometry)
    np.testing.assert_array_equal(tracker.finish().intensities, expected.intensities)
