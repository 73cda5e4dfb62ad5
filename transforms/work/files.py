"""Reading and writing what lies in the work folder."""

from functools import partial

from openface_core.errors import WorkFileError
from openface_core.fields import Extent
from openface_core.shards.features import ShardFeatures
from openface_core.shards.features_file import read_features
from openface_core.shards.scores_file import BlockScores, read_scores, write_scores
from transforms.dataset.storage import read_whole, write_whole
from transforms.metrics import Count, count
from transforms.records import BlockResult, FeaturesPart


def load_features(part: FeaturesPart, extent: Extent) -> ShardFeatures:
    """Return the features of a part of a shard.

    Parameters
    ----------
    part : FeaturesPart
        Where they are.
    extent : Extent
        What the models measure.

    Raises
    ------
    WorkFileError
        If the file is damaged.
    OutputError
        If it cannot be read.
    """
    features = read_features(read_whole(part.path), extent)
    if len(features) != part.frames:
        raise WorkFileError(part.path, "the file is of another shard", "Run again.")
    return features


def save_scores(path: str, scores: BlockScores) -> None:
    """Write the scores of a block."""
    # Not durable, as no file of the work folder: a run that follows a crash begins it anew.
    size_bytes = write_whole(path, partial(write_scores, scores=scores), durable=False)
    count(Count.WORK_BYTES, size_bytes)


def load_scores(result: BlockResult, model_count: int) -> BlockScores:
    """Return the scores of a block.

    Raises
    ------
    WorkFileError
        If the file is damaged.
    OutputError
        If it cannot be read.
    """
    return read_scores(read_whole(result.scores_path), result.block.frames, model_count)
