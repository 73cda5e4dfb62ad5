"""Gathers the features of a shard while its frames are analysed."""

import numpy as np

from openface_core.action_units.models import ActionUnitModels
from openface_core.faces import Face
from openface_core.fields import STORED_FIELDS, Extent, FaceSeries, Observation
from openface_core.fields.field import AnyArray
from openface_core.media import DecodedFrame
from openface_core.running_medians import Descriptor
from openface_core.shards.features import ShardFeatures

_FIRST_CAPACITY = 128
_OF_FRAME = tuple(f for f in STORED_FIELDS if f.is_of_frame)
_OF_FACE = tuple(f for f in STORED_FIELDS if not f.is_of_frame)


class ShardRecorder:
    """Gathers a :class:`ShardFeatures` frame by frame.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    extent : Extent
        What they and the shape model measure.
    """

    def __init__(self, models: ActionUnitModels, extent: Extent) -> None:
        self._models = models
        self._extent = extent
        self._arrays = self._without_values(_FIRST_CAPACITY)
        self._capacity = _FIRST_CAPACITY
        self._count = 0
        self._first: list[Descriptor | None] = [None, None]

    def __len__(self) -> int:
        return self._count

    def _without_values(self, count: int) -> dict[str, AnyArray]:
        """Return the arrays of frames of which nothing is known."""
        return {
            field.name: np.full(
                (count, *field.shape_of(self._extent)), field.missing, dtype=field.dtype
            )
            for field in STORED_FIELDS
        }

    def _grow(self) -> None:
        more = self._without_values(self._capacity)
        self._arrays = {
            name: np.concatenate([old, more[name]]) for name, old in self._arrays.items()
        }
        self._capacity *= 2

    def add(self, frame: DecodedFrame, face: Face) -> None:
        """Add the next frame.

        Parameters
        ----------
        frame : DecodedFrame
            The frame.
        face : Face
            Its face; one that was not measured makes the frame a failed one.
        """
        place = self._count
        if place == self._capacity:
            self._grow()
        arrays, seen = self._arrays, Observation(frame, face, self._models)
        for field in _OF_FRAME:
            arrays[field.name][place] = field.take(seen)
        if face.is_measured:
            for field in _OF_FACE:
                arrays[field.name][place] = field.take(seen)
            if self._first[place % 2] is None:
                self._first[place % 2] = (face.fhog.copy(), face.geometry.copy())
        self._count += 1

    def features(self) -> ShardFeatures:
        """Return all frames added so far."""
        arrays = {name: array[: self._count] for name, array in self._arrays.items()}
        return ShardFeatures(FaceSeries(arrays), self._extent, (self._first[0], self._first[1]))
