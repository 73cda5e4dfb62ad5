"""Models whose answers are written down beforehand."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from openface_core.detection import FaceDetections
from openface_core.face_tracking import FaceTracker, TrackerSettings
from openface_core.face_tracking.models import FaceRefinement, FaceTrackingModels
from openface_core.landmark_confidence.piecewise_affine import AnyGrey
from openface_core.landmarks import LandmarkResult
from openface_core.shape import calc_params, project_shape
from tests.fixtures.faces.shape import synthetic_pdm

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
    landmark_boxes: np.ndarray | None = None
    follows: bool = True
    fits: bool = True
    presences: list[float] = field(default_factory=list)
    likelihoods: list[float] = field(default_factory=list)
    contradiction: np.ndarray | None = None
    calls: list[str] = field(default_factory=list)

    def detect(self, image: np.ndarray) -> FaceDetections:
        self.calls.append("detect")
        count = 2 if self.faces_found else 0
        boxes = np.array([[0, 0, 50, 60], [100, 80, 200, 180]], dtype=np.float32)[:count]
        scores = np.array([0.99, SCORE], dtype=np.float32)[:count]
        five_points = np.zeros((count, 5, 2), dtype=np.float32)
        return FaceDetections(boxes, scores, five_points, self.landmark_boxes)

    def locate(self, image: np.ndarray, box: np.ndarray, five: np.ndarray) -> Any:
        self.calls.append("locate")
        assert box[0] == 100, "the widest face is the one to be followed"
        return self.found(face_at(150)) if self.landmarks_found else None

    def follow(self, image: np.ndarray, landmarks: np.ndarray) -> Any:
        self.calls.append("follow")
        return self.found(landmarks + 1) if self.follows else None

    def found(self, landmarks: np.ndarray) -> LandmarkResult:
        return LandmarkResult(landmarks, self.presences.pop(0) if self.presences else None)

    def confidence(self, grey: AnyGrey, landmarks: np.ndarray, angles: np.ndarray) -> float:
        return self.confidences.pop(0)

    def refiner(self, name: str) -> Any:
        def refine(grey: np.ndarray, start: Any) -> Any:
            self.calls.append(name)
            shape = SimpleNamespace(
                landmarks=project_shape(PDM, start) + 1,
                fit=start,
                view=0,
                is_fitted=self.fits,
                log_likelihood=self.likelihoods.pop(0) if self.likelihoods else 0.0,
                unfitted=None,
                log_densities=None,
            )
            return SimpleNamespace(face=shape, parts={})

        return SimpleNamespace(refine=refine, parts=())

    def hypotheses(self) -> Any:
        """What fits a face in the box of its landmarks, or from the fit of the network's points."""
        refine = self.refiner("try hypotheses").refine

        def refine_in_box(grey: np.ndarray, box: np.ndarray) -> Any:
            self.calls.append(f"in box {box.tolist()}")
            return refine(grey, calc_params(PDM, face_at(box[0] + box[2] / 2)))

        return SimpleNamespace(refine=refine, refine_in_box=refine_in_box)

    def models(
        self,
        *,
        validates: bool = True,
        refines: bool = False,
        network_share: float | None = None,
    ) -> FaceTrackingModels:
        refinement = FaceRefinement(
            self.refiner("refine first"),
            self.refiner("refine following"),
            follows_network=network_share is not None,
            network_share=network_share or 0.0,
        )
        return FaceTrackingModels(
            detector=self,
            network=self,  # type: ignore[arg-type]
            pdm=PDM,
            refinement=refinement if refines else None,
            validator=self if validates else None,
            witness=self.witness(),
        )

    def witness(self) -> Any:
        """A witness that is asked in every frame, and weighs its own points by a half."""

        def contradiction(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray | None:
            self.calls.append("ask")
            return self.contradiction

        return SimpleNamespace(
            is_asked=lambda likelihood, number, last: self.contradiction is not None,
            contradiction=contradiction,
            is_better=lambda restarted, followed: restarted > followed,
            refiner=self.refiner("refine anew"),
            agreed=lambda refined, points: (refined + points) / np.float32(2),
        )

    def tracker(
        self,
        *,
        validates: bool = True,
        refines: bool = False,
        network_share: float | None = None,
        **settings: Any,
    ) -> FaceTracker:
        models = self.models(validates=validates, refines=refines, network_share=network_share)
        return FaceTracker(models, TrackerSettings(THRESHOLD, **settings))

    def taken(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls
