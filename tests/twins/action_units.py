"""Twins of components 8, 9 and 11: one model, one frame and one number at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModel, ActionUnitModels

Float64Array = NDArray[np.float64]


def score(model: ActionUnitModel, descriptor: Float64Array, median: Float64Array) -> float:
    """Return ``(x - means - median) . w + b``; a static model knows no median."""
    centred = descriptor - model.means
    if model.is_dynamic:
        centred = centred - median
    return float(centred @ model.weights + model.bias)


def is_present(model: ActionUnitModel, decision: float) -> bool:
    """Return whether a presence model's decision value means that the action unit is there."""
    return model.presence_if_positive if decision > 0.0 else not model.presence_if_positive


@dataclass(frozen=True, eq=False)
class TwinVideo:
    """Final intensities (n, r), presences (n, c) and offsets (r,) of a video."""

    intensities: Float64Array
    presences: NDArray[np.bool_]
    offsets: Float64Array


def postprocess(
    models: ActionUnitModels,
    descriptors: list[Float64Array | None],
    online: Float64Array,
    final_median: Float64Array,
    repredicted_frames: int = 3000,
) -> TwinVideo:
    """Post-process a video; a failed frame's descriptor is None.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, k in all.
    descriptors : list of (4702,) ndarray or None
        One per frame.
    online : (n, k) ndarray
        Scores at each frame's own time.
    final_median : (4702,) ndarray
        Median after the last frame.
    repredicted_frames : int
        How many successful frames are predicted again.
    """
    n = len(descriptors)
    scores = np.zeros((n, len(models.all_models)))
    seen = 0
    for i, descriptor in enumerate(descriptors):
        if descriptor is None:
            continue
        seen += 1
        for k, model in enumerate(models.all_models):
            again = seen <= repredicted_frames
            scores[i, k] = score(model, descriptor, final_median) if again else online[i, k]

    intensities = np.zeros((n, len(models.intensity)))
    offsets = np.zeros(len(models.intensity))
    for k, model in enumerate(models.intensity):
        good = sorted(scores[i, k] for i in range(n) if descriptors[i] is not None)
        if model.cutoff is not None and good:
            offsets[k] = good[int(len(good) * model.cutoff)]
        clipped = [0.0] * n
        for i in range(n):
            if descriptors[i] is not None:
                clipped[i] = min(max(scores[i, k] - offsets[k], 0.0), 5.0)
        for i in range(n):
            inner = 0 < i < n - 1
            intensities[i, k] = sum(clipped[i - 1 : i + 2]) / 3 if inner else clipped[i]

    presences = np.zeros((n, len(models.presence)), dtype=np.bool_)
    for k, model in enumerate(models.presence):
        decisions = scores[:, len(models.intensity) + k]
        raw = [descriptors[i] is not None and is_present(model, decisions[i]) for i in range(n)]
        for i in range(n):
            inner = 3 <= i < n - 3
            presences[i, k] = sum(raw[i - 3 : i + 4]) >= 4 if inner else raw[i]
    return TwinVideo(intensities, presences, offsets)
