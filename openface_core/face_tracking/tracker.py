"""One face followed through consecutive frames, as OpenFace does for videos.

Every frame depends on the one before, back to the first.
:mod:`~openface_core.face_tracking.intervals` begins anew every so many frames.

References
----------
``DetectLandmarksInVideo`` of OpenFace 2.2, whose order of steps this is: follow the face; where the
validator does not trust the result, detect anew in the same frame, and keep what was followed if
that is not trusted either. One step is OpenFace's only where it is asked for: that a face which the
detector does not see is searched on for. So it may come to trust what is no face; otherwise what
was followed is given up.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetections
from openface_core.face_tracking import upturned
from openface_core.face_tracking.eyelids import NARROW, LidsSeenOpen, openings, with_closed_lids
from openface_core.face_tracking.frame_in_view import FrameInView
from openface_core.face_tracking.located import located
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.near_detection import detect_near
from openface_core.face_tracking.redetection import Redetection
from openface_core.face_tracking.settings import TrackerSettings
from openface_core.face_tracking.strong_expressions import PairAnswer
from openface_core.face_tracking.widest import WidestFace
from openface_core.face_tracking.witness import NetworkWitness, UnusedAnswer
from openface_core.faces import Face, FaceStatus
from openface_core.landmarks import LandmarkResult
from openface_core.landmarks.mixing import mixed_points
from openface_core.partial_pictures import AnyPicture
from openface_core.refinement.initial_fit import Refiner
from openface_core.refinement.parts import RefinedFace
from openface_core.shape import ShapeFit
from openface_core.watch import NO_WATCH, Step, Watch

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

Choice = Callable[[FaceDetections, Float32Array | None], int | None]
"""Returns the index of the face to take among those of a frame, None for none of them."""


class FaceTracker:
    """Follows the face of consecutive frames; has a state, so each part of a video needs its own.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    settings : TrackerSettings
        When a face is trusted, and looked for.
    watch : Watch
        Is told the steps.
    """

    def __init__(
        self,
        models: FaceTrackingModels,
        settings: TrackerSettings,
        watch: Watch = NO_WATCH,
    ) -> None:
        self._models = models
        self._settings = settings
        self._watch = watch
        self._is_place_independent = models.is_place_independent
        self._frame = models.frame
        self._redetection = Redetection(
            settings.every_failures, settings.every_absences, searches_on=settings.searches_on
        )
        self._last: Face | None = None
        self._trusted: Face | None = None  # the last one since a face has been followed
        self._unused_answer: UnusedAnswer | None = None
        self._pair_answer: PairAnswer | None = None
        self._lids_seen_open: LidsSeenOpen | None = None
        self._frames_followed = 0

    @property
    def is_following(self) -> bool:
        """Whether there is a face to go on with."""
        return self._last is not None

    def observe(self, image_bgr: AnyPicture, number: int) -> Face:
        """Find the face of the next frame.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        number : int
            Its number in the video, from 0.

        Returns
        -------
        Face
            The face that was followed; where none was, the widest one.
        """
        frame = FrameInView(self._models, image_bgr, number, self._watch)
        return self.observe_in(frame, WidestFace(self._models, frame, self._watch))

    def observe_in(self, frame: FrameInView, choose: Choice) -> Face:
        """Find the face of the next frame, if it is one that may be chosen.

        Parameters
        ----------
        frame : FrameInView
            The frame.
        choose : callable
            Returns which of the detected faces is taken, where they are asked for: given these, and
            the landmarks (68, 2) of the face that was followed, or None.

        Returns
        -------
        Face
            The face that was followed, or the chosen one.
        """
        face = self._seen(frame, choose)
        if face.is_found or self._last is None:
            self._trusted = self._last
        return self._with_network_pair(frame, face)

    def _seen(self, frame: FrameInView, choose: Choice) -> Face:
        redetection, candidate = self._redetection, None
        if self._last is not None:
            candidate = self._checked(self._witnessed(frame, self._follow(frame, self._last)))
        is_followed = candidate is not None and candidate.is_found
        redetection.note_followed(is_trusted=is_followed)
        self._frames_followed = self._frames_followed + 1 if is_followed else 0
        if candidate is not None and (candidate.is_found or not redetection.is_due):
            is_over = not candidate.is_found and redetection.gives_up(is_seen=True)
            self._last = None if is_over else candidate
            return candidate
        if self._last is None and not redetection.is_due:
            return Face(FaceStatus.NOT_DETECTED)
        detected = self._detect(frame, choose, self._last if candidate is None else candidate)
        if isinstance(detected, FaceStatus):
            is_seen = detected is not FaceStatus.NOT_DETECTED
            self._last = None if redetection.gives_up(is_seen=is_seen) else candidate
            return Face(detected) if candidate is None else candidate
        if candidate is None or detected.is_found:
            self._forget_answers()
            candidate = self._witnessed(frame, detected) or detected
            redetection.note_begun()
        self._last = candidate
        return candidate

    def _forget_answers(self) -> None:
        """Forget what networks saw of landmarks that are followed no more."""
        self._pair_answer = self._lids_seen_open = None

    def _checked(self, face: Face | None) -> Face | None:
        """Return a face that may be rolled as it is; wrong ones would be trusted when followed."""
        is_checked = self._models.fits_any_roll
        return None if is_checked and upturned.rolled_over(face, self._last) else face

    def _follow(self, frame: FrameInView, last: Face) -> Face | None:
        if last.landmarks is None or last.fit is None:
            return None
        refinement, grey = self._models.refinement, frame.grey
        if refinement is None or grey is None or refinement.follows_network:
            with self._watch.time(Step.LANDMARKS):
                found = self._models.network.follow(frame.image_bgr, last.landmarks)
            if found is None:
                return None
            refiner = None if refinement is None else refinement.following
            return self._fitted(grey, found, refiner, last.detector_score)
        refiner = refinement.following if last.is_found else refinement.first
        return self._refined(grey, refiner, last.fit, last.detector_score)

    def _witnessed(self, frame: FrameInView, refined: Face | None) -> Face | None:
        """Return what experts refined, corrected where other networks see more."""
        witness, grey = self._models.witness, frame.grey
        if witness is None or grey is None or refined is None or not refined.is_refined:
            return refined
        if refined.landmarks is None:
            return refined
        if witness.is_asked(refined.log_likelihood, frame.number, self._unused_answer):
            with self._watch.time(Step.LANDMARKS):
                points = witness.contradiction(frame.image_bgr, refined.landmarks)
            followed = refined
            if points is not None:
                refined = self._begun_anew(grey, witness, followed, points)
            stays = refined is followed
            if not stays:
                self._forget_answers()
            answer = UnusedAnswer(frame.number, followed.log_likelihood)
            self._unused_answer = answer if stays else None
        return self._with_closed_lids(frame, refined)

    def _begun_anew(
        self, grey: AnyPicture, witness: NetworkWitness, followed: Face, points: Float32Array
    ) -> Face:
        """Return what starts from the witness's points, if the experts find it more likely.

        Or if it is trusted, and what they followed is not.
        """
        start = self._frame.fit(points)
        if not start.is_finite:
            return followed
        restarted = self._refined(grey, witness.refiner, start, followed.detector_score)
        if restarted is None or restarted.landmarks is None:
            return followed
        is_better = witness.is_better(restarted.log_likelihood, followed.log_likelihood)
        if not is_better and (followed.is_found or not restarted.is_found):
            return followed
        agreed = self._frame.in_steps(witness.agreed(restarted.landmarks, points))
        fit = self._frame.fit(agreed)
        if not fit.is_finite:
            return restarted
        return replace(restarted, landmarks=self._frame.landmarks(fit), fit=fit, unfitted=agreed)

    def _with_closed_lids(self, frame: FrameInView, followed: Face) -> Face:
        """Close eyes that the landmark network sees closed."""
        landmarks = followed.landmarks
        if landmarks is None:
            return followed
        open_so_far, seen_open = openings(landmarks), self._lids_seen_open
        if open_so_far.min() >= NARROW:
            return followed
        if seen_open is not None and seen_open.holds(frame.number, open_so_far):
            return followed
        with self._watch.time(Step.LANDMARKS):
            seen = self._models.network.follow(frame.image_bgr, landmarks)
        drawn = None if seen is None else with_closed_lids(landmarks, seen.landmarks)
        self._lids_seen_open = None
        if drawn is None:
            self._lids_seen_open = LidsSeenOpen(frame.number, open_so_far)
            return followed
        closed = self._frame.in_steps(drawn)
        fit = self._frame.fit(closed)
        if not fit.is_finite:
            return followed
        unfitted = closed
        if followed.unfitted is not None:
            is_moved = (closed != landmarks).any(axis=1, keepdims=True)
            unfitted = np.where(is_moved, closed, followed.unfitted)
        return replace(followed, landmarks=self._frame.landmarks(fit), fit=fit, unfitted=unfitted)

    def _with_network_pair(self, frame: FrameInView, face: Face) -> Face:
        """Return a followed face with what networks see of a strong expression.

        What is followed stays the experts'.
        """
        pair = self._models.network_pair
        is_followed = face.is_found and face.is_refined
        if pair is None or not is_followed or face.landmarks is None or face.fit is None:
            self._pair_answer = None
            return face
        share = pair.share(face.fit.shape_parameters, self._frames_followed)
        if share == 0.0:
            self._pair_answer = None
            return face
        with self._watch.time(Step.LANDMARKS):
            answer = pair.answer(frame.image_bgr, frame.number, face.landmarks, self._pair_answer)
        self._pair_answer = answer
        if answer.agreement == 0.0:
            return face
        points, weight = face.landmarks + answer.displacement_px, share * answer.agreement
        mixed = self._frame.in_steps(mixed_points(face.landmarks, points, weight))
        fit = self._frame.fit(mixed)
        if not fit.is_finite:
            return face
        unfitted = face.landmarks if face.unfitted is None else face.unfitted
        return replace(
            face,
            landmarks=self._frame.landmarks(fit),
            fit=fit,
            unfitted=self._frame.in_steps(mixed_points(unfitted, points, weight)),
        )

    def _detect(
        self, frame: FrameInView, choose: Choice, followed: Face | None
    ) -> Face | FaceStatus:
        last = None if followed is None else followed.landmarks
        faces = self._detections_near(frame, last)
        chosen = None if faces is None else choose(faces, last)
        if faces is None or chosen is None:
            faces = frame.detections
            chosen = choose(faces, last)
        if chosen is None:
            return FaceStatus.NOT_DETECTED
        grey, score = frame.grey, float(faces.scores[chosen])
        refinement = self._models.refinement
        hypotheses = None if refinement is None else refinement.hypotheses
        if faces.landmark_boxes is not None and hypotheses is not None and grey is not None:
            with self._watch.time(Step.REFINEMENT):
                refined = hypotheses.refine_in_box(grey, faces.landmark_boxes[chosen])
            return self._candidate(grey, refined, score) or FaceStatus.NO_LANDMARKS
        refiner = None if refinement is None else refinement.detected
        best: Face | None = None
        for found in located(self._models, self._watch, frame.image_bgr, faces, chosen):
            candidate = self._fitted(grey, found, refiner, score)
            is_found = candidate is not None and candidate.is_found
            best = candidate if is_found else best or candidate
            if is_found:
                break
        best = self._right_way_up(frame, best, faces.five_points[chosen], refiner)
        return best or FaceStatus.NO_LANDMARKS

    def _right_way_up(
        self,
        frame: FrameInView,
        face: Face | None,
        five_points: Float32Array,
        refiner: Refiner | None,
    ) -> Face | None:
        """Return a newly detected face, or what is seen of it upside down if that is likelier."""
        if face is None or face.landmarks is None or not self._models.fits_any_roll:
            return face
        is_as_before = upturned.is_as_before(face, self._trusted)
        if is_as_before and face.is_found:
            return self._checked(face)
        with self._watch.time(Step.LANDMARKS):
            seen = upturned.seen_upturned(self._models.network, frame.image_bgr, face.landmarks)
        if seen is not None:
            other = self._fitted(frame.grey, seen, refiner, face.detector_score)
            taken = upturned.likelier(face, other)
            if taken is not face and not (taken is None and is_as_before):
                return self._checked(taken)
        return None if upturned.is_upturned(face.landmarks, five_points) else self._checked(face)

    def _detections_near(
        self, frame: FrameInView, last: Float32Array | None
    ) -> FaceDetections | None:
        """Return detections that do not hang on the size of the frame, None where none can be."""
        if last is None or not self._is_place_independent:
            return None
        with self._watch.time(Step.DETECTION):
            return detect_near(self._models.detector, frame.image_bgr, last)

    def _fitted(
        self,
        grey: AnyPicture | None,
        found: LandmarkResult,
        refiner: Refiner | None,
        score: float,
    ) -> Face | None:
        """Return the network's points, fitted to the shape and refined where that is wanted."""
        fit = self._frame.fit(found.landmarks)
        if not fit.is_finite:
            return None
        refinement = self._models.refinement
        if refiner is not None and refinement is not None and grey is not None:
            presence = found.presence if refinement.follows_network else None
            refined = self._refined(grey, refiner, fit, score, presence)
            if refined is not None:
                return self._with_share(refined, found.landmarks)
            # otherwise the face is too small for the experts
        confidence = score if found.presence is None else found.presence
        points = self._frame.landmarks(fit)
        candidate = Face(
            FaceStatus.NOT_TRUSTED,
            confidence=confidence,
            detector_score=score,
            unfitted=found.landmarks,
        )
        return self._judged(grey, points, fit, candidate)

    def _with_share(self, refined: Face, points: Float32Array) -> Face:
        """Return a refined face with its share of the network's points, which it started from."""
        refinement = self._models.refinement
        if refinement is None or refined.landmarks is None or not refinement.follows_network:
            return refined
        agreed = self._frame.in_steps(refinement.agreed(refined.landmarks, points))
        fit = self._frame.fit(agreed)
        if not fit.is_finite:
            return refined
        landmarks = self._frame.landmarks(fit)
        return replace(refined, landmarks=landmarks, fit=fit, is_refined=False)

    def _refined(
        self,
        grey: AnyPicture,
        refiner: Refiner,
        start: ShapeFit,
        score: float,
        presence: float | None = None,
    ) -> Face | None:
        with self._watch.time(Step.REFINEMENT):
            refined = self._frame.refine(refiner, grey, start)
        return self._candidate(grey, refined, score, presence)

    def _candidate(
        self,
        grey: AnyPicture,
        refined: RefinedFace,
        score: float,
        presence: float | None = None,
    ) -> Face | None:
        """Return a refined face with its confidence; None where the experts lost it."""
        refinement = self._models.refinement
        eyes = None
        if refinement is not None and refinement.eyes is not None:
            eyes = refinement.eyes.place(refined.parts)
        face = refined.face
        if not face.is_fitted:
            return None
        candidate = Face(
            FaceStatus.NOT_TRUSTED,
            confidence=score if presence is None else presence,
            fitted_eyes=eyes,
            is_refined=True,
            detector_score=score,
            log_likelihood=face.log_likelihood,
            unfitted=face.unfitted,
            log_densities=face.log_densities,
        )
        return self._judged(grey, face.landmarks, face.fit, candidate)

    def _judged(
        self, grey: AnyPicture | None, landmarks: Float32Array, fit: ShapeFit, candidate: Face
    ) -> Face:
        """Return a candidate with its landmarks, found if the confidence in them is enough."""
        confidence = candidate.confidence or 0.0
        facing = self._frame.facing_radians(fit, landmarks)
        validator = self._models.validator
        if validator is not None and grey is not None:
            with self._watch.time(Step.CONFIDENCE):
                picture, points = self._frame.judged_picture(grey, landmarks)
                confidence = validator.confidence(picture, points, facing)
        if self._settings.is_turned_away(float(facing[0]), float(facing[1])):
            confidence = 0.0
        is_trusted = confidence > self._settings.threshold
        return replace(
            candidate,
            status=FaceStatus.FOUND if is_trusted else FaceStatus.NOT_TRUSTED,
            landmarks=landmarks,
            fit=fit,
            confidence=confidence,
        )
