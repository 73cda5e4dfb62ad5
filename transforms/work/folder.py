"""The folder in which the stages of a run leave large arrays for each other.

Only small references go from stage to stage. The folder is removed after each wave of inputs, and
not by a stage: a cluster may run a stage twice.
"""

from transforms.dataset.storage import join, remove_tree
from transforms.records import FaceKey, Shard

WORK_FOLDER = ".work"


def work_root(output: str) -> str:
    """Return the work folder of an output folder."""
    return join(output, WORK_FOLDER)


def video_folder(output: str, video_id: str) -> str:
    """Return the work folder of one input."""
    return join(work_root(output), video_id)


def features_path(output: str, shard: Shard, part: int) -> str:
    """Return where the features of a part of a shard go."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.{part:06}.features"
    return join(video_folder(output, shard.task.video_id), name)


def tracklet_path(output: str, shard: Shard, tracklet: int) -> str:
    """Return where the features of one of a shard's tracklets go."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.face-{tracklet:06}.features"
    return join(video_folder(output, shard.task.video_id), name)


def tracklets_path(output: str, shard: Shard) -> str:
    """Return where goes what is known of a shard's tracklets."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.tracklets"
    return join(video_folder(output, shard.task.video_id), name)


def _block_path(output: str, face: FaceKey, block: int, kind: str) -> str:
    name = f"face-{face.face_id:03}.block-{block:06}.{kind}"
    return join(video_folder(output, face.video_id), name)


def state_path(output: str, face: FaceKey, block: int) -> str:
    """Return where the medians' state before a block goes."""
    return _block_path(output, face, block, "medians")


def scores_path(output: str, face: FaceKey, block: int) -> str:
    """Return where the scores of a block go."""
    return _block_path(output, face, block, "scores")


def table_path(output: str, video_id: str) -> str:
    """Return where the table of an input goes that will share a file with others."""
    return join(video_folder(output, video_id), "frames.arrow")


def discard_all(output: str) -> None:
    """Remove the whole work folder."""
    remove_tree(work_root(output))
