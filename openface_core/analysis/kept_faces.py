"""The faces of an input that is analysed in one go, until all of it is measured."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.calibration import Part
from openface_core.analysis.one_face import FaceFrames
from openface_core.analysis.parts import KeptParts
from openface_core.analysis.people import People, PersonFrames, find_people
from openface_core.face_tracking import FacesSettings
from openface_core.identity import Tracklet
from openface_core.shards import Absence, ShardFeatures


class KeptFaces:
    """Frames and tracklets of an input; a context manager, at whose end they are gone.

    Parameters
    ----------
    are_several : bool
        Whether any number of faces is followed. The frames are then ones without a face; otherwise
        they have one, found or not.
    """

    def __init__(self, *, are_several: bool) -> None:
        self.frames = KeptParts()
        self._are_several = are_several
        self._tracklets: list[Tracklet] = []
        self._of_tracklets = KeptParts()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for parts in (self.frames, self._of_tracklets):
            parts.__exit__(kind, value, trace)

    def add_tracklet(self, tracklet: Tracklet, features: ShardFeatures) -> None:
        """Keep a tracklet and its frames."""
        self._tracklets.append(tracklet)
        self._of_tracklets.add(features)

    def faces(
        self,
        settings: FacesSettings,
        typical_appearance: NDArray[np.float64],
        frame_count: int,
        rate_fps: float | None,
        cuts: Sequence[int],
    ) -> tuple[tuple[FaceFrames, ...], People]:
        """Return the faces of the whole input, and who they are, where that is sought.

        Parameters
        ----------
        settings : FacesSettings
            Which faces are wanted, and how it is found who is who.
        typical_appearance : (4464,) ndarray of float64
            See :func:`openface_core.identity.typical_appearance`.
        frame_count : int
            Frames of the input.
        rate_fps : float or None
            Frames per second, where they are known.
        cuts : sequence of int
            The frames, from 0, that begin another scene.
        """
        if not self._are_several:
            return (FaceFrames(0, 1, frame_count, lambda: iter(self.frames)),), People()
        people = find_people(
            self._tracklets, settings, typical_appearance, frame_count, rate_fps, cuts
        )
        return tuple(self._frames_of(person) for person in people.frames), people

    def _frames_of(self, person: PersonFrames) -> FaceFrames:
        def parts() -> Iterator[Part]:
            for piece in person.pieces:
                if piece.tracklet is None:
                    yield Absence(piece.frames)
                else:
                    yield self._of_tracklets[piece.tracklet]

        return FaceFrames(person.face_id, person.first_frame + 1, person.frames, parts)
