"""Which models see a frame, and which of their answers count."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from openface_core.detection import FaceDetections
from openface_core.face_tracking import FaceTracker, TrackingFailure, TrackingStep
from openface_core.face_tracking.models import FaceRefinement, FaceTrackingModels
from openface_core.landmarks import LandmarkResult
from openface_core.shape import calc_params, project_shape
from tests.synthetic_models import synthetic_pdm

PDM = synthetic_pdm()
IMAGE = np.zeros((240, 320, 3), dtype=np.uint8)
THRESHOLD = 0.7
SCORE = 0.9


def face_at(x: float) -> np.ndarray:
    """Points of the mean face about a place."""
    return np.ascontiguousarray(
        PDM.mean_mm.reshape(3, -1)[:2].T + np.array([x, 120.0]), dtype=np.float32
    )


@dataclass
class Script:
    """What the models answer, frame by frame, and what they were asked."""

    confidences: list[float] = field(default_factory=list)
    faces_found: bool = True
    landmarks_found: bool = True
    follows: bool = True
    fits: bool = True
    presences: list[float] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def detect(self, image: np.ndarray) -> FaceDetections:
        self.calls.append("detect")
        count = 2 if self.faces_found else 0
        boxes = np.array([[0, 0, 50, 60], [100, 80, 200, 180]], dtype=np.float32)[:count]
        scores = np.array([0.99, SCORE], dtype=np.float32)[:count]
        return FaceDetections(boxes, scores, np.zeros((count, 5, 2), dtype=np.float32))

    def locate(self, image: np.ndarray, box: np.ndarray, five: np.ndarray) -> Any:
        self.calls.append("locate")
        assert box[0] == 100, "the widest face is the one to be followed"
        return self.found(face_at(150)) if self.landmarks_found else None

    def follow(self, image: np.ndarray, landmarks: np.ndarray) -> Any:
        self.calls.append("follow")
        return self.found(landmarks + 1) if self.follows else None

    def found(self, landmarks: np.ndarray) -> LandmarkResult:
        return LandmarkResult(landmarks, self.presences.pop(0) if self.presences else None)

    def confidence(self, grey: np.ndarray, landmarks: np.ndarray, angles: np.ndarray) -> float:
        return self.confidences.pop(0)

    def refiner(self, name: str) -> Any:
        def refine(grey: np.ndarray, start: Any) -> Any:
            self.calls.append(name)
            shape = SimpleNamespace(
                landmarks=project_shape(PDM, start) + 1, fit=start, is_fitted=self.fits
            )
            return SimpleNamespace(face=shape, parts={})

        return SimpleNamespace(refine=refine, parts=())

    def tracker(
        self,
        *,
        every: int = 100,
        validates: bool = True,
        refines: bool = False,
        every_failures: int = 1,
    ) -> FaceTracker:
        refinement = FaceRefinement(self.refiner("refine first"), self.refiner("refine following"))
        models: Any = FaceTrackingModels(
            detector=self,  # type: ignore[arg-type]
            network=self,  # type: ignore[arg-type]
            pdm=PDM,
            refinement=refinement if refines else None,
            validator=self if validates else None,  # type: ignore[arg-type]
        )
        return FaceTracker(models, every, THRESHOLD, every_failures=every_failures)

    def taken(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls


def test_a_face_is_detected_once_and_then_followed() -> None:
    script = Script(confidences=[0.9] * 3)
    tracker = script.tracker()
    first = tracker.observe(IMAGE, 0)
    assert script.taken() == ["detect", "locate"]
    assert first.failure is None
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


def test_frames_at_the_interval_forget_what_went_before() -> None:
    script = Script(confidences=[0.9] * 10)
    tracker = script.tracker(every=3)
    seen = []
    for number in range(6, 10):
        tracker.observe(IMAGE, number)
        seen.append(script.taken())
    assert seen == [["detect", "locate"], ["follow"], ["follow"], ["detect", "locate"]]


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
    assert failed.landmarks is failed.fit is failed.eyes is None
    assert failed.failure is TrackingFailure.NOT_TRUSTED
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
    assert gone.failure is TrackingFailure.NOT_TRUSTED
    assert gone.landmarks is None


def test_a_face_that_the_detector_does_not_see_either_is_given_up() -> None:
    script = Script(confidences=[0.9, 0.1, 0.8])
    tracker = script.tracker(refines=True)
    tracker.observe(IMAGE, 0)
    script.faces_found = False
    tracker.observe(IMAGE, 1)
    script.taken()
    assert tracker.observe(IMAGE, 2).failure is TrackingFailure.NOT_DETECTED
    assert script.taken() == ["detect"]
    script.faces_found = True
    assert tracker.observe(IMAGE, 3).failure is None
    assert script.taken() == ["detect", "locate", "refine first"]


def test_a_trusted_face_is_followed_whether_or_not_the_detector_would_see_it() -> None:
    script = Script(confidences=[0.9, 0.8])
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    script.faces_found = False
    assert tracker.observe(IMAGE, 1).failure is None


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (Script(faces_found=False), TrackingFailure.NOT_DETECTED),
        (Script(landmarks_found=False), TrackingFailure.NO_LANDMARKS),
    ],
)
def test_no_face_at_all(script: Script, failure: TrackingFailure) -> None:
    face = script.tracker().observe(IMAGE, 0)
    assert face.failure is failure
    assert face.landmarks is face.confidence is None


def test_a_network_that_loses_the_face_leads_to_a_detection() -> None:
    script = Script(confidences=[0.9, 0.9], follows=False)
    tracker = script.tracker()
    tracker.observe(IMAGE, 0)
    script.taken()
    assert tracker.observe(IMAGE, 1).failure is None
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
    np.testing.assert_allclose(first.landmarks, project_shape(PDM, expected) + 1)
    tracker.observe(IMAGE, 1)
    assert script.taken() == ["refine following"]


@pytest.mark.parametrize(("refines", "fits"), [(True, True), (True, False), (False, True)])
def test_a_face_says_whether_experts_made_its_fit(refines: bool, fits: bool) -> None:
    face = Script(confidences=[0.9], fits=fits).tracker(refines=refines).observe(IMAGE, 0)
    assert face.is_refined is (refines and fits)


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


def test_the_stopwatch_is_told_every_step() -> None:
    steps: list[TrackingStep] = []

    class Watch:
        def __init__(self, step: TrackingStep) -> None:
            steps.append(step)

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    script = Script(confidences=[0.9])
    models = script.tracker(refines=True)._models
    FaceTracker(models, 1, THRESHOLD, Watch).observe(IMAGE, 0)  # type: ignore[arg-type]
    assert set(steps) == set(TrackingStep)
