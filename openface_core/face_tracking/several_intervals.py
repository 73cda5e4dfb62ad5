"""All faces of a video, whose cutting has no effect on them.

As :mod:`~openface_core.face_tracking.intervals`, for several faces: in each interval all of them
are looked for anew, and numbered anew. Which of one interval's faces are which of the next one's is
seen in the frames ahead of an interval, in which both are followed.
"""

from collections.abc import Mapping
from typing import Final

from openface_core.boxes import box_of
from openface_core.face_tracking.frame_in_view import FrameInView
from openface_core.face_tracking.handing_over import HANDED_OVER_OVERLAP, handed_over
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.overlap import overlap
from openface_core.face_tracking.relay import TrackerRelay
from openface_core.face_tracking.scene_cuts import SceneCuts
from openface_core.face_tracking.settings import (
    FacesSettings,
    IntervalSettings,
    TrackerSettings,
)
from openface_core.face_tracking.several import SeveralFacesTracker
from openface_core.faces import Face, FacesInFrame
from openface_core.partial_pictures import AnyPicture
from openface_core.watch import NO_WATCH, Watch

_MOST_RECORDED_FRAMES: Final = 1000
"""What is known of a face is kept in parts of so many frames where a video is one interval."""


class SeveralIntervalsTracker:
    """Follows all faces of a video; has a state, so each video, or part of one, needs its own.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    intervals : IntervalSettings
        How the video is divided.
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
        intervals: IntervalSettings,
        faces: FacesSettings,
        each: TrackerSettings,
        watch: Watch = NO_WATCH,
    ) -> None:
        self._models = models
        self._intervals = intervals
        self._record_frames = intervals.every_frames or _MOST_RECORDED_FRAMES
        self._watch = watch
        self._cuts = SceneCuts()
        self._relay = TrackerRelay(
            intervals, lambda: SeveralFacesTracker(models, faces, each, watch)
        )

    def observe(self, image_bgr: AnyPicture, number: int) -> FacesInFrame:
        """Find the faces of the next frame.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        number : int
            Its number in the video, from 0. The first frame given begins an interval or its lead,
            or is the one before an interval: what is returned before the interval begins is then
            not what the whole video gives. A part that begins later than the video has to be given
            one frame before its interval at least: it says whether that begins with a scene cut.

        Returns
        -------
        FacesInFrame
            The faces that are followed, trusted or not.
        """
        relay, interval = self._relay, number // self._record_frames
        relay.advance(number)
        frame = FrameInView(self._models, image_bgr, number, self._watch)
        is_cut = self._cuts.is_cut(image_bgr)
        ahead = {} if relay.ahead is None else relay.ahead.observe(frame, is_cut=is_cut)
        if relay.current is None:
            return FacesInFrame(ahead, interval, is_cut)
        faces = relay.current.observe(frame, is_cut=is_cut)
        pairs = _same_faces(faces, ahead)
        for before, after in pairs.items():
            faces[before] = handed_over(
                self._models.frame, faces[before], ahead[after], relay.share
            )
        if not self._intervals.every_frames:
            pairs = {known: known for known in faces}
        is_last = (number + 1) % self._record_frames == 0
        return FacesInFrame(faces, interval, is_cut, pairs if is_last else {})


def _same_faces(before: Mapping[int, Face], after: Mapping[int, Face]) -> dict[int, int]:
    """Return which trusted faces of two trackers are the same, those that overlap most first."""
    boxes, others = (
        {n: box_of(f.landmarks) for n, f in faces.items() if f.is_found and f.landmarks is not None}
        for faces in (before, after)
    )
    overlaps = [
        (-overlap(box, other), number, other_number)
        for number, box in boxes.items()
        for other_number, other in others.items()
    ]
    pairs: dict[int, int] = {}
    for opposite, number, other_number in sorted(overlaps):
        is_free = number not in pairs and other_number not in pairs.values()
        if -opposite >= HANDED_OVER_OVERLAP and is_free:
            pairs[number] = other_number
    return pairs
