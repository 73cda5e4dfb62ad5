"""The folder in which the stages of a run leave large arrays for each other.

Only small references go from stage to stage. The folder is removed after each wave of inputs, and
not by a stage: a cluster may run a stage twice.
"""

from dataclasses import dataclass

from openface_core.errors import OutputError, RunOverError
from openface_core.media.sources import locate
from transforms.dataset.run_lock import check_held
from transforms.dataset.storage import join, remove_empty, remove_tree, write_whole
from transforms.records import FaceKey, Shard

WORK_FOLDER = ".work"
_MARK = "run"
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class RunFolders:
    """Where a run writes.

    Parameters
    ----------
    output : str
        The output folder.
    work : str
        Where stages leave arrays for each other.
    progress : str or None
        Local folder in which workers tell their progress; None where they need not.
    may_repeat : bool
        Whether the runner may give an element to a worker again, as clusters do after a failure.
        What was finished then is found, and not made again.
    holder : str or None
        Token of the run's mark in the output folder, without which it may not write; None where a
        mark in its work folder says that, as for jobs that outlive whoever has started them.
    """

    output: str
    work: str
    progress: str | None = None
    may_repeat: bool = False
    holder: str | None = None


def work_root(output: str) -> str:
    """Return the folder of all work files of an output folder."""
    return join(output, WORK_FOLDER)


def local_folders(output: str, holder: str | None = None) -> RunFolders:
    """Return where a run writes whose workers are on this machine.

    Parameters
    ----------
    output : str
        The output folder.
    holder : str or None
        Token of the run's mark there; None where nobody else may come.
    """
    root = work_root(output)
    return RunFolders(output, root if holder is None else join(root, holder), holder=holder)


def mark_of(folders: RunFolders) -> str:
    """Return the file that lies there as long as a run on a cluster goes on."""
    return join(folders.work, _MARK)


def begin_run(folders: RunFolders, job: str = "") -> None:
    """Mark a run's work folder as that of the run that works in the output folder now.

    Parameters
    ----------
    folders : RunFolders
        Where the run writes.
    job : str
        Name of its job on the cluster.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if folders.may_repeat:
        name = job.encode()
        write_whole(mark_of(folders), lambda file: file.write(name), durable=False)


def jobs_of_earlier_runs(output: str) -> tuple[str, ...]:
    """Return the names of the jobs of runs that have begun in an output folder and not ended.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    root = locate(work_root(output), error=OutputError)
    if not root.exists():
        return ()
    marks = [root.child(run).child(_MARK) for run in sorted(root.folder_names())]
    names = [mark.read(_LONGEST_NAME).decode(errors="replace") for mark in marks if mark.exists()]
    return tuple(filter(None, names))


def check_run(folders: RunFolders) -> None:
    """Refuse to write for a run whose output folder another run has taken over.

    A cluster may go on with a job after whoever started it has been killed, and a process that was
    stopped for minutes goes on after another one has begun.

    Raises
    ------
    RunOverError
        If the run is over.
    OutputError
        If storage refuses.
    """
    if folders.holder is not None:
        check_held(folders.output, folders.holder)
    if folders.may_repeat and not locate(mark_of(folders), error=OutputError).exists():
        raise RunOverError.of(folders.output)


def cluster_folders(output: str, run: str, progress: str | None = None) -> RunFolders:
    """Return where a run writes whose workers may still write when another run has begun.

    Parameters
    ----------
    output : str
        The output folder.
    run : str
        Tells the run from all others.
    progress : str or None
        Where workers tell their progress.
    """
    return RunFolders(output, join(work_root(output), run), progress, may_repeat=True)


def video_folder(work: str, video_id: str) -> str:
    """Return the work folder of one input."""
    return join(work, video_id)


def features_path(work: str, shard: Shard, part: int) -> str:
    """Return where the features of a part of a shard go."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.{part:06}.features"
    return join(video_folder(work, shard.task.video_id), name)


def tracklet_path(work: str, shard: Shard, tracklet: int) -> str:
    """Return where the features of one of a shard's tracklets go."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.face-{tracklet:06}.features"
    return join(video_folder(work, shard.task.video_id), name)


def tracklets_path(work: str, shard: Shard) -> str:
    """Return where goes what is known of a shard's tracklets."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.tracklets"
    return join(video_folder(work, shard.task.video_id), name)


def _block_path(work: str, face: FaceKey, block: int, kind: str) -> str:
    name = f"face-{face.face_id:03}.block-{block:06}.{kind}"
    return join(video_folder(work, face.video_id), name)


def state_path(work: str, face: FaceKey, block: int) -> str:
    """Return where the medians' state before a block goes."""
    return _block_path(work, face, block, "medians")


def shard_result_path(work: str, shard: Shard) -> str:
    """Return where goes what a shard has given."""
    name = f"shard-{shard.number:06}-of-{shard.count:06}.result"
    return join(video_folder(work, shard.task.video_id), name)


def block_result_path(work: str, face: FaceKey, block: int) -> str:
    """Return where goes what a block has given."""
    return _block_path(work, face, block, "result")


def finished_path(work: str, video_id: str) -> str:
    """Return where goes what finishing an input has given."""
    return join(video_folder(work, video_id), "finished")


def scores_path(work: str, face: FaceKey, block: int) -> str:
    """Return where the scores of a block go."""
    return _block_path(work, face, block, "scores")


def table_path(work: str, video_id: str) -> str:
    """Return where the table of an input goes that will share a file with others."""
    return join(video_folder(work, video_id), "frames.arrow")


def discard_run(folders: RunFolders) -> None:
    """Remove the work folder of one run, and nobody else's."""
    remove_tree(folders.work)
    remove_empty(work_root(folders.output))


def discard_all(output: str) -> None:
    """Remove the work folders of all runs, as the one that has just taken the folder may."""
    remove_tree(work_root(output))
