"""Where the stages leave arrays for each other."""

from pathlib import Path

import pytest

from openface_core.errors import RunOverError
from transforms.dataset.run_lock import LOCK_NAME, held
from transforms.dataset.storage import read_whole, write_whole
from transforms.records import FaceKey, Shard, VideoTask
from transforms.work.folder import (
    begin_run,
    check_run,
    cluster_folders,
    discard_all,
    discard_run,
    features_path,
    jobs_of_earlier_runs,
    local_folders,
    scores_path,
    state_path,
    table_path,
    video_folder,
    work_root,
)


def put(path: str) -> str:
    write_whole(path, lambda file: file.write(b"x"))
    return path


def paths_of(output: str, video_id: str) -> list[str]:
    work = work_root(output)
    task = VideoTask(video_id, "v.mp4")
    return [
        features_path(work, Shard(task), 0),
        features_path(work, Shard(task), 1),
        features_path(work, Shard(task, 0, 2), 0),
        features_path(work, Shard(task, 1, 2), 0),
        state_path(work, FaceKey(video_id), 1),
        state_path(work, FaceKey(video_id), 2),
        state_path(work, FaceKey(video_id, 1), 2),
        scores_path(work, FaceKey(video_id), 0),
        scores_path(work, FaceKey(video_id), 1),
        scores_path(work, FaceKey(video_id, 1), 1),
    ]


@pytest.mark.parametrize("output", ["out", "/tmp/out/", "memory://out", "s3://bucket/out"])
def test_every_file_has_a_place_of_its_own_in_the_input_s_folder(output: str) -> None:
    paths = paths_of(output, "a") + paths_of(output, "b")
    assert len(set(paths)) == len(paths)
    for name, found in (("a", paths[:10]), ("b", paths[10:])):
        folder = video_folder(work_root(output), name)
        assert folder.startswith(work_root(output))
        assert {path.rsplit("/", 1)[0] for path in found} == {folder}


@pytest.mark.parametrize("scheme", ["", "memory:/"])
def test_the_whole_folder_goes_without_the_results(scheme: str, tmp_path: Path) -> None:
    output = f"{scheme}{tmp_path}/out"
    table = put(f"{output}/frames/video_id=a/frames.parquet")
    gone = [put(path) for name in "ab" for path in paths_of(output, name)]
    discard_all(output)
    for path in gone:
        with pytest.raises(Exception, match="no such file"):
            read_whole(path)
    assert read_whole(table).read() == b"x"


@pytest.mark.parametrize("scheme", ["", "memory:/"])
def test_there_may_be_nothing_to_remove(scheme: str, tmp_path: Path) -> None:
    discard_all(f"{scheme}{tmp_path}/none")
    assert not (tmp_path / "none").exists()


def test_runs_on_clusters_have_folders_of_their_own(tmp_path: Path) -> None:
    one, two = (cluster_folders(str(tmp_path), run) for run in ("one", "two"))
    assert one.may_repeat
    assert one.work != two.work
    assert {folders.work.rpartition("/")[0] for folders in (one, two)} == {work_root(str(tmp_path))}


def test_only_the_run_that_goes_on_may_write(tmp_path: Path) -> None:
    run = cluster_folders(str(tmp_path), "one")
    with pytest.raises(RunOverError, match="another one has begun"):
        check_run(run)
    begin_run(run)
    check_run(run)
    discard_all(str(tmp_path))
    with pytest.raises(RunOverError, match="another one has begun"):
        check_run(run)
    check_run(local_folders(str(tmp_path)))


def test_a_local_run_whose_mark_is_another_s_may_not_write(tmp_path: Path) -> None:
    output = str(tmp_path)
    with held(output) as holder:
        run = local_folders(output, holder)
        check_run(run)
        mark = tmp_path / LOCK_NAME
        mark.write_text(mark.read_text().replace(holder, "another"))
        with pytest.raises(RunOverError, match="another one has begun"):
            check_run(run)
        mark.unlink()  # the other one has ended
        with pytest.raises(RunOverError, match="another one has begun"):
            check_run(run)


def test_a_run_discards_what_is_its_own(tmp_path: Path) -> None:
    one, two = (local_folders(str(tmp_path), holder) for holder in ("one", "two"))
    put(table_path(one.work, "a"))
    kept = put(table_path(two.work, "a"))
    discard_run(one)
    assert not Path(one.work).exists()
    assert read_whole(kept).read() == b"x"
    discard_run(two)
    assert not Path(work_root(str(tmp_path))).exists()


def test_jobs_of_runs_that_were_killed_are_known(tmp_path: Path) -> None:
    assert jobs_of_earlier_runs(str(tmp_path)) == ()
    begin_run(cluster_folders(str(tmp_path), "one"), "first")
    begin_run(cluster_folders(str(tmp_path), "two"), "second")
    begin_run(cluster_folders(str(tmp_path), "three"))
    assert jobs_of_earlier_runs(str(tmp_path)) == ("first", "second")
