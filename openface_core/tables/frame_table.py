"""Series over frames turned into an Arrow table with OpenFace's columns."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.eyes import gaze_angles
from openface_core.tables.frame_series import FrameSeries


@dataclass(frozen=True, eq=False)
class FrameActionUnits:
    """Final action units of n frames, as they go into a table.

    Parameters
    ----------
    intensities : (n, r) ndarray of float32
        Intensities, 0 to 5.
    presences : (n, c) ndarray of bool
        Presences.
    """

    intensities: NDArray[np.float32]
    presences: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.intensities)

    def __getitem__(self, frames: slice) -> "FrameActionUnits":
        return FrameActionUnits(self.intensities[frames], self.presences[frames])


def _columns_of(values: NDArray[np.generic]) -> Iterator[NDArray[np.generic]]:
    """Yield the columns of an array of n rows, each contiguous, the last axis fastest."""
    width = math.prod(values.shape[1:])
    yield from np.ascontiguousarray(values.reshape(len(values), width).T)


def frame_table(
    schema: pa.Schema, series: FrameSeries, action_units: FrameActionUnits, first_frame: int = 1
) -> pa.Table:
    """Return the per-frame table of consecutive frames of one video.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns, as :func:`openface_core.tables.columns.frame_schema` gives them.
    series : FrameSeries
        Measurements of n frames.
    action_units : FrameActionUnits
        Action units of the same frames.
    first_frame : int
        Number of the first of them, counted from 1.

    Returns
    -------
    pyarrow.Table
        One row per frame; null where a value is missing, and in all measured columns of frames
        without a face, whatever OpenFace writes there. Without eye models, all that is said of the
        eyes is null.

    Raises
    ------
    ValueError
        If the two differ in length.
    """
    count = len(series)
    if len(action_units) != count:
        raise ValueError(f"{count} frames, but {len(action_units)} of action units")
    failed, eyeless = ~series.success, ~series.has_eyes
    eyes = [
        series.gaze_directions,
        gaze_angles(series.gaze_directions),
        series.eye_landmarks_px[..., 0],
        series.eye_landmarks_px[..., 1],
        series.eye_landmarks_3d_mm[..., 0],
        series.eye_landmarks_3d_mm[..., 1],
        series.eye_landmarks_3d_mm[..., 2],
    ]
    measured = [
        series.pose,
        series.landmarks_px[:, :, 0],
        series.landmarks_px[:, :, 1],
        series.landmarks_3d_mm[:, :, 0],
        series.landmarks_3d_mm[:, :, 1],
        series.landmarks_3d_mm[:, :, 2],
        series.global_parameters,
        series.shape_parameters,
        action_units.intensities,
        action_units.presences,
    ]
    arrays = [
        pa.array(np.arange(first_frame, first_frame + count, dtype=np.int32)),
        pa.array(np.zeros(count, dtype=np.int32)),
        pa.array(series.pts_seconds, mask=np.isnan(series.pts_seconds)),
        pa.array(series.confidence, mask=np.isnan(series.confidence)),
        pa.array(series.success),
    ]
    for blocks, mask in ((eyes, eyeless), (measured, failed)):
        arrays += [pa.array(column, mask=mask) for block in blocks for column in _columns_of(block)]
    return pa.Table.from_arrays(arrays, schema=schema)
