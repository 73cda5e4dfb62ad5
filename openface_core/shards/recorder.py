"""Gathers the features of a shard while its frames are analysed."""

import numpy as np

from openface_core.action_units.models import ActionUnitModels
from openface_core.faces import Face
from openface_core.fields import STORED_FIELDS, Extent, FaceSeries, Observation
from openface_core.fields.field import AnyArray
from openface_core.media import DecodedFrame
from openface_core.running_medians import Descriptor
from openface_core.shards.features import ShardFeatures


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
        self._missing = {field.name: field.missing_value(extent) for field in STORED_FIELDS}
        self._values: dict[str, list[AnyArray]] = {field.name: [] for field in STORED_FIELDS}
        self._first: list[Descriptor | None] = [None, None]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, frame: DecodedFrame, face: Face) -> None:
        """Add the next frame.

        Parameters
        ----------
        frame : DecodedFrame
            The frame.
        face : Face
            Its face; one that was not measured makes the frame a failed one.
        """
        seen = Observation(frame, face, self._models)
        for field in STORED_FIELDS:
            value = self._missing[field.name]
            if field.take is not None and (face.is_measured or field.is_of_frame):
                # A copy: the caller may use its arrays again for the next frame.
                taken = np.array(field.take(seen), dtype=field.dtype)
                value = taken if taken.shape == value.shape else np.broadcast_to(taken, value.shape)
            self._values[field.name].append(value)
        parity = self._count % 2
        if face.is_measured and self._first[parity] is None:
            self._first[parity] = (face.fhog.copy(), face.geometry.copy())
        self._count += 1

    def features(self) -> ShardFeatures:
        """Return all frames added so far."""
        arrays = {
            name: np.array(values, dtype=missing.dtype).reshape(self._count, *missing.shape)
            for (name, missing), values in zip(
                self._missing.items(), self._values.values(), strict=True
            )
        }
        return ShardFeatures(FaceSeries(arrays), self._extent, (self._first[0], self._first[1]))
