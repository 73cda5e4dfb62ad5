"""Twin of calibration on rest frames: descriptors sorted, one number at a time."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.running_medians import FHOG_RANGE, GEOMETRY_RANGE, Descriptor, HistogramRange
from tests.twins.action_units import TwinVideo, is_present, score

Float64Array = NDArray[np.float64]


def _median(values: Float64Array, histogram: HistogramRange) -> Float64Array:
    """Return the centres of the bins of the lower medians of the columns."""
    lower = np.sort(values, axis=0)[(len(values) + 1) // 2 - 1]
    bins = np.trunc((lower - histogram.minimum) * histogram.bins / histogram.length)
    bins = np.clip(bins, 0, histogram.bins - 1)
    width = histogram.length / histogram.bins
    return np.asarray(histogram.minimum + bins * width + 0.5 * width)


def calibrate_on_rest(
    models: ActionUnitModels,
    videos: list[list[Descriptor | None]],
    at_rest: list[NDArray[np.bool_]],
) -> list[TwinVideo]:
    """Return the final action units of a person's videos.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    videos : list of list of Descriptor or None
        The descriptor of every frame of every video; None for a failed frame.
    at_rest : list of (n,) ndarray of bool
        Which frames are named as rest.
    """
    named = [
        descriptor
        for frames, flags in zip(videos, at_rest, strict=True)
        for descriptor, flag in zip(frames, flags, strict=True)
        if flag and descriptor is not None
    ]
    fhog = _median(np.array([d[0] for d in named], dtype=np.float64), FHOG_RANGE)
    geometry = _median(np.array([d[1] for d in named]), GEOMETRY_RANGE)
    median = np.concatenate([np.maximum(fhog, 0.0), geometry])

    def scores(descriptor: Descriptor) -> list[float]:
        joined = np.concatenate([descriptor[0].astype(np.float64), descriptor[1]])
        return [score(model, joined, median) for model in models.all_models]

    rest_scores = np.array([scores(descriptor) for descriptor in named])
    count = len(models.intensity)
    offsets = np.zeros(count)
    for k, model in enumerate(models.intensity):
        if model.cutoff is not None:
            offsets[k] = sorted(rest_scores[:, k])[int(len(named) * model.cutoff)]
    return [_finish(models, frames, scores, offsets) for frames in videos]


def _finish(
    models: ActionUnitModels,
    frames: Sequence[Descriptor | None],
    scores: Callable[[Descriptor], list[float]],
    offsets: NDArray[np.float64],
) -> TwinVideo:
    n, count = len(frames), len(models.intensity)
    clipped = np.zeros((n, count))
    raw = np.zeros((n, len(models.presence)), dtype=np.bool_)
    for i, descriptor in enumerate(frames):
        if descriptor is not None:
            values = scores(descriptor)
            clipped[i] = [min(max(values[k] - offsets[k], 0.0), 5.0) for k in range(count)]
            raw[i] = [
                is_present(model, values[count + k]) for k, model in enumerate(models.presence)
            ]
    intensities, presences = clipped.copy(), raw.copy()
    is_seen = [descriptor is not None for descriptor in frames]
    for i in range(1, n - 1):
        near = [j for j in range(i - 1, i + 2) if is_seen[j]]
        intensities[i] = clipped[near].sum(axis=0) / max(len(near), 1)
    for i in range(3, n - 3):
        near = [j for j in range(i - 3, i + 4) if is_seen[j]]
        present = raw[near].sum(axis=0)
        is_tie = 2 * present == len(near)
        presences[i] = np.where(is_tie, raw[i], 2 * present > len(near))
    return TwinVideo(intensities, presences, offsets)
