"""Gathers one face that is followed: its measurements, and what tells the person from others."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.boxes import box_of
from openface_core.descriptors import FHOG_SIZE
from openface_core.faces import Face
from openface_core.fields import Extent
from openface_core.identity import Tracklet
from openface_core.identity.tracklet import Box
from openface_core.landmarks.conventions import face_widths_px
from openface_core.media import DecodedFrame
from openface_core.partial_pictures import AnyPicture
from openface_core.shards import ShardFeatures, ShardRecorder

Float32Array = NDArray[np.float32]
Identifier = Callable[[AnyPicture, Float32Array], Float32Array | None]
"""Returns what a face network says of a face, (d,), given the frame and landmarks (68, 2); None
where that is nothing of use."""

IDENTIFIED_EVERY = 30
"""A face network is asked about the first frame of a tracklet, and then every so many: five times
in an interval of 150 frames do as well as twenty, and it costs as much as tracking."""


class TrackletRecorder:
    """Gathers the frames of a face, from the first in which it is measured.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors of action units.
    extent : Extent
        What they and the shape model measure.
    name : tuple of int
        Number of the interval, and of the face in it.
    first_index : int
        Index in the input, from 0, of its first frame.
    identifier : callable or None
        Says something by which people are known again.
    """

    def __init__(
        self,
        models: ActionUnitModels,
        extent: Extent,
        name: tuple[int, int],
        first_index: int,
        identifier: Identifier | None = None,
    ) -> None:
        self.next_number: int | None = None
        self._recorder = ShardRecorder(models, extent)
        self._name = name
        self._first_index = first_index
        self._appearance = np.zeros(FHOG_SIZE)
        self._boxes: tuple[Box, Box] | None = None
        self._found = 0
        self._until_found = 0
        self._identifier = identifier
        self._next_identified = 0
        self._embeddings: list[Float32Array] = []

    def add(self, frame: DecodedFrame, face: Face) -> None:
        """Take the face in the next frame, measured or not."""
        self._recorder.add(frame, face)
        if not face.is_measured or face.landmarks is None:
            return
        self._found += 1
        self._until_found = len(self._recorder)
        self._appearance += face.fhog
        left, top, right, bottom = (float(side) for side in box_of(face.landmarks))
        box = (left, top, right, bottom)
        self._boxes = (box if self._boxes is None else self._boxes[0], box)
        if self._identifier is not None and self._until_found > self._next_identified:
            embedding = self._identifier(frame.picture, face.landmarks)
            if embedding is not None:
                self._embeddings.append(embedding)
                self._next_identified = self._until_found - 1 + IDENTIFIED_EVERY

    def finish(self) -> tuple[Tracklet, ShardFeatures]:
        """Return the face up to the last frame in which it was measured."""
        assert self._boxes is not None  # noqa: S101 - the first frame is one that was measured
        features = self._recorder.features().first_frames(self._until_found)
        series = features.series
        found = series.success
        widths_px = face_widths_px(series["landmarks_px"][found])
        tracklet = Tracklet(
            interval=self._name[0],
            number=self._name[1],
            first_frame=self._first_index,
            last_frame=self._first_index + self._until_found - 1,
            seen=self._found,
            first_box=self._boxes[0],
            last_box=self._boxes[1],
            width_px=float(np.median(widths_px)),
            confidence=float(np.nan_to_num(series.confidence[found]).mean(dtype=np.float64)),
            appearance=(self._appearance / self._found).astype(np.float32),
            embeddings=np.array(self._embeddings, dtype=np.float32).reshape(
                len(self._embeddings), -1 if self._embeddings else 0
            ),
            next_number=self.next_number,
        )
        return tracklet, features
