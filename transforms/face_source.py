"""Where the landmarks of a frame come from: networks, or a file."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import RetinaFaceDetector, select_face
from openface_core.errors import LandmarkFileError, ModelFileError
from openface_core.landmarks import LandmarkNetwork
from openface_core.landmarks.files import GivenLandmarks, read_landmarks
from openface_core.media import DecodedFrame
from transforms.engine import Engine
from transforms.metrics import NoFace, Step, timed
from transforms.records import VideoTask


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
    """

    landmarks: NDArray[np.float32] | None
    confidence: float | None
    no_face: NoFace | None = None


class FaceSource(Protocol):
    """Anything that knows the face of a frame."""

    def observe(self, frame: DecodedFrame) -> FaceObservation:
        """Return the face of a frame."""

    def check_frame_count(self, frame_count: int) -> None:
        """Raise an OpenFaceBeamError if a video of so many frames cannot be the one meant."""


@dataclass(frozen=True, eq=False)
class NetworkFaces:
    """Detects the face in every frame and finds its landmarks.

    Parameters
    ----------
    detector : RetinaFaceDetector
        Component 1.
    network : LandmarkNetwork
        Component 2.
    """

    detector: RetinaFaceDetector
    network: LandmarkNetwork

    def observe(self, frame: DecodedFrame) -> FaceObservation:
        """Return the widest face of a frame; the confidence is the detector's score."""
        with timed(Step.DETECTION):
            faces = self.detector.detect(frame.image)
            chosen = select_face(faces)
        if chosen is None:
            return FaceObservation(None, None, NoFace.NOT_DETECTED)
        confidence = float(faces.scores[chosen])
        with timed(Step.LANDMARKS):
            found = self.network.locate(frame.image, faces.boxes[chosen], faces.five_points[chosen])
        if found is None:
            return FaceObservation(None, confidence, NoFace.NO_LANDMARKS)
        return FaceObservation(found.landmarks, confidence)

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


def face_source(task: VideoTask, engine: Engine) -> FaceSource:
    """Return where the landmarks of an input come from.

    Raises
    ------
    LandmarkFileError
        If a file of given landmarks cannot be read.
    ModelFileError
        If there is neither such a file nor networks.
    """
    if task.landmarks_uri is not None:
        return GivenFaces(read_landmarks(task.landmarks_uri), task.landmarks_uri)
    if engine.detector is None or engine.landmark_network is None:
        raise ModelFileError(
            "landmarks", "neither networks nor given landmarks", "Give --models or --landmarks."
        )
    return NetworkFaces(engine.detector, engine.landmark_network)
