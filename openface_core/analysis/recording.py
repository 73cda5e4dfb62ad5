"""What is kept of a video's faces while its frames are measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from openface_core.action_units.models import ActionUnitModels
from openface_core.analysis.parts import PART_FRAMES
from openface_core.analysis.tracklet_recorder import Identifier, TrackletRecorder
from openface_core.faces import Face, FacesInFrame
from openface_core.fields import Extent
from openface_core.identity import Tracklet
from openface_core.media import DecodedFrame
from openface_core.shards import ShardFeatures, ShardRecorder

Keep = Callable[[ShardFeatures], None]
KeepTracklet = Callable[[Tracklet, ShardFeatures], None]


class Recording(Protocol):
    """Takes the measured faces of consecutive frames."""

    @property
    def cuts(self) -> Sequence[int]:
        """Indices in the input of the frames that begin another scene, as far as that matters."""

    def add(self, frame: DecodedFrame, measured: FacesInFrame) -> None:
        """Take the next frame."""

    def finish(self) -> int:
        """Keep what has not been kept yet, and return how many frames there were."""


class OneFaceRecording:
    """Keeps the one face of every frame, a thousand frames at a time.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors of action units.
    extent : Extent
        What they and the shape model measure.
    keep : callable
        Takes what was measured.
    """

    def __init__(self, models: ActionUnitModels, extent: Extent, keep: Keep) -> None:
        self._models = models
        self._extent = extent
        self._keep = keep
        self._kept = 0
        self._recorder = ShardRecorder(models, extent)

    @property
    def cuts(self) -> Sequence[int]:
        """None: there is nobody to be told from others."""
        return ()

    def add(self, frame: DecodedFrame, measured: FacesInFrame) -> None:
        """Take the next frame, which has one face, found or not."""
        (face,) = measured.faces.values()
        self.add_face(frame, face)

    def add_face(self, frame: DecodedFrame, face: Face) -> None:
        """Take the face of the next frame."""
        self._recorder.add(frame, face)
        if len(self._recorder) == PART_FRAMES:
            self._hand_on()

    def _hand_on(self) -> None:
        self._keep(self._recorder.features())
        self._kept += len(self._recorder)
        self._recorder = ShardRecorder(self._models, self._extent)

    def finish(self) -> int:
        """Keep what has not been kept yet, and return how many frames there were."""
        if len(self._recorder):
            self._hand_on()
        return self._kept


@dataclass(eq=False)
class _Interval:
    """The faces of the interval that is going on, by their numbers."""

    number: int
    tracklets: dict[int, TrackletRecorder]


class SeveralFacesRecording:
    """Keeps all faces of every frame: each as a tracklet, and beside them the frames themselves.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors of action units.
    extent : Extent
        What they and the shape model measure.
    keep : callable
        Takes what is known of every frame, without a face, a thousand frames at a time.
    keep_tracklet : callable
        Takes every tracklet with its frames, from the first to the last in which it was found.
    first_index : int
        Index in the input, from 0, of the first frame.
    identifier : callable or None
        Knows people again, see :mod:`~openface_core.analysis.tracklet_recorder`.
    """

    def __init__(
        self,
        models: ActionUnitModels,
        extent: Extent,
        keep: Keep,
        keep_tracklet: KeepTracklet,
        first_index: int = 0,
        identifier: Identifier | None = None,
    ) -> None:
        self._models = models
        self._extent = extent
        self._identifier = identifier
        self._frames = OneFaceRecording(models, extent, keep)
        self._keep_tracklet = keep_tracklet
        self._index = first_index
        self._interval = _Interval(-1, {})
        self._cuts: list[int] = []

    @property
    def cuts(self) -> Sequence[int]:
        """Indices in the input of the frames that begin another scene, whoever is seen there."""
        return self._cuts

    def add(self, frame: DecodedFrame, measured: FacesInFrame) -> None:
        """Take the next frame and all of its faces."""
        if measured.is_cut:
            self._cuts.append(self._index)
        if measured.is_cut or measured.interval != self._interval.number:
            self._close(self._interval.tracklets)
            self._interval = _Interval(measured.interval, {})
        tracklets = self._interval.tracklets
        for number, face in measured.faces.items():
            if number not in tracklets and not face.is_measured:
                continue
            if number not in tracklets:
                tracklets[number] = TrackletRecorder(
                    self._models,
                    self._extent,
                    (measured.interval, number),
                    self._index,
                    self._identifier,
                )
            tracklets[number].add(frame, face)
        for number, next_number in measured.next_numbers.items():
            if number in tracklets:
                tracklets[number].next_number = next_number
        self._frames.add_face(frame, Face(measured.status))
        self._index += 1

    def _close(self, tracklets: dict[int, TrackletRecorder]) -> None:
        for number in sorted(tracklets):
            self._keep_tracklet(*tracklets[number].finish())

    def finish(self) -> int:
        """Keep what has not been kept yet, and return how many frames there were."""
        self._close(self._interval.tracklets)
        return self._frames.finish()
