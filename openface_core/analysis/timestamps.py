"""Time stamps as they go into a table, and the rest frames that they single out."""

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.settings import OutputSettings
from openface_core.media import MediaInfo
from openface_core.tables.frame_series import frame_number_times
from transforms.records import Block

Float64Array = NDArray[np.float64]


def table_timestamps(
    pts_seconds: Float64Array, first_frame: int, info: MediaInfo, settings: OutputSettings
) -> Float64Array:
    """Return the time stamps of consecutive frames, as the settings want them.

    Parameters
    ----------
    pts_seconds : (n,) ndarray of float64
        Presentation times; NaN where unknown.
    first_frame : int
        Number of the first of the frames, counted from 1.
    info : MediaInfo
        What decoding found.
    settings : OutputSettings
        Where time stamps come from.

    Returns
    -------
    (n,) ndarray of float64
        The column ``timestamp``; NaN where unknown.
    """
    if settings.timestamps == "frame_number":
        return frame_number_times(info.average_rate_fps, first_frame - 1, len(pts_seconds))
    return pts_seconds


def frames_at_rest(
    block: Block, pts_seconds: Float64Array, first_frame: int, settings: OutputSettings
) -> NDArray[np.bool_]:
    """Return which frames of an input its manifest names as rest, (n,).

    Parameters
    ----------
    block : Block
        A block of the input.
    pts_seconds : (n,) ndarray of float64
        Presentation times of some of its frames; NaN where unknown.
    first_frame : int
        Number of the first of these frames in the input, counted from 1.
    settings : OutputSettings
        Where time stamps come from: ranges are given in those of the table.
    """
    if block.task.rest is None:
        return np.zeros(len(pts_seconds), dtype=np.bool_)
    times = table_timestamps(pts_seconds, first_frame, block.info, settings)
    return block.task.rest.contain(times, first_frame)
