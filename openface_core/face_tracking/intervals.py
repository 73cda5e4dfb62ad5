"""One face followed through a video, whose cutting has no effect on it.

The video is seen as intervals of so many frames. In each, the face is looked for anew and followed
on its own, without regard to the frames of the interval before: so a video can be cut between two
intervals. The search begins a few frames ahead of the interval, until the fit has settled. In these
frames, which the interval before follows too, the face passes from one to the other
(:mod:`~openface_core.face_tracking.handing_over`), so that nothing jumps where the interval begins.
"""

from openface_core.face_tracking.frame_in_view import FrameInView
from openface_core.face_tracking.handing_over import handed_over
from openface_core.face_tracking.models import FaceTrackingModels
from openface_core.face_tracking.overlap import select_widest
from openface_core.face_tracking.relay import TrackerRelay
from openface_core.face_tracking.settings import IntervalSettings, TrackerSettings
from openface_core.face_tracking.tracker import FaceTracker
from openface_core.face_tracking.widest import WidestFace
from openface_core.faces import Face, FaceStatus
from openface_core.partial_pictures import AnyPicture
from openface_core.watch import NO_WATCH, Watch


class IntervalTracker:
    """Follows the face of a video; has a state, so each video, or part of one, needs its own.

    Parameters
    ----------
    models : FaceTrackingModels
        The models.
    intervals : IntervalSettings
        How the video is divided.
    each : TrackerSettings
        How the face is followed.
    watch : Watch
        Is told the steps.
    """

    def __init__(
        self,
        models: FaceTrackingModels,
        intervals: IntervalSettings,
        each: TrackerSettings,
        watch: Watch = NO_WATCH,
    ) -> None:
        self._models = models
        self._watch = watch
        self._takes_any = each.searches_on
        self._relay = TrackerRelay(intervals, lambda: FaceTracker(models, each, watch))
        self._shape: tuple[int, ...] | None = None

    def observe(self, image_bgr: AnyPicture, number: int) -> Face:
        """Find the face of the next frame.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame.
        number : int
            Its number in the video, from 0. The first frame given begins an interval or its lead,
            or is the one before an interval: what is returned before the interval begins is then
            not what the whole video gives.

        Returns
        -------
        Face
            The face that was followed, or the widest one where faces were looked for.
        """
        relay = self._relay
        relay.advance(number)
        if self._shape not in (None, image_bgr.shape):
            relay.begin_anew()  # landmarks are pixels of the frame before
        self._shape = image_bgr.shape
        frame = FrameInView(self._models, image_bgr, number, self._watch)
        widest = WidestFace(self._models, frame, self._watch)
        choose = select_widest if self._takes_any else widest
        ahead, face = (
            None if tracker is None else tracker.observe_in(frame, choose)
            for tracker in (relay.ahead, relay.current)
        )
        if face is None or ahead is None:
            return face or ahead or Face(FaceStatus.NOT_DETECTED)
        return handed_over(self._models.frame, face, ahead, relay.share)
