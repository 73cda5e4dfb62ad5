"""Component 11: what OpenFace does to a whole video's predictions once its last frame is read.

References
----------
``FaceAnalyser::PostprocessPredictions``, ``ExtractAllPredictionsOfflineReg``,
``ExtractAllPredictionsOfflineClass`` and ``PostprocessOutputFile``, OpenFace 2.2.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.dynamic import dynamic_scores
from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.action_units.static import MAX_INTENSITY

BoolArray = NDArray[np.bool_]

REPREDICTED_FRAMES = 3000
"""So many successful frames, the video's first, are predicted again with the final medians."""

_INTENSITY_WINDOW = 3
_PRESENCE_WINDOW = 7

SMOOTHING_REACH_FRAMES = 3
"""Frames farther away than this have no influence on one that is smoothed."""


def repredict(
    models: ActionUnitModels,
    weighted: Float64Array,
    online_scores: Float64Array,
    success: BoolArray,
    weighted_median: Float64Array,
    limit: int | None = None,
) -> Float64Array:
    """Return the scores after the first frames' re-prediction with the final medians.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    weighted : (n, s) ndarray of float64
        Products of each frame's descriptor with the weights of all views.
    online_scores : (n, s) ndarray of float64
        Scores relative to the median of each frame's own time.
    success : (n,) ndarray of bool
        Frames whose face was found.
    weighted_median : (s,) ndarray of float64
        Product of the final median with the weights.
    limit : int, optional
        How many successful frames are predicted again: 3000, or what is left of them where the
        frames are a later part of a video.

    Returns
    -------
    (n, s) ndarray of float64
        Scores; the online ones after the first `limit` successful frames.
    """
    first = np.flatnonzero(success)[: REPREDICTED_FRAMES if limit is None else limit]
    scores = online_scores.copy()
    scores[first] = dynamic_scores(models, weighted[first], weighted_median)
    return scores


def intensity_offsets(
    models: ActionUnitModels, intensities: Float64Array, success: BoolArray
) -> Float64Array:
    """Return the value of each intensity that counts as the person's zero.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, r of them of intensity.
    intensities : (n, v * r) ndarray of float64
        Intensities as regressed, of the whole face and perhaps of its sides.
    success : (n,) ndarray of bool
        Frames whose face was found.

    Returns
    -------
    (v * r,) ndarray of float64
        A low or middle quantile of the person's own values for dynamic models, 0 for static ones
        and where no frame was successful.
    """
    offsets = np.zeros(intensities.shape[1])
    count = int(np.count_nonzero(success))
    for k in range(len(offsets)):
        cutoff = models.intensity[k % len(models.intensity)].cutoff
        if cutoff is not None and count:
            # One column at a time: a copy of all of them would be a long video's largest array.
            offsets[k] = np.sort(intensities[success, k])[int(count * cutoff)]
    return offsets


def _centred_sums(values: Float64Array, window: int) -> Float64Array:
    """Return the sums over `window` neighbouring rows, (n - window + 1, ...)."""
    rows = len(values) - window + 1
    total = values[:rows].copy()
    for k in range(1, window):
        total += values[k : k + rows]
    return total


def final_intensities(
    intensities: Float64Array,
    offsets: Float64Array,
    success: BoolArray,
    *,
    missing_as_zero: bool,
) -> Float64Array:
    """Return the intensities as they are written.

    Parameters
    ----------
    intensities : (n, r) ndarray of float64
        Intensities as regressed.
    offsets : (r,) ndarray of float64
        The person's zeros.
    success : (n,) ndarray of bool
        Frames whose face was found.
    missing_as_zero : bool
        Whether failed frames enter the average as zeros, as they do in OpenFace: beside a gap, good
        frames are pulled down. Otherwise only frames with a face are averaged.

    Returns
    -------
    (n, r) ndarray of float64
        Shifted, clipped to 0 to 5 and averaged over three frames. A failed frame has a value of its
        neighbours, which is for the caller to discard.
    """
    clipped = np.clip(intensities - offsets, 0.0, MAX_INTENSITY)
    clipped[~success] = 0.0
    if len(clipped) >= _INTENSITY_WINDOW:
        smoothed = _centred_sums(clipped, _INTENSITY_WINDOW)
        smoothed /= _frames_that_count(success, _INTENSITY_WINDOW, missing_as_zero)
        clipped[1:-1] = smoothed
    return clipped


def _frames_that_count(success: BoolArray, window: int, missing_as_zero: bool) -> Float64Array:
    """Return how many of the neighbouring frames take part, at least 1; (n - window + 1, 1)."""
    if missing_as_zero:
        return np.full((len(success) - window + 1, 1), float(window))
    seen = _centred_sums(success.astype(np.float64), window)
    return np.maximum(seen, 1.0)[:, None]


def final_presences(present: BoolArray, success: BoolArray, *, missing_as_zero: bool) -> BoolArray:
    """Return the presences as they are written.

    Parameters
    ----------
    present : (n, c) ndarray of bool
        Presence of each frame alone; false for failed frames.
    success : (n,) ndarray of bool
        Frames whose face was found.
    missing_as_zero : bool
        Whether failed frames count as ones without the action, as they do in OpenFace. Otherwise
        only frames with a face count.

    Returns
    -------
    (n, c) ndarray of bool
        The majority of seven frames; the three frames at either end stay as they are, and so does
        one whose neighbours are equally many on either side.
    """
    result = present.copy()
    if len(present) >= _PRESENCE_WINDOW:
        counts = _centred_sums(present.astype(np.float64), _PRESENCE_WINDOW)
        half = _frames_that_count(success, _PRESENCE_WINDOW, missing_as_zero) / 2
        margin = _PRESENCE_WINDOW // 2
        inner = result[margin:-margin]
        result[margin:-margin] = np.where(counts == half, inner, counts > half)
    return result
