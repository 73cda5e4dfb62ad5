"""Series over frames turned into an Arrow table with OpenFace's columns."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.fields import FACE_FIELDS, Extent, FaceSeries, Known
from openface_core.tables.arrow_columns import arrow_column


@dataclass(frozen=True, eq=False)
class FrameActionUnits:
    """Final action units of n frames, as they go into a table.

    Parameters
    ----------
    intensities : (n, r) ndarray of float32
        Intensities, 0 to 5.
    presences : (n, c) ndarray of bool
        Presences.
    withheld : frozenset of str
        Columns whose values are not given, because too few frames calibrate them.
    sides : tuple of FrameActionUnits
        Those of the person's left and right side; empty where sides are not measured.
    """

    intensities: NDArray[np.float32]
    presences: NDArray[np.bool_]
    withheld: frozenset[str] = frozenset()
    sides: tuple["FrameActionUnits", ...] = ()

    def __len__(self) -> int:
        return len(self.intensities)

    @classmethod
    def without_face(cls, frame_count: int, extent: Extent) -> "FrameActionUnits":
        """Return those of frames that show nobody."""
        counts = len(extent.intensity_names), len(extent.presence_names)
        whole = cls(
            np.zeros((frame_count, counts[0]), dtype=np.float32),
            np.zeros((frame_count, counts[1]), dtype=np.bool_),
        )
        return replace(whole, sides=(whole,) * extent.side_count)

    def __getitem__(self, frames: slice) -> "FrameActionUnits":
        return FrameActionUnits(
            self.intensities[frames],
            self.presences[frames],
            self.withheld,
            tuple(side[frames] for side in self.sides),
        )


def frame_table(
    schema: pa.Schema, extent: Extent, series: FaceSeries, action_units: FrameActionUnits
) -> pa.Table:
    """Return the per-frame table of consecutive frames of one video.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns, as :func:`openface_core.fields.frame_columns` gives them.
    extent : Extent
        What the models measure.
    series : FaceSeries
        Stored and derived fields of n frames.
    action_units : FrameActionUnits
        Action units of the same frames.

    Returns
    -------
    pyarrow.Table
        One row per frame; null where a value is missing or withheld, and in all measured columns of
        frames without a face, whatever OpenFace writes there. Without eye models, all that is said
        of the eyes is null.

    Raises
    ------
    ValueError
        If the two differ in length.
    """
    count = len(series)
    if len(action_units) != count:
        raise ValueError(f"{count} frames, but {len(action_units)} of action units")
    complete = series.with_arrays(
        intensities=action_units.intensities, presences=action_units.presences
    )
    if action_units.sides:
        complete = complete.with_arrays(
            side_intensities=np.stack([side.intensities for side in action_units.sides], axis=1),
            side_presences=np.stack([side.presences for side in action_units.sides], axis=1),
        )
    null_masks = {
        Known.WITH_ID: series["face_id"] < 0,
        Known.WITH_FACE: ~series.success,
        Known.WITH_EYES: ~series.has_eyes,
        Known.WITH_MEDIANS: ~series.success | (series["calibration_frames"] < 0),
    }
    nowhere = np.ones(count, dtype=np.bool_)
    arrays = {}
    for field in FACE_FIELDS:
        for column, values in field.columns_of(complete.arrays, extent):
            mask = null_masks.get(field.known)
            if field.known is Known.WHERE_KNOWN:
                mask = np.isnan(values)
            elif column.name in action_units.withheld:
                mask = nowhere
            arrays[column.name] = arrow_column(values, mask)
    return pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)
