"""Reading and writing what lies in the work folder."""

from functools import partial

from openface_core.errors import WorkFileError
from openface_core.fields import Extent
from openface_core.identity import Tracklet
from openface_core.shards import Absence, ShardFeatures, read_tracklets
from openface_core.shards.features_file import read_features
from openface_core.shards.scores_file import BlockScores, read_scores, write_scores
from transforms.dataset.storage import read_work_file, write_whole
from transforms.metrics import Count, count
from transforms.records import BlockResult, FeaturesPart, ShardResult


def load_features(part: FeaturesPart, extent: Extent) -> ShardFeatures:
    """Return the features of a part that has a file.

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
    if part.path is None:
        raise ValueError("frames without a face have no features")
    features = read_features(read_work_file(part.path), extent)
    if len(features) != part.frames:
        raise WorkFileError(part.path, "the file is of another shard", "Run again.")
    return features


def load_part(part: FeaturesPart, extent: Extent) -> ShardFeatures | Absence:
    """Return a person's frames: their features, or that the person is not there.

    Parameters
    ----------
    part : FeaturesPart
        Which frames.
    extent : Extent
        What the models measure.

    Raises
    ------
    WorkFileError
        If the file is damaged.
    OutputError
        If it cannot be read.
    """
    return Absence(part.frames) if part.path is None else load_features(part, extent)


def load_tracklets(result: ShardResult) -> tuple[list[Tracklet], list[int]]:
    """Return what is known of a shard's tracklets, and which frames begin another scene.

    Raises
    ------
    WorkFileError
        If the file is damaged.
    OutputError
        If it cannot be read.
    """
    if result.tracklets_path is None:
        return [], []
    tracklets, cuts = read_tracklets(read_work_file(result.tracklets_path))
    if len(tracklets) != len(result.tracklet_parts):
        raise WorkFileError(result.tracklets_path, "the file is of another shard", "Run again.")
    return tracklets, cuts


def save_scores(path: str, scores: BlockScores) -> None:
    """Write the scores of a block."""
    # Not durable, as no file of the work folder: a run that follows a crash begins it anew.
    size_bytes = write_whole(path, partial(write_scores, scores=scores), durable=False)
    count(Count.WORK_BYTES, size_bytes)


def load_scores(result: BlockResult, score_count: int, *, has_sides: bool) -> BlockScores:
    """Return the scores of a block.

    Parameters
    ----------
    result : BlockResult
        Where they are.
    score_count : int
        How many each frame has.
    has_sides : bool
        Whether the sides of faces are measured.

    Raises
    ------
    WorkFileError
        If the file is damaged.
    OutputError
        If it cannot be read.
    """
    return read_scores(
        read_work_file(result.scores_path),
        result.block.frames,
        score_count,
        has_sides=has_sides,
    )
