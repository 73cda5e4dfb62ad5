"""Advances the running medians over shards, with the bits of the sequential tracker."""

import numpy as np

from openface_core.action_units.dynamic import dynamic_scores, weigh_median
from openface_core.action_units.models import ActionUnitModels, Float64Array
from openface_core.running_medians import Descriptor, DescriptorMedians
from openface_core.shards.absence import Absence
from openface_core.shards.features import ShardFeatures


def _first_descriptor(medians: DescriptorMedians, features: ShardFeatures) -> Descriptor | None:
    """Return the first successful descriptor among the shard's frames that move the medians."""
    return features.first_descriptors[medians.frames % 2]


def replay_medians(
    models: ActionUnitModels, medians: DescriptorMedians, features: ShardFeatures
) -> Float64Array:
    """Advance the medians over a shard and return the scores at each frame's own time.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors.
    medians : DescriptorMedians
        The medians after all earlier frames of the video; advanced.
    features : ShardFeatures
        The shard, n frames.

    Returns
    -------
    (n, s) ndarray of float64
        Online scores of all views, with the bits of
        :class:`~openface_core.action_units.tracker.ActionUnitTracker`.
    """
    first = _first_descriptor(medians, features)
    weighted_median = weigh_median(models, medians.fhog, medians.geometry)
    series = features.series
    weighted, success = series["weighted"], series.success
    fhog_bins, geometry_bins = series["fhog_bins"], series["geometry_bins"]
    weighted_medians = np.empty_like(weighted)
    for i in range(len(features)):
        frame = slice(i, i + 1)
        if medians.update_binned(fhog_bins[frame], geometry_bins[frame], success[frame], first):
            weighted_median = weigh_median(models, medians.fhog, medians.geometry)
        weighted_medians[i] = weighted_median
    return dynamic_scores(models, weighted, weighted_medians)


def count_shard(medians: DescriptorMedians, features: ShardFeatures | Absence) -> None:
    """Advance the medians over a shard without forming them between its frames.

    Histograms add up: a pass of this over the shards of a video gives each of them the state to
    replay it from.

    Parameters
    ----------
    medians : DescriptorMedians
        The medians after all earlier frames of the video; advanced, to where
        :func:`replay_medians` leaves them.
    features : ShardFeatures or Absence
        The shard.
    """
    if isinstance(features, Absence):
        medians.skip(len(features))
        return
    medians.update_binned(
        features.series["fhog_bins"],
        features.series["geometry_bins"],
        features.series.success,
        _first_descriptor(medians, features),
    )
