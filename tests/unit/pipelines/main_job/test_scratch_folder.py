"""Temporary files of killed runs are removed by the next run, and those of running ones are not."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.main_job.scratch_folder import remove_abandoned, scratch_folder
from tests.fixtures.places import REPOSITORY

_HOLDER = """
import sys, tempfile, time
from pipelines.main_job.scratch_folder import scratch_folder
with scratch_folder() as folder:
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


def test_all_temporary_files_are_in_it_and_go_with_it(temporary: Path) -> None:
    with scratch_folder() as folder:
        assert folder.parent == temporary
        made = Path(tempfile.mkdtemp(prefix="beam-pipeline-temp"))
        assert made.parent == folder
        assert os.environ["TMPDIR"] == str(folder)  # for worker processes
    assert list(temporary.iterdir()) == []
    assert os.environ["TMPDIR"] == str(temporary)
    assert tempfile.gettempdir() == str(temporary)


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
