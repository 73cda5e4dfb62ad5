"""Components 8 to 11 against the C++ program, given its descriptors."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.static import presences
from openface_core.action_units.tracker import ActionUnitSeries, ActionUnitTracker
from tests.fixtures.golden_sets import GoldenSet, golden_set

MEDIAN_TOLERANCE = 1e-12
ACTION_UNIT_TOLERANCE = 1e-10
NAMES = ["subj01", "glasses", "expressive", "subj01_failures", "expressive_x8"]


Medians = dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]
Tracked = tuple[GoldenSet, dict[str, NDArray[Any]], ActionUnitSeries, Medians]


@pytest.fixture(scope="module", params=NAMES)
def tracked(request: pytest.FixtureRequest, video_models: ActionUnitModels) -> Tracked:
    """Return golden arrays, the tracker's series, and its medians after the frames of interest."""
    golden = golden_set(request.param)
    expected = golden.arrays("au_raw.npz")
    frames_of_interest = set(golden.arrays("medians.npz")["frames"].tolist())
    tracker = ActionUnitTracker(video_models)
    medians: Medians = {}
    for number, (fhog, geometry, success) in enumerate(
        zip(*golden.descriptors, expected["success"], strict=True), start=1
    ):
        if success:
            tracker.add(fhog, geometry)
        else:
            tracker.add_failure()
        if number in frames_of_interest:
            assert tracker.medians is not None
            medians[number] = (tracker.medians.fhog, tracker.medians.geometry)
    return golden, expected, tracker.finish(), medians


def test_model_order_and_cutoffs(video_models: ActionUnitModels) -> None:
    expected = golden_set("subj01").arrays("au_raw.npz")
    assert list(video_models.intensity_names) == expected["reg_names"].tolist()
    assert list(video_models.presence_names) == expected["cls_names"].tolist()
    dynamic = np.concatenate([expected["reg_dynamic"], expected["cls_dynamic"]])
    np.testing.assert_array_equal(video_models.is_dynamic, dynamic.astype(bool))
    for model, cutoff in zip(video_models.intensity, expected["reg_cutoff"], strict=True):
        assert model.cutoff == (None if cutoff == -2 else cutoff)


def test_running_medians(tracked: Tracked) -> None:
    golden, _, _, medians = tracked
    expected = golden.arrays("medians.npz")
    for k, number in enumerate(expected["frames"]):
        fhog, geometry = medians[int(number)]
        assert np.abs(fhog - expected["hog_median"][k]).max() <= MEDIAN_TOLERANCE
        assert np.abs(geometry - expected["geom_median"][k]).max() <= MEDIAN_TOLERANCE


def test_online_predictions(tracked: Tracked, video_models: ActionUnitModels) -> None:
    _, expected, series, _ = tracked
    ok = series.is_successful
    intensities, decisions = np.split(series.online_scores, [17], axis=1)
    assert np.abs(intensities[ok] - expected["reg_online"][ok]).max() <= ACTION_UNIT_TOLERANCE
    assert np.abs(decisions - expected["cls_decision_online"]).max() <= ACTION_UNIT_TOLERANCE
    present = presences(video_models, series.online_scores)
    np.testing.assert_array_equal(present[ok], expected["cls_online"][ok].astype(bool))


def test_repredictions(tracked: Tracked, video_models: ActionUnitModels) -> None:
    _, expected, series, _ = tracked
    ok = series.is_successful
    intensities = series.repredicted_scores[:, :17]
    assert np.abs(intensities[ok] - expected["reg_post"][ok]).max() <= ACTION_UNIT_TOLERANCE
    present = presences(video_models, series.repredicted_scores)
    np.testing.assert_array_equal(present[ok], expected["cls_post"][ok].astype(bool))


def test_final_values_failed_frames_included(tracked: Tracked) -> None:
    _, expected, series, _ = tracked
    assert np.abs(series.offsets - expected["reg_offset"]).max() <= ACTION_UNIT_TOLERANCE
    assert np.abs(series.intensities - expected["reg_final"]).max() <= ACTION_UNIT_TOLERANCE
    np.testing.assert_array_equal(series.presences, expected["cls_final"].astype(bool))
