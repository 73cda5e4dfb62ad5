"""One face followed through consecutive frames, as OpenFace does for videos.

Between detections a frame depends on the one before. Every so many frames, by their number in the
video, all that went before is forgotten: a video can be cut there without any effect on results.

References
----------
``DetectLandmarksInVideo`` of OpenFace 2.2, whose order of steps this is: follow the face; where the
validator does not trust the result, detect anew in the same frame, and keep what was followed if
that is not trusted either. One step is not OpenFace's: where the detector sees no face at all, what
was followed is given up. Searching on for it, OpenFace may come to trust what is no face.
"""

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import select_face
from openface_core.eyes import FittedEyes
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.redetection import Redetection
from openface_core.face_tracking.stopwatch import Stopwatch, TrackingStep, no_stopwatch
from openface_core.landmarks import LandmarkResult
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.initial_fit import Refiner
from openface_core.shape import ShapeFit, calc_params, project_shape

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]


class TrackingFailure(Enum):
    """Why a frame has no face."""

    NOT_DETECTED = auto()
    NO_LANDMARKS = auto()
    NOT_TRUSTED = auto()


@dataclass(frozen=True, eq=False)
class TrackedFace:
    """The face of one frame.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32 or None
        Its landmarks, pixels: points of the shape model. None without a trusted face.
    fit : ShapeFit or None
        Pose and shape that they are points of.
    eyes : FittedEyes or None
        Its eyes, where eye models take part.
    confidence : float or None
        Confidence in the landmarks, 0 to 1; None where there was nothing to judge.
    failure : TrackingFailure or None
        Why there is no face.
    is_refined : bool
        Whether patch experts made the fit, and not :func:`~openface_core.shape.calc_params`.
    """

    landmarks: Float32Array | None
    fit: ShapeFit | None
    eyes: FittedEyes | None
    confidence: float | None
    failure: TrackingFailure | None = None
    is_refined: bool = False


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Landmarks that may be those of a face."""

    landmarks: Float32Array
    fit: ShapeFit
    eyes: FittedEyes | None
    confidence: float
    is_trusted: bool
    score: float
    """The detector's, from the last detection."""
    is_refined: bool


class FaceTracker:
    """Follows the face of one video; has a state, so each video, or part of one, needs its own.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    every_frames : int
        Frames whose number is a multiple of this are seen without regard to those before.
    threshold : float
        Landmarks of a confidence of at most this are not trusted.
    stopwatch : Stopwatch
        Is told the steps.
    every_failures : int
        While a face is not trusted, the detector runs in the first frame and then in every so many.
    """

    def __init__(
        self,
        models: FaceTrackingModels,
        every_frames: int,
        threshold: float,
        stopwatch: Stopwatch = no_stopwatch,
        every_failures: int = 1,
    ) -> None:
        self._models = models
        self._every_frames = every_frames
        self._threshold = threshold
        self._stopwatch = stopwatch
        self._redetection = Redetection(every_failures)
        self._last: _Candidate | None = None

    def observe(self, image_bgr: UInt8Array, number: int) -> TrackedFace:
        """Find the face of the next frame.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8
            The upright frame.
        number : int
            Its number in the video, from 0. The first frame given must be one at which faces are
            looked for anew.

        Returns
        -------
        TrackedFace
            The face that was followed, or the widest one where faces were looked for.
        """
        if number % self._every_frames == 0:
            self._last = None
            self._redetection.note(is_trusted=True)
        grey = self._grey(image_bgr)
        candidate = None if self._last is None else self._follow(image_bgr, grey, self._last)
        failure = TrackingFailure.NOT_TRUSTED
        is_lost = False
        if candidate is None or (not candidate.is_trusted and self._redetection.is_due):
            detected = self._detect(image_bgr, grey)
            if isinstance(detected, TrackingFailure):
                failure = failure if candidate is not None else detected
                is_lost = detected is TrackingFailure.NOT_DETECTED
            elif candidate is None or detected.is_trusted:
                candidate = detected
        self._last = None if is_lost else candidate
        self._redetection.note(is_trusted=candidate is not None and candidate.is_trusted)
        if candidate is None:
            return TrackedFace(None, None, None, None, failure)
        if not candidate.is_trusted:
            return TrackedFace(None, None, None, candidate.confidence, failure)
        return TrackedFace(
            candidate.landmarks,
            candidate.fit,
            candidate.eyes,
            candidate.confidence,
            is_refined=candidate.is_refined,
        )

    def _grey(self, image_bgr: UInt8Array) -> UInt8Array | None:
        if self._models.refinement is None and self._models.validator is None:
            return None
        with self._stopwatch(TrackingStep.REFINEMENT):
            return grey_from_bgr(image_bgr)

    def _follow(
        self, image_bgr: UInt8Array, grey: UInt8Array | None, last: _Candidate
    ) -> _Candidate | None:
        refinement = self._models.refinement
        if refinement is None or grey is None:
            with self._stopwatch(TrackingStep.LANDMARKS):
                found = self._models.network.follow(image_bgr, last.landmarks)
            return None if found is None else self._fitted(grey, found, last.score)
        refiner = refinement.following if last.is_trusted else refinement.first
        return self._refined(grey, refiner, last.fit, last.score)

    def _detect(
        self, image_bgr: UInt8Array, grey: UInt8Array | None
    ) -> _Candidate | TrackingFailure:
        with self._stopwatch(TrackingStep.DETECTION):
            faces = self._models.detector.detect(image_bgr)
            chosen = select_face(faces)
        if chosen is None:
            return TrackingFailure.NOT_DETECTED
        score = float(faces.scores[chosen])
        with self._stopwatch(TrackingStep.LANDMARKS):
            found = self._models.network.locate(
                image_bgr, faces.boxes[chosen], faces.five_points[chosen]
            )
        if found is None:
            return TrackingFailure.NO_LANDMARKS
        candidate = self._fitted(grey, found, score)
        return TrackingFailure.NO_LANDMARKS if candidate is None else candidate

    def _fitted(
        self, grey: UInt8Array | None, found: LandmarkResult, score: float
    ) -> _Candidate | None:
        """Return the network's points, fitted to the shape and refined where that is wanted."""
        fit = calc_params(self._models.pdm, found.landmarks)
        if not fit.is_finite:
            return None
        refinement = self._models.refinement
        if refinement is not None and grey is not None:
            refined = self._refined(grey, refinement.detected, fit, score)
            if refined is not None:
                return refined  # otherwise the face is too small for the experts
        points = project_shape(self._models.pdm, fit)
        return self._judged(
            grey, points, fit, None, score, presence=found.presence, is_refined=False
        )

    def _refined(
        self, grey: UInt8Array, refiner: Refiner, start: ShapeFit, score: float
    ) -> _Candidate | None:
        refinement = self._models.refinement
        with self._stopwatch(TrackingStep.REFINEMENT):
            refined = refiner.refine(grey, start)
        eyes = None
        if refinement is not None and refinement.eyes is not None:
            eyes = refinement.eyes.place(refined.parts)
        face = refined.face
        if not face.is_fitted:
            return None
        return self._judged(grey, face.landmarks, face.fit, eyes, score, is_refined=True)

    def _judged(
        self,
        grey: UInt8Array | None,
        landmarks: Float32Array,
        fit: ShapeFit,
        eyes: FittedEyes | None,
        score: float,
        *,
        presence: float | None = None,
        is_refined: bool,
    ) -> _Candidate:
        confidence = score if presence is None else presence
        validator = self._models.validator
        if validator is not None and grey is not None:
            with self._stopwatch(TrackingStep.CONFIDENCE):
                confidence = validator.confidence(grey, landmarks, fit.rotation_radians)
        is_trusted = confidence > self._threshold
        return _Candidate(landmarks, fit, eyes, confidence, is_trusted, score, is_refined)
