"""Which models see a frame, and which of their answers count."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.face_tracking import FaceTracker, TrackerSettings, eyelids
from openface_core.face_tracking import located as located_module
from openface_core.face_tracking import tracker as tracker_module
from openface_core.face_tracking.strong_expressions import (
    NetworkPair,
    PairAnswer,
    StrongExpressionSettings,
)
from openface_core.faces import FaceStatus
from openface_core.landmarks import LandmarkResult
from openface_core.shape import ShapeFit, calc_params, project_shape
from openface_core.watch import Step
from tests.unit.face_tracking.script import IMAGE, PDM, SCORE, THRESHOLD, Script, face_at


def test_a_face_is_detected_once_and_then_followed() -> None:
    script = Script(confidences=[0.9] * 3)
    tracker = script.tracker()
    first = tracker.observe(IMAGE, 0)
    assert script.taken() == ["detect", "locate"]
    assert first.status is FaceStatus.FOUND
    assert first.confidence == 0.9
    assert first.landmarks is not None
    np.testing.assert_allclose(first.landmarks, face_at(150), atol=0.05)
    second = tracker.observe(IMAGE, 1)
    assert script.taken() == ["follow"]
    assert second.landmarks is not None
    np.testing.assert_allclose(second.landmarks, first.landmarks + 1, atol=0.05)


def test_landmarks_are_points_of_the_shape_model() -> None:
    face = Script(confidences=[0.9]).tracker().observe(IMAGE, 0)
    assert face.fit is not None
    np.testing.assert_array_equal(face.landmarks, project_shape(PDM, face.fit))


def test_the_points_of_the_network_itself_come_with_the_face() -> None:
    tracker = Script(confidences=[0.9, 0.9]).tracker()
    first = tracker.observe(IMAGE, 0)
    np.testing.assert_array_equal(first.unfitted, face_at(150))
    second = tracker.observe(IMAGE, 1)
    assert first.landmarks is not None
    np.testing.assert_array_equal(second.unfitted, first.landmarks + 1)


def test_a_distrusted_face_is_detected_anew_in_the_same_frame() -> None:
    script = Script(confidences=[0.9, 0.3, 0.8])
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    script.taken()
    face = tracker.observe(IMAGE, 1)
    assert script.taken() == ["follow", "detect", "locate"]
    assert face.confidence == 0.8
    assert face.landmarks is not None


def test_a_detection_that_is_not_trusted_either_leaves_what_was_followed() -> None:
    script = Script(confidences=[0.9, 0.3, 0.5, 0.9])
    tracker = script.tracker()
    first = tracker.observe(IMAGE, 0)
    failed = tracker.observe(IMAGE, 1)
    assert not failed.is_found
    assert failed.status is FaceStatus.NOT_TRUSTED
    assert failed.confidence == 0.3
    later = tracker.observe(IMAGE, 2)
    assert later.landmarks is not None
    assert first.landmarks is not None
    np.testing.assert_allclose(later.landmarks, first.landmarks + 2, atol=0.1)


def test_a_face_that_left_fails_in_that_very_frame() -> None:
    script = Script(confidences=[0.9, 0.1])
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    script.faces_found = False
    gone = tracker.observe(IMAGE, 1)
    assert gone.status is FaceStatus.NOT_TRUSTED


def test_a_face_that_the_detector_does_not_see_either_is_given_up() -> None:
    script = Script(confidences=[0.9, 0.1, 0.8])
    tracker = script.tracker(refines=True)
    tracker.observe(IMAGE, 0)
    script.faces_found = False
    tracker.observe(IMAGE, 1)
    script.taken()
    assert tracker.observe(IMAGE, 2).status is FaceStatus.NOT_DETECTED
    assert script.taken() == ["detect"]
    script.faces_found = True
    assert tracker.observe(IMAGE, 3).status is FaceStatus.FOUND
    assert script.taken() == ["detect", "locate", "refine first"]


def test_a_trusted_face_is_followed_whether_or_not_the_detector_would_see_it() -> None:
    script = Script(confidences=[0.9, 0.8])
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    script.faces_found = False
    assert tracker.observe(IMAGE, 1).status is FaceStatus.FOUND


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (Script(faces_found=False), FaceStatus.NOT_DETECTED),
        (Script(landmarks_found=False), FaceStatus.NO_LANDMARKS),
    ],
)
def test_no_face_at_all(script: Script, failure: FaceStatus) -> None:
    face = script.tracker().observe(IMAGE, 0)
    assert face.status is failure
    assert face.landmarks is None
    assert face.confidence is None


def test_a_network_that_loses_the_face_leads_to_a_detection() -> None:
    script = Script(confidences=[0.9, 0.9], follows=False)
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    script.taken()
    assert tracker.observe(IMAGE, 1).status is FaceStatus.FOUND
    assert script.taken() == ["follow", "detect", "locate"]


def test_without_a_validator_the_score_of_the_last_detection_counts() -> None:
    tracker = Script().tracker(validates=False)
    for number in range(3):
        assert tracker.observe(IMAGE, number).confidence == pytest.approx(SCORE)


def test_without_a_validator_the_network_judges_its_own_points() -> None:
    script = Script(presences=[0.95, 0.8, 0.6, 0.75])
    tracker = script.tracker(validates=False)
    assert tracker.observe(IMAGE, 0).confidence == 0.95
    assert tracker.observe(IMAGE, 1).confidence == 0.8
    script.taken()
    assert tracker.observe(IMAGE, 2).confidence == 0.75
    assert script.taken() == ["follow", "detect", "locate"]


def test_refined_points_are_not_those_that_the_network_judged() -> None:
    script = Script(presences=[0.8])
    tracker = script.tracker(validates=False, refines=True)
    for number in range(2):
        assert tracker.observe(IMAGE, number).confidence == pytest.approx(SCORE)


def test_a_validator_has_the_last_word() -> None:
    script = Script(presences=[0.8], confidences=[0.9])
    assert script.tracker().observe(IMAGE, 0).confidence == 0.9


def test_refinement_starts_from_the_network_and_then_from_the_frame_before() -> None:
    script = Script(confidences=[0.9] * 3)
    tracker = script.tracker(refines=True)
    first = tracker.observe(IMAGE, 0)
    assert script.taken() == ["detect", "locate", "refine first"]
    expected = calc_params(PDM, face_at(150))
    assert first.landmarks is not None
    np.testing.assert_allclose(first.landmarks, project_shape(PDM, expected) + 1)
    tracker.observe(IMAGE, 1)
    assert script.taken() == ["refine following"]


@pytest.mark.parametrize(("refines", "fits"), [(True, True), (True, False), (False, True)])
def test_a_face_says_whether_experts_made_its_fit(refines: bool, fits: bool) -> None:
    face = Script(confidences=[0.9], fits=fits).tracker(refines=refines).observe(IMAGE, 0)
    assert face.is_refined is (refines and fits)


def test_a_contradiction_that_the_experts_find_likelier_is_followed() -> None:
    script = Script(confidences=[0.9] * 4, likelihoods=[0.5, 0.2, 0.3])
    tracker = script.tracker(refines=True)
    tracker.observe(IMAGE, 0)
    script.taken()
    script.contradiction = face_at(160)
    face = tracker.observe(IMAGE, 1)
    assert script.taken() == ["refine following", "ask", "refine anew"]
    assert face.landmarks is not None
    assert face.fit is not None
    np.testing.assert_allclose(face.landmarks, face_at(160) + 0.5, atol=0.1)
    np.testing.assert_array_equal(face.landmarks, project_shape(PDM, face.fit))


def test_a_less_likely_contradiction_is_followed_if_it_alone_is_trusted() -> None:
    for confidences, expected in (([0.9, 0.2, 0.8], 0.8), ([0.9, 0.8, 0.95], 0.8)):
        script = Script(confidences=confidences, likelihoods=[0.2, 0.3, 0.1])
        tracker = script.tracker(refines=True)
        tracker.observe(IMAGE, 0)
        script.contradiction = face_at(160)
        assert tracker.observe(IMAGE, 1).confidence == expected


def test_a_contradiction_that_is_less_likely_is_not() -> None:
    script = Script(confidences=[0.9] * 4, likelihoods=[0.5, 0.2, 0.2])
    tracker = script.tracker(refines=True)
    first = tracker.observe(IMAGE, 0)
    script.contradiction = face_at(160)
    face = tracker.observe(IMAGE, 1)
    assert first.landmarks is not None
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, first.landmarks, atol=0.1)


def test_what_was_detected_may_be_contradicted_too() -> None:
    script = Script(confidences=[0.9] * 2, likelihoods=[0.2, 0.3], contradiction=face_at(160))
    face = script.tracker(refines=True).observe(IMAGE, 0)
    assert script.taken() == ["detect", "locate", "refine first", "ask", "refine anew"]
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, face_at(160) + 0.5, atol=0.1)


def test_eyes_that_the_network_sees_closed_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tracker_module, eyelids):
        monkeypatch.setattr(module, "NARROW", 1.0)  # the synthetic shape has no narrow eyes
    shut = face_at(150)
    shut[[40, 41, 46, 47]] = shut[[38, 37, 44, 43]]
    script = Script(confidences=[0.9] * 2, contradiction=face_at(150))
    with monkeypatch.context() as patch:
        patch.setattr(script, "follow", lambda _image, _landmarks: LandmarkResult(shut, None))
        face = script.tracker(refines=True).observe(IMAGE, 0)
    assert face.landmarks is not None
    assert eyelids.openings(face.landmarks).max() < eyelids.openings(face_at(150)).min()


def test_eyes_that_were_seen_open_are_looked_at_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (tracker_module, eyelids):
        monkeypatch.setattr(module, "NARROW", 1.0)
    script = Script(confidences=[0.9] * 5)
    tracker = script.tracker(refines=True)
    asked = []
    for number in range(5):
        tracker.observe(IMAGE, number)
        asked.append("follow" in script.taken())
    assert asked == [True, False, True, False, True]


def test_eyes_that_were_closed_are_looked_at_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (tracker_module, eyelids):
        monkeypatch.setattr(module, "NARROW", 1.0)
    shut = face_at(150)
    shut[[40, 41, 46, 47]] = shut[[38, 37, 44, 43]]
    looks: list[int] = []

    def follow(_image: np.ndarray, _landmarks: np.ndarray) -> LandmarkResult:
        looks.append(1)
        return LandmarkResult(shut, None)

    script = Script(confidences=[0.9] * 3)
    monkeypatch.setattr(script, "follow", follow)
    tracker = script.tracker(refines=True)
    for number in range(3):
        tracker.observe(IMAGE, number)
    assert len(looks) == 3


def test_another_face_is_looked_at_whatever_was_seen_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (tracker_module, eyelids):
        monkeypatch.setattr(module, "NARROW", 1.0)
    script = Script(confidences=[0.9, 0.1, 0.9])
    tracker = script.tracker(refines=True)
    tracker.observe(IMAGE, 0)
    script.taken()
    assert tracker.observe(IMAGE, 1).is_found, "detected anew"
    assert script.taken().count("follow") == 1


def test_nobody_is_asked_about_the_points_of_a_network() -> None:
    script = Script(confidences=[0.9] * 2, contradiction=face_at(160))
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    tracker.observe(IMAGE, 1)
    assert script.taken() == ["detect", "locate", "follow"]


def test_after_a_distrusted_frame_the_search_is_wide() -> None:
    script = Script(confidences=[0.9, 0.1, 0.1, 0.9])
    tracker = script.tracker(refines=True)
    tracker.observe(IMAGE, 0)
    tracker.observe(IMAGE, 1)
    script.taken()
    tracker.observe(IMAGE, 2)
    assert script.taken() == ["refine first"]


def test_a_face_too_small_for_the_experts_keeps_the_points_of_the_network() -> None:
    script = Script(confidences=[0.9], fits=False)
    face = script.tracker(refines=True).observe(IMAGE, 0)
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, face_at(150), atol=0.05)


def test_the_watch_is_told_every_step() -> None:
    class Steps(list[Step]):
        def time(self, step: Step) -> AbstractContextManager[None]:
            self.append(step)
            return nullcontext()

        def count_frame(self, status: StrEnum) -> None:
            raise AssertionError(status)

    script = Script(confidences=[0.9])
    models = script.models(refines=True)
    steps = Steps()
    FaceTracker(models, TrackerSettings(THRESHOLD), steps).observe(IMAGE, 0)
    expected = {Step.DETECTION, Step.LANDMARKS, Step.REFINEMENT, Step.CONFIDENCE}
    assert set(steps) == expected


def test_the_network_sees_every_frame_where_experts_only_refine_its_points() -> None:
    script = Script(presences=[0.95, 0.85])
    tracker = script.tracker(validates=False, refines=True, network_share=0.0)
    first = tracker.observe(IMAGE, 0)
    assert script.taken() == ["detect", "locate", "refine first"]
    second = tracker.observe(IMAGE, 1)
    assert script.taken() == ["follow", "refine following"]
    assert (first.confidence, second.confidence) == (0.95, 0.85)
    assert first.detector_score == pytest.approx(SCORE)
    assert first.landmarks is not None
    assert second.landmarks is not None
    np.testing.assert_allclose(first.landmarks, face_at(150) + 1, atol=0.05)
    np.testing.assert_allclose(second.landmarks, first.landmarks + 2, atol=0.1)


def test_a_face_that_the_network_does_not_see_is_not_trusted_whatever_experts_find() -> None:
    script = Script(presences=[0.95, 0.1, 0.2])
    tracker = script.tracker(validates=False, refines=True, network_share=0.5)
    assert tracker.observe(IMAGE, 0).is_found
    lost = tracker.observe(IMAGE, 1)
    assert lost.status is FaceStatus.NOT_TRUSTED
    assert lost.confidence == 0.1


def test_a_share_of_the_networks_points_is_taken() -> None:
    script = Script(presences=[0.95])
    face = script.tracker(validates=False, refines=True, network_share=0.4).observe(IMAGE, 0)
    assert face.fit is not None
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, face_at(150) + 0.6, atol=0.05)
    np.testing.assert_array_equal(face.landmarks, project_shape(PDM, face.fit))
    assert not face.is_refined, "the fit is that of the mixed points"
    assert face.unfitted is None, "the experts were not asked for their peaks"


def test_the_networks_points_are_taken_where_a_face_is_too_small_for_the_experts() -> None:
    script = Script(presences=[0.95], fits=False)
    face = script.tracker(validates=False, refines=True, network_share=0.4).observe(IMAGE, 0)
    assert face.confidence == 0.95
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, face_at(150), atol=0.05)


BOXES = np.array([[5, 5, 40, 40], [100, 90, 100, 80]], dtype=np.float32)


@pytest.mark.parametrize("fits", [True, False])
def test_hypotheses_are_tried_in_the_box_that_the_detector_says(*, fits: bool) -> None:
    script = Script(confidences=[0.9], landmark_boxes=BOXES, fits=fits)
    models = script.models(refines=True)
    assert models.refinement is not None
    refinement = replace(models.refinement, hypotheses=script.hypotheses())
    tracker = FaceTracker(replace(models, refinement=refinement), TrackerSettings(THRESHOLD, 1))
    face = tracker.observe(IMAGE, 0)
    assert script.taken() == ["detect", "in box [100.0, 90.0, 100.0, 80.0]", "try hypotheses"]
    assert face.status is (FaceStatus.FOUND if fits else FaceStatus.NO_LANDMARKS)
    if fits:
        assert face.detector_score == pytest.approx(SCORE)
        assert face.landmarks is not None
        np.testing.assert_allclose(face.landmarks, face_at(151) + np.array([0, 1]), atol=0.05)


@pytest.mark.parametrize("has_boxes", [True, False])
def test_the_network_is_asked_without_such_a_box_and_without_hypotheses(*, has_boxes: bool) -> None:
    script = Script(confidences=[0.9], landmark_boxes=BOXES if has_boxes else None)
    models = script.models(refines=True)
    if not has_boxes:
        assert models.refinement is not None
        refinement = replace(models.refinement, hypotheses=script.hypotheses())
        models = replace(models, refinement=refinement)
    FaceTracker(models, TrackerSettings(THRESHOLD, 1)).observe(IMAGE, 0)
    assert script.taken()[:2] == ["detect", "locate"]


def settling_tracker(script: Script) -> FaceTracker:
    """A tracker whose networks, that of the landmarks and the witness's, settle first."""
    models = script.models(refines=True)
    assert models.refinement is not None
    refinement = replace(models.refinement, is_place_independent=True)
    witness = SimpleNamespace(**{**vars(models.witness), "network": "witness"})
    settling = replace(models, refinement=refinement, witness=witness)  # type: ignore[arg-type]
    return FaceTracker(settling, TrackerSettings(THRESHOLD))


@pytest.mark.parametrize(
    ("confidences", "blind", "asked", "x"),
    [
        ([0.9], (), ["witness"], 161.0),
        ([0.1, 0.9], (), ["witness", "own"], 170.0),
        ([0.1, 0.2], (), ["witness", "own"], 161.0),
        ([0.9], ("witness",), ["witness", "own"], 170.0),
        ([0.9], ("witness", "own"), ["witness", "own"], 150.0),
    ],
    ids=["the witness's", "its own", "neither is trusted", "blind witness", "both are blind"],
)
def test_landmarks_of_a_detected_face_are_looked_for_in_settled_crops(
    monkeypatch: pytest.MonkeyPatch,
    confidences: list[float],
    blind: tuple[str, ...],
    asked: list[str],
    x: float,
) -> None:
    script, names = Script(confidences=confidences), []

    def settled(network: object, image: np.ndarray, landmarks: np.ndarray) -> LandmarkResult | None:
        name = "witness" if network == "witness" else "own"
        names.append(name)
        np.testing.assert_array_equal(landmarks, face_at(150))
        place = face_at(160 if name == "witness" else 170)
        return None if name in blind else LandmarkResult(place, None)

    monkeypatch.setattr(located_module, "settled", settled)
    face = settling_tracker(script).observe(IMAGE, 0)
    assert names == asked
    assert face.fit is not None
    # The landmark network itself sees the face one pixel beside where it is asked to look.
    assert face.fit.translation_px[0] == pytest.approx(x, abs=0.1)


@pytest.mark.parametrize(
    ("near", "calls"),
    [(1, 1), (0, 2)],
    ids=["it is seen near where it was", "in the whole frame"],
)
def test_a_face_that_is_not_trusted_is_looked_for_where_it_was(
    monkeypatch: pytest.MonkeyPatch, near: int, calls: int
) -> None:
    script, asked = Script(confidences=[0.9, 0.1, 0.9]), []

    def detect_near(detector: Script, image: np.ndarray, landmarks: np.ndarray) -> FaceDetections:
        asked.append(landmarks)
        seen = detector.detect(image)
        own = slice(1, 1 + near)
        return FaceDetections(seen.boxes[own], seen.scores[own], seen.five_points[own])

    monkeypatch.setattr(tracker_module, "detect_near", detect_near)
    settled = LandmarkResult(face_at(165), None)
    monkeypatch.setattr(located_module, "settled", lambda *_: settled)
    tracker = settling_tracker(script)
    followed = tracker.observe(IMAGE, 0)
    assert not asked  # nothing was followed before
    script.calls.clear()
    face = tracker.observe(IMAGE, 1)
    assert face.is_found
    assert script.calls.count("detect") == calls
    (landmarks,) = asked
    assert followed.landmarks is not None
    np.testing.assert_allclose(landmarks, followed.landmarks, atol=2.0)


def pair_that_sees(points: np.ndarray | None, shares: list[float], agreement: float = 1.0) -> Any:
    """Two networks that always see the same points, with a share for each frame."""

    def answer(_image: Any, number: int, landmarks: np.ndarray, _last: Any) -> PairAnswer:
        if points is None:
            return PairAnswer(number, np.zeros((68, 2)), 0.0)
        return PairAnswer(number, points.astype(np.float64) - landmarks, agreement)

    return SimpleNamespace(share=lambda _parameters, _frames: shares.pop(0), answer=answer)


def tracker_with_pair(script: Script, pair: Any, *, refines: bool = True) -> FaceTracker:
    models = replace(script.models(refines=refines), network_pair=pair)
    return FaceTracker(models, TrackerSettings(THRESHOLD))


def test_networks_take_part_in_what_is_given_and_not_in_what_is_followed() -> None:
    alone, script = Script(confidences=[0.9] * 3), Script(confidences=[0.9] * 3)
    pair = pair_that_sees(face_at(170), [0.0, 0.5, 0.0])
    tracker, other = tracker_with_pair(script, pair), alone.tracker(refines=True)
    seen = [tracker.observe(IMAGE, number) for number in range(3)]
    followed = [other.observe(IMAGE, number) for number in range(3)]
    for frame in (0, 2):
        np.testing.assert_array_equal(seen[frame].landmarks, followed[frame].landmarks)
    assert followed[1].landmarks is not None
    half = (followed[1].landmarks + face_at(170)) / 2
    assert seen[1].landmarks is not None
    np.testing.assert_allclose(seen[1].landmarks, half, atol=0.05)
    assert seen[1].unfitted is not None
    assert seen[1].fit is not None
    np.testing.assert_allclose(project_shape(PDM, seen[1].fit), seen[1].landmarks, atol=0.01)
    np.testing.assert_allclose(seen[1].unfitted, half, atol=0.05)
    assert seen[1].confidence == followed[1].confidence


@pytest.mark.parametrize(
    ("pair", "refines", "confidence"),
    [
        (pair_that_sees(None, [1.0]), True, 0.9),
        (pair_that_sees(face_at(170), [1.0], 0.0), True, 0.9),
        (pair_that_sees(np.full((68, 2), np.nan, dtype=np.float32), [1.0]), True, 0.9),
        (pair_that_sees(face_at(170), []), False, 0.9),
        (pair_that_sees(face_at(170), []), True, 0.1),
    ],
    ids=["blind", "at odds", "no numbers", "no patch experts", "not trusted"],
)
def test_where_networks_take_no_part(pair: Any, *, refines: bool, confidence: float) -> None:
    script, alone = (Script(confidences=[confidence]) for _ in range(2))
    seen = tracker_with_pair(script, pair, refines=refines).observe(IMAGE, 0)
    expected = alone.tracker(refines=refines).observe(IMAGE, 0)
    np.testing.assert_array_equal(seen.landmarks, expected.landmarks)


def network_pair(points: np.ndarray, asked: list[int], every_frames: int) -> NetworkPair:
    """Two networks that see the same points and take part in every frame."""

    def follow(_image: np.ndarray, _landmarks: np.ndarray) -> LandmarkResult:
        asked.append(1)
        return LandmarkResult(points, None)

    network: Any = SimpleNamespace(follow=follow)
    settings = StrongExpressionSettings(
        from_strength=0.0, full_strength=1e-6, network_share=0.5, most_disagreement=10.0,
        every_frames=every_frames, after_frames=0,
    )  # fmt: skip
    return NetworkPair(network, network, PDM.eigenvalues, settings)


def test_networks_are_asked_again_after_some_frames() -> None:
    asked: list[int] = []
    script = Script(confidences=[0.9] * 5)
    tracker = tracker_with_pair(script, network_pair(face_at(152), asked, 2))
    counts = []
    for number in range(5):
        tracker.observe(IMAGE, number)
        counts.append(len(asked))
    assert counts == [2, 2, 4, 4, 6]


def test_a_face_that_was_detected_anew_is_looked_at() -> None:
    asked: list[int] = []
    script = Script(confidences=[0.9, 0.1, 0.9])
    tracker = tracker_with_pair(script, network_pair(face_at(152), asked, 10))
    tracker.observe(IMAGE, 0)
    assert tracker.observe(IMAGE, 1).is_found
    assert len(asked) == 4


def test_after_a_frame_without_trust_they_are_asked_again() -> None:
    asked: list[int] = []
    script = Script(confidences=[0.9, 0.1, 0.1, 0.9])
    tracker = tracker_with_pair(script, network_pair(face_at(152), asked, 10))
    tracker.observe(IMAGE, 0)
    assert not tracker.observe(IMAGE, 1).is_found
    assert tracker.observe(IMAGE, 2).is_found
    assert len(asked) == 4


def test_frames_are_counted_since_the_face_was_found() -> None:
    frames: list[int] = []

    def share(_parameters: np.ndarray, followed: int) -> float:
        frames.append(followed)
        return 0.0

    script = Script(confidences=[0.9, 0.9, 0.9, 0.1, 0.9, 0.9])
    tracker = tracker_with_pair(script, SimpleNamespace(share=share))
    for number in range(5):
        tracker.observe(IMAGE, number)
    assert frames == [0, 1, 2, 0, 1]


@pytest.mark.parametrize(
    ("pitch", "yaw", "is_found"),
    [
        (0.0, 0.0, True),
        (0.7, 0.0, True),
        (-0.95, 0.0, False),
        (0.0, 1.1, True),
        (0.0, -1.35, False),
    ],
)
def test_a_face_that_is_turned_too_far_is_not_trusted(
    pitch: float, yaw: float, is_found: bool
) -> None:
    rotation = np.array([pitch, yaw, 0.2], dtype=np.float32)
    shape = np.zeros(PDM.mode_count, dtype=np.float32)
    fit = ShapeFit(1.0, rotation, np.array([150, 120], dtype=np.float32), shape, 0)
    points = project_shape(PDM, fit)
    script = Script(confidences=[0.98])
    script.found = lambda _: LandmarkResult(points, None)  # type: ignore[method-assign, assignment]
    settings = TrackerSettings(THRESHOLD, max_pitch_radians=0.8, max_yaw_radians=1.2)
    face = FaceTracker(script.models(), settings).observe(IMAGE, 0)
    assert face.is_found == is_found
    assert face.confidence == (0.98 if is_found else 0.0)
