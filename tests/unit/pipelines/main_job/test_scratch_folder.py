"""Temporary files of killed runs are removed by the next run, and those of running ones are not."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.main_job.progress_display import ProgressDisplay
from pipelines.main_job.scratch_folder import remove_abandoned, scratch_folder
from pipelines.main_job.watchdog import Watchdog
from pipelines.own_process import own_process
from tests.fixtures.places import REPOSITORY
from transforms.stages.share_shards import local_workers
from transforms.work.temporary_place import temporary_place

_HOLDER = """
import sys, tempfile, time
from pipelines.main_job.scratch_folder import scratch_folder
from pipelines.own_process import own_process
with own_process(), scratch_folder() as folder:
    tempfile.mkdtemp(prefix="beam-pipeline-temp")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def other_run(temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the midst of a run."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    yield process
    process.kill()
    process.wait()


def folder_of(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def test_all_temporary_files_of_a_command_are_in_it_and_go_with_it(temporary: Path) -> None:
    with own_process(), scratch_folder() as folder:
        assert folder.parent == temporary
        made = Path(tempfile.mkdtemp(prefix="beam-pipeline-temp"))
        assert made.parent == folder
        assert os.environ["TMPDIR"] == str(folder)  # for worker processes
    assert list(temporary.iterdir()) == []
    assert os.environ["TMPDIR"] == str(temporary)
    assert tempfile.gettempdir() == str(temporary)


def test_a_program_keeps_its_own_temporary_files(temporary: Path) -> None:
    with scratch_folder() as folder:
        with ThreadPoolExecutor(1) as thread:  # a run beside, with a folder of its own
            assert thread.submit(temporary_place).result() is None
        own = Path(tempfile.mkdtemp())
        assert own.parent == temporary
        assert os.environ["TMPDIR"] == str(temporary)
        with Watchdog() as watchdog, ProgressDisplay([], quiet=True) as progress:
            assert Path(watchdog.folder).parent == Path(progress.folder).parent == folder
        with local_workers(2, []) as workers:
            assert workers is not None
            assert Path(workers.folder).parent == folder
    assert list(temporary.iterdir()) == [own]


def test_a_run_that_fails_leaves_nothing(temporary: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_folder():
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_a_running_one_has_stays(
    temporary: Path, other_run: subprocess.Popen[str]
) -> None:
    theirs = folder_of(other_run)
    assert [path.name[:18] for path in theirs.iterdir() if path.is_dir()] == ["beam-pipeline-temp"]
    with scratch_folder():
        assert theirs.is_dir()
    other_run.send_signal(signal.SIGKILL)
    other_run.wait()
    assert theirs.is_dir()
    with scratch_folder() as folder:
        assert not theirs.exists()
        assert folder.is_dir()


def test_what_is_not_certainly_left_over_stays(temporary: Path) -> None:
    young, old = temporary / "openface-beam-run-young", temporary / "openface-beam-run-old"
    mine, elsewhere = temporary / "beam-pipeline-temp1", temporary / "elsewhere"
    for folder in (young, old, mine, elsewhere):
        folder.mkdir()
        (folder / "file").touch()
    link = temporary / "openface-beam-run-link"
    link.symlink_to(elsewhere)
    long_ago = time.time() - 2 * 86_400
    os.utime(old, (long_ago, long_ago))
    os.utime(link, (long_ago, long_ago), follow_symlinks=False)
    remove_abandoned(temporary)
    assert sorted(path.name for path in temporary.iterdir()) == [
        "beam-pipeline-temp1", "elsewhere", "openface-beam-run-link", "openface-beam-run-young",
    ]  # fmt: skip
    assert (elsewhere / "file").exists()
