"""Time stamps as they go into a table, and the rest frames that they single out."""

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.settings import OutputSettings
from openface_core.media import MediaInfo
from openface_core.rest_frames import RestRanges

Float64Array = NDArray[np.float64]


def table_timestamps(
    pts_seconds: Float64Array, first_number: int, info: MediaInfo, settings: OutputSettings
) -> Float64Array:
    """Return the time stamps of consecutive frames, as the settings want them.

    Parameters
    ----------
    pts_seconds : (n,) ndarray of float64
        Presentation times; NaN where unknown.
    first_number : int
        Number of the first of the frames, counted from 1.
    info : MediaInfo
        What decoding found.
    settings : OutputSettings
        Where time stamps come from: ``frame_number`` are OpenFace's, ``(frame - 1) / fps``. A
        picture is at 0 in any case.

    Returns
    -------
    (n,) ndarray of float64
        The column ``timestamp``; NaN where unknown.
    """
    if settings.timestamps != "frame_number" or info.kind == "image":  # which is at 0, at no rate
        return pts_seconds
    count = len(pts_seconds)
    if not info.average_rate_fps:
        return np.full(count, np.nan)
    return np.arange(first_number - 1, first_number - 1 + count) / info.average_rate_fps


def frames_at_rest(
    rest: RestRanges | None, timestamps: Float64Array, first_number: int
) -> NDArray[np.bool_]:
    """Return which frames of an input are named as rest, (n,).

    Parameters
    ----------
    rest : RestRanges or None
        What is named; ranges are given in the time stamps of the table.
    timestamps : (n,) ndarray of float64
        Those of some of its frames, see :func:`table_timestamps`.
    first_number : int
        Number of the first of these frames in the input, counted from 1.
    """
    if rest is None:
        return np.zeros(len(timestamps), dtype=np.bool_)
    return rest.contain(timestamps, first_number)
