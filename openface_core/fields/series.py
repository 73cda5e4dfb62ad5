"""What is known of one face over consecutive frames, as arrays over frames."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.fields.face_fields import FACE_FIELDS, STORED_FIELDS
from openface_core.fields.field import AnyArray, Derivation, Extent


@dataclass(frozen=True, eq=False)
class FaceSeries:
    """Fields of one face over n frames.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays over frames by the names of the fields, see
        :mod:`openface_core.fields.face_fields`; the stored ones at least.
    """

    arrays: Mapping[str, AnyArray]

    def __len__(self) -> int:
        return len(self.success)

    def __getitem__(self, name: str) -> AnyArray:
        return self.arrays[name]

    @property
    def success(self) -> NDArray[np.bool_]:
        """Frames whose face was found and measured, (n,)."""
        return self.arrays["success"]

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Confidence in the face, (n,); NaN where there is no candidate."""
        return self.arrays["confidence"]

    @property
    def pts_seconds(self) -> NDArray[np.float64]:
        """Presentation times, (n,); NaN where unknown."""
        return self.arrays["pts_seconds"]

    @property
    def has_eyes(self) -> NDArray[np.bool_]:
        """Frames whose eyes were measured, (n,)."""
        has_eyes: NDArray[np.bool_] = self.success & ~np.isnan(
            self.arrays["gaze_directions"][:, 0, 0]
        )
        return has_eyes

    def with_arrays(self, **arrays: AnyArray) -> "FaceSeries":
        """Return the series with further fields, or with other values of some."""
        return FaceSeries({**self.arrays, **arrays})

    def with_derived_fields(self, derivation: Derivation) -> "FaceSeries":
        """Return the series with the fields that are derived from the stored ones.

        Parameters
        ----------
        derivation : Derivation
            What they are derived with.
        """
        arrays = dict(self.arrays)
        for field in FACE_FIELDS:
            if field.derive is not None:
                arrays[field.name] = field.derive(arrays, derivation)
        return FaceSeries(arrays)


def check_stored_fields(series: FaceSeries, extent: Extent) -> None:
    """Raise ValueError if a stored field is missing, or has another shape or dtype."""
    count = len(series)
    for field in STORED_FIELDS:
        array = series.arrays.get(field.name)
        shape, dtype = (count, *field.shape_of(extent)), np.dtype(field.dtype)
        found = None if array is None else (array.shape, array.dtype)
        if found != (shape, dtype):
            raise ValueError(f"{field.name}: {shape} {dtype} is expected, found {found}")
