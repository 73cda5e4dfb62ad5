"""Stretches of a video without frames, seen from its time stamps."""

import numpy as np
from numpy.typing import NDArray

from openface_core.media.frames import MediaInfo

# A gap lacks five frames or more. Cameras in the dark and busy telephones skip one or two.
_LONGEST_STEP = 5.5

# Where fewer steps than this are near the usual one, the frame rate varies, and a long step is
# no gap: slides, screen recordings, pictures taken on events.
_REGULAR_SHARE = 0.9
_NEAR = 2.0
_FEWEST_FRAMES = 10

_TOLD_ONE_BY_ONE = 5


def gap_warnings(info: MediaInfo, pts_seconds: NDArray[np.float64]) -> tuple[str, ...]:
    """Return what to tell a user about stretches of a video without frames.

    Parameters
    ----------
    info : MediaInfo
        What decoding found.
    pts_seconds : (n,) ndarray of float64
        Times of all frames of a video; NaN where unknown.

    Returns
    -------
    tuple of str
        One line for each of the first five gaps, with place and length, and one for all others.
        One more for an end that is missing. None for images, and for a video whose frame rate
        varies.
    """
    known = np.flatnonzero(np.isfinite(pts_seconds))
    if info.kind != "video" or len(known) < _FEWEST_FRAMES:
        return ()
    # Around damage, decoders give frames out of order.
    rows = known[np.argsort(pts_seconds[known], kind="stable")]
    times = pts_seconds[rows]
    steps = np.diff(times)
    forward = steps[steps > 0]
    if not len(forward):
        return ()
    usual = float(np.median(forward))
    if np.mean(forward <= _NEAR * usual) < _REGULAR_SHARE:
        return ()
    (places,) = np.nonzero(steps > _LONGEST_STEP * usual)
    missing = steps[places] - usual
    lines = [
        f"{seconds:.2f} s without frames after frame {rows[place] + 1}"
        for place, seconds in zip(places.tolist(), missing.tolist(), strict=True)
    ]
    others = lines[_TOLD_ONE_BY_ONE:]
    if others:
        total = float(missing[_TOLD_ONE_BY_ONE:].sum())
        rest = f"{len(others)} more stretches without frames, {total:.2f} s in all"
        lines = [*lines[:_TOLD_ONE_BY_ONE], rest]
    return (*lines, *_missing_end(info, len(pts_seconds), float(times[-1]) + usual, usual))


def _missing_end(info: MediaInfo, frames: int, end_seconds: float, usual: float) -> tuple[str, ...]:
    """Return what to tell of an end that the header promises and that is not there."""
    stated, promised = info.end_seconds_from_header, info.frame_count_from_header
    if stated is None or (promised is not None and frames >= promised):
        return ()
    missing = stated - end_seconds
    if missing <= (_LONGEST_STEP - 1) * usual:
        return ()
    return (f"{missing:.2f} s that the header promises are missing after frame {frames}",)
