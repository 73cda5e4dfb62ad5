"""All faces of consecutive frames, each followed by a tracker of its own.

A face that comes in is looked for on a grid of frames; one that is lost is given up. Who is who
over the whole video is not decided here, see :mod:`openface_core.identity`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.detection import FaceDetections, sure_widths
from openface_core.face_tracking.frame_in_view import FrameInView
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.overlap import SAME_FACE_OVERLAP, overlap
from openface_core.face_tracking.settings import FacesSettings, TrackerSettings
from openface_core.face_tracking.tracker import Choice, FaceTracker
from openface_core.faces import Face
from openface_core.watch import Watch

Float32Array = NDArray[np.float32]

_PATIENCE_FRAMES = 8
"""So many frames in a row a face may be followed without trust."""

_PATIENCE_BESIDE_OTHERS_FRAMES = 2
"""The same for one that was never trusted, where others are: most such are no faces."""

_FIRST_WAIT_FRAMES = 2
"""So long after a face was given up untrusted, all are looked for; the next time twice as long."""

_DOUBLE_OVERLAP = 0.5
"""Two faces whose landmarks overlap more than this are one, followed twice."""


@dataclass(eq=False)
class _Track:
    """A face that is followed.

    Parameters
    ----------
    number : int
        Its number, in order of appearance.
    tracker : FaceTracker
        Follows it.
    face : Face
        What it looks like in the newest frame.
    failures : int
        Frames since it was last trusted.
    was_trusted : bool
        Whether it ever was.
    """

    number: int
    tracker: FaceTracker
    face: Face
    failures: int = 0
    was_trusted: bool = False

    def note(self, face: Face) -> None:
        """Take note of the face in the next frame."""
        self.face = face
        self.failures = 0 if face.is_found else self.failures + 1
        self.was_trusted |= face.is_found

    @property
    def box(self) -> Float32Array | None:
        """Box of its landmarks; None where it has none."""
        return None if self.face.landmarks is None else box_of(self.face.landmarks)


def _width(track: _Track) -> float:
    box = track.box
    return 0.0 if box is None else float(box[2] - box[0])


class SeveralFacesTracker:
    """Follows all faces of consecutive frames; has a state, so each part of a video needs its own.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    faces : FacesSettings
        How many faces, and how often newcomers are looked for.
    each : TrackerSettings
        How each of them is followed.
    watch : Watch
        Is told the steps.
    """

    def __init__(
        self,
        models: FaceTrackingModels,
        faces: FacesSettings,
        each: TrackerSettings,
        watch: Watch,
    ) -> None:
        self._models = models
        self._settings = faces
        self._each = each
        self._watch = watch
        self._tracks: list[_Track] = []
        self._begun = 0
        self._wait_frames = _FIRST_WAIT_FRAMES
        self._next_look = -1

    def observe(self, frame: FrameInView, *, is_cut: bool) -> dict[int, Face]:
        """Find the faces of the next frame.

        Parameters
        ----------
        frame : FrameInView
            The frame.
        is_cut : bool
            Whether it begins another scene, in which nobody is followed from the one before.

        Returns
        -------
        dict of int to Face
            The faces that are followed, trusted or not, by numbers in order of appearance.
        """
        if is_cut:
            self._tracks.clear()
        followed = list(self._tracks)
        for track in self._tracks:
            track.note(track.tracker.observe_in(frame, self._own(track)))
        self._tracks = [track for track in self._tracks if self._goes_on(track)]
        self._drop_doubles()
        self._drop_surplus()
        given_up = [track for track in followed if track not in self._tracks]
        is_due = frame.number % self._settings.every_frames == 0 or frame.number == self._next_look
        if is_due or any(track.was_trusted for track in given_up) or not self._tracks:
            self._begin_tracks(frame)
        elif given_up and self._next_look < frame.number:
            self._next_look = frame.number + self._wait_frames
            self._wait_frames *= 2
        return {track.number: track.face for track in self._tracks}

    def _own(self, track: _Track) -> Choice:
        """Return the choice of the detection that is the face of a track, and of no other."""

        def choose(faces: FaceDetections, landmarks: Float32Array | None) -> int | None:
            if landmarks is None or not len(faces):
                return None
            others = [other.box for other in self._tracks if other is not track]
            own = box_of(landmarks)
            overlaps = np.array([overlap(own, box) for box in faces.boxes])
            for chosen in np.argsort(-overlaps, kind="stable"):
                if overlaps[chosen] < SAME_FACE_OVERLAP:
                    return None
                box = faces.boxes[chosen]
                if all(overlap(o, box) <= overlaps[chosen] for o in others if o is not None):
                    return int(chosen)
            return None

        return choose

    def _goes_on(self, track: _Track) -> bool:
        if track.face.is_found:
            return True
        patience = _PATIENCE_FRAMES
        if not track.was_trusted and any(other.was_trusted for other in self._tracks):
            patience = _PATIENCE_BESIDE_OTHERS_FRAMES
        return track.tracker.is_following and track.failures < patience

    def _drop_doubles(self) -> None:
        """Keep one of two tracks of a face: the trusted one, or else the older one."""
        if len(self._tracks) < 2:
            return
        kept: list[_Track] = []
        boxes: list[Float32Array] = []
        for track in sorted(self._tracks, key=lambda t: (not t.face.is_found, t.number)):
            box = track.box
            if box is None:
                kept.append(track)
            elif not any(overlap(other, box) > _DOUBLE_OVERLAP for other in boxes):
                kept.append(track)
                boxes.append(box)
        self._tracks = sorted(kept, key=lambda track: track.number)

    def _drop_surplus(self) -> None:
        """Keep as many as may be followed, the widest ones. Who is no face yet holds no place."""
        surplus = self._known_faces() - self._settings.max
        if surplus > 0:  # hardly ever: widths are not looked at in every frame
            known = (track for track in self._tracks if track.was_trusted)
            for track in sorted(known, key=_width)[:surplus]:
                self._tracks.remove(track)

    def _known_faces(self) -> int:
        return sum(track.was_trusted for track in self._tracks)

    def _begin_tracks(self, frame: FrameInView) -> None:
        """Follow the detected faces, the widest ones first, that nobody follows yet."""
        faces = frame.detections
        widths = sure_widths(faces)
        for chosen in np.lexsort((faces.boxes[:, 0], -widths)):
            if self._known_faces() >= self._settings.max:
                return
            box = faces.boxes[chosen]
            boxes = [track.box for track in self._tracks]
            taken = any(b is not None and overlap(b, box) >= SAME_FACE_OVERLAP for b in boxes)
            if widths[chosen] >= self._settings.min_px and not taken:
                self._begin_track(frame, int(chosen))
        self._drop_doubles()

    def _begin_track(self, frame: FrameInView, chosen: int) -> None:
        tracker = FaceTracker(self._models, self._each, self._watch)
        face = tracker.observe_in(frame, lambda _faces, _landmarks: chosen)
        if not tracker.is_following:
            return
        track = _Track(self._begun, tracker, face)
        track.note(face)
        self._begun += 1
        self._tracks.append(track)
