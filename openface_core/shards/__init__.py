"""A video's frames in shards, analysed apart, and their exact assembly.

A shard is a run of consecutive frames. :mod:`~openface_core.shards.recorder` gathers what is kept
of one while it is analysed, :mod:`~openface_core.shards.features` is the result and
:mod:`~openface_core.shards.features_file` its file. :mod:`~openface_core.shards.replay` advances
the running medians over shards afterwards, with the bits of the sequential tracker; between shards
they travel in the file of :mod:`~openface_core.shards.median_state_file`. Both kinds of files are
:mod:`~openface_core.shards.work_file`.
"""

from openface_core.shards.absence import Absence
from openface_core.shards.features import ShardFeatures
from openface_core.shards.features_file import read_features, write_features
from openface_core.shards.median_state_file import read_median_state, write_median_state
from openface_core.shards.recorder import ShardRecorder
from openface_core.shards.replay import count_shard, replay_medians
from openface_core.shards.tracklets_file import read_tracklets, write_tracklets

__all__ = [
    "Absence",
    "ShardFeatures",
    "ShardRecorder",
    "count_shard",
    "read_features",
    "read_median_state",
    "read_tracklets",
    "replay_medians",
    "write_features",
    "write_median_state",
    "write_tracklets",
]
