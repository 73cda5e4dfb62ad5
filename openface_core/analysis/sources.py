"""Where the landmarks of a frame come from: networks, or a file."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.engine import Engine
from openface_core.analysis.face_meter import FaceMeasurement, FaceMeter
from openface_core.analysis.settings import RunSettings
from openface_core.errors import LandmarkFileError, ModelFileError
from openface_core.eyes import FittedEyes
from openface_core.face_tracking import (
    FaceTracker,
    FaceTrackingModels,
    TrackingFailure,
    TrackingStep,
)
from openface_core.landmarks.files import GivenLandmarks, read_landmarks
from openface_core.media import DecodedFrame
from openface_core.shape import ShapeFit
from transforms.metrics import NoFace, Step, timed
from transforms.records import VideoTask

_STEPS = {
    TrackingStep.DETECTION: Step.DETECTION,
    TrackingStep.LANDMARKS: Step.LANDMARKS,
    TrackingStep.REFINEMENT: Step.REFINEMENT,
    TrackingStep.CONFIDENCE: Step.CONFIDENCE,
}
_REASONS = {
    TrackingFailure.NOT_DETECTED: NoFace.NOT_DETECTED,
    TrackingFailure.NO_LANDMARKS: NoFace.NO_LANDMARKS,
    TrackingFailure.NOT_TRUSTED: NoFace.NOT_TRUSTED,
}


@dataclass(frozen=True, eq=False)
class FaceObservation:
    """The face of one frame.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32 or None
        Its landmarks in pixels; None without a face.
    confidence : float or None
        Confidence in the face; None where nothing is known of one.
    no_face : NoFace or None
        Why there are no landmarks; None where there are.
    fit : ShapeFit or None
        Pose and shape that the landmarks are points of, where these are known.
    eyes : FittedEyes or None
        Its eyes, where eye models were fitted.
    is_refined : bool
        Whether patch experts made the fit.
    """

    landmarks: NDArray[np.float32] | None
    confidence: float | None
    no_face: NoFace | None = None
    fit: ShapeFit | None = None
    eyes: FittedEyes | None = None
    is_refined: bool = False

    def measure(self, meter: FaceMeter, image: NDArray[np.uint8]) -> FaceMeasurement | None:
        """Measure the face in its frame; None where there is none."""
        if self.landmarks is None:
            return None
        return meter.measure(image, self.landmarks, self.eyes, self.fit, refit=self.is_refined)


class FaceSource(Protocol):
    """Anything that knows the face of a frame."""

    def observe(self, frame: DecodedFrame) -> FaceObservation:
        """Return the face of a frame."""

    def check_frame_count(self, frame_count: int) -> None:
        """Raise an OpenFaceBeamError if a video of so many frames cannot be the one meant."""


class TrackedFaces:
    """Finds the face in the frames, and follows it.

    Parameters
    ----------
    models : FaceTrackingModels
        Components 1 to 3.
    settings : RunSettings
        When faces are looked for anew, and when landmarks are trusted.
    first_frame : int
        Number in the video of the first frame that will be observed.
    """

    def __init__(
        self, models: FaceTrackingModels, settings: RunSettings, first_frame: int = 0
    ) -> None:
        self._tracker = FaceTracker(
            models,
            settings.detection.every_frames,
            settings.confidence.threshold,
            lambda step: timed(_STEPS[step]),
            settings.detection.every_failures,
        )
        self._first_frame = first_frame

    def observe(self, frame: DecodedFrame) -> FaceObservation:
        """Return the face that was followed, or the widest one where faces were looked for."""
        face = self._tracker.observe(frame.image, self._first_frame + frame.index)
        no_face = None if face.failure is None else _REASONS[face.failure]
        return FaceObservation(
            face.landmarks, face.confidence, no_face, face.fit, face.eyes, face.is_refined
        )

    def check_frame_count(self, frame_count: int) -> None:
        """Any number of frames is fine."""


@dataclass(frozen=True, eq=False)
class GivenFaces:
    """Takes landmarks from a file.

    Parameters
    ----------
    given : GivenLandmarks
        Content of the file.
    path : str
        The file, for messages.
    """

    given: GivenLandmarks
    path: str

    def observe(self, frame: DecodedFrame) -> FaceObservation:
        """Return the face that the file has for a frame."""
        confidence = None
        if self.given.confidence is not None and frame.index < self.given.frame_count:
            value = float(self.given.confidence[frame.index])
            confidence = None if np.isnan(value) else value
        landmarks = self.given.frame(frame.index)
        no_face = NoFace.NOT_GIVEN if landmarks is None else None
        return FaceObservation(landmarks, confidence, no_face)

    def check_frame_count(self, frame_count: int) -> None:
        """Raise LandmarkFileError if the file is not for a video of so many frames."""
        if self.given.frame_count != frame_count:
            raise LandmarkFileError(
                self.path,
                f"the file has landmarks for {self.given.frame_count} frames, "
                f"the video has {frame_count}",
                "Use landmarks that were made from this very video.",
            )


def face_source(
    task: VideoTask, engine: Engine, settings: RunSettings, first_frame: int = 0
) -> FaceSource:
    """Return where the landmarks of an input come from.

    Parameters
    ----------
    task : VideoTask
        The input.
    engine : Engine
        Models in memory.
    settings : RunSettings
        Settings of the run.
    first_frame : int
        Number in the input of the first frame that will be observed.

    Raises
    ------
    LandmarkFileError
        If a file of given landmarks cannot be read.
    ModelFileError
        If there is neither such a file nor networks.
    """
    if task.landmarks_uri is not None:
        return GivenFaces(read_landmarks(task.landmarks_uri), task.landmarks_uri)
    if engine.faces is None:
        raise ModelFileError(
            "landmarks", "neither networks nor given landmarks", "Give --models or --landmarks."
        )
    return TrackedFaces(engine.faces, settings, first_frame)
