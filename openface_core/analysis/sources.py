"""Where the faces of frames come from: trackers, or a file of landmarks."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from openface_core.analysis.landmark_warnings import early_end_warnings
from openface_core.errors import LandmarkFileError
from openface_core.face_tracking import IntervalTracker, SeveralIntervalsTracker
from openface_core.faces import Face, FaceMeter, FacesInFrame, FaceStatus
from openface_core.landmarks.files import GivenLandmarks
from openface_core.media import DecodedFrame

_Tracker = TypeVar("_Tracker")


class FaceSource(Protocol):
    """Anything that knows the faces of a frame."""

    @property
    def are_several(self) -> bool:
        """Whether a frame may have any number of faces, and not exactly one, found or not."""

    @property
    def meter(self) -> FaceMeter:
        """What its faces are measured with."""

    def observe(self, frame: DecodedFrame) -> FacesInFrame:
        """Return the faces of a frame, not yet measured."""

    def check_frame_count(self, frame_count: int) -> tuple[str, ...]:
        """Return what is to be known of a video of so many frames.

        Raises
        ------
        OpenFaceBeamError
            If it cannot be the one meant.
        """


@dataclass(frozen=True, eq=False)
class _Tracked(Generic[_Tracker]):
    """Finds faces in the frames.

    Parameters
    ----------
    tracker : IntervalTracker or SeveralIntervalsTracker
        Components 1 to 3; new for each video, or part of one.
    meter : FaceMeter
        What faces that were found are measured with.
    first_index : int
        Index in the video, from 0, of the first frame that will be observed.
    """

    tracker: _Tracker
    meter: FaceMeter
    first_index: int = 0

    def check_frame_count(self, frame_count: int) -> tuple[str, ...]:  # noqa: ARG002 - others look
        """Any number of frames is fine."""
        return ()


class TrackedFace(_Tracked[IntervalTracker]):
    """Finds one face in the frames, and follows it."""

    @property
    def are_several(self) -> bool:
        """One face, found or not."""
        return False

    def observe(self, frame: DecodedFrame) -> FacesInFrame:
        """Return the face that was followed, or the widest one where faces were looked for."""
        return FacesInFrame(
            {0: self.tracker.observe(frame.picture, self.first_index + frame.index)}
        )


class TrackedFaces(_Tracked[SeveralIntervalsTracker]):
    """Finds all faces in the frames, and follows them."""

    @property
    def are_several(self) -> bool:
        """Any number of faces."""
        return True

    def observe(self, frame: DecodedFrame) -> FacesInFrame:
        """Return all faces that are followed."""
        return self.tracker.observe(frame.picture, self.first_index + frame.index)


@dataclass(frozen=True, eq=False)
class GivenFaces:
    """Takes landmarks from a file.

    Parameters
    ----------
    given : GivenLandmarks
        Content of the file.
    meter : FaceMeter
        What faces are measured with whose landmarks are exact.
    path : str
        The file, for messages.
    """

    given: GivenLandmarks
    meter: FaceMeter
    path: str

    @property
    def are_several(self) -> bool:
        """One face, given or not."""
        return False

    def observe(self, frame: DecodedFrame) -> FacesInFrame:
        """Return the face that the file has for a frame."""
        confidence = None
        if self.given.confidence is not None and frame.index < self.given.frame_count:
            value = float(self.given.confidence[frame.index])
            confidence = None if np.isnan(value) else value
        landmarks = self.given.frame(frame.index)
        status = FaceStatus.NOT_GIVEN if landmarks is None else FaceStatus.FOUND
        return FacesInFrame({0: Face(status, landmarks, confidence)})

    def check_frame_count(self, frame_count: int) -> tuple[str, ...]:
        """Return a line if the file, of several faces, ends before a video of so many frames.

        It has no rows for frames without a face, so that it may belong to the video all the same.

        Raises
        ------
        LandmarkFileError
            If the file is not for such a video.
        """
        known = self.given.frame_count
        if known > frame_count or (known < frame_count and not self.given.is_of_several):
            raise LandmarkFileError(
                self.path,
                f"the file has landmarks for {known} frames, the video has {frame_count}",
                "Use landmarks that were made from this very video.",
            )
        return early_end_warnings(known, frame_count)
