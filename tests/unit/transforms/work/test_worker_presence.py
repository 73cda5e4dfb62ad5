"""A run and its workers notice each other's death."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.worker_process import start_worker
from transforms.work.worker_presence import close_run, count_workers, join_run, open_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such locks")


@pytest.fixture
def run_folder(tmp_path: Path) -> Iterator[Path]:
    open_run(str(tmp_path))
    yield tmp_path
    close_run(str(tmp_path))


def test_a_run_without_workers(run_folder: Path) -> None:
    assert count_workers(str(run_folder)) == (0, 0)


def test_a_worker_lives_and_comes_to_its_end(run_folder: Path) -> None:
    with start_worker(run_folder) as process:
        assert count_workers(str(run_folder)) == (1, 0)
        process.communicate("end\n")
    assert process.returncode == 0
    assert count_workers(str(run_folder)) == (0, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_worker_that_is_killed_has_died(run_folder: Path, number: signal.Signals) -> None:
    with start_worker(run_folder) as first, start_worker(run_folder) as second:
        first.send_signal(number)
        first.wait()
        assert count_workers(str(run_folder)) == (1, 1)
        second.communicate("end\n")
    assert count_workers(str(run_folder)) == (0, 1)


def test_a_worker_ends_with_the_run(tmp_path: Path) -> None:
    open_run(str(tmp_path))
    with start_worker(tmp_path) as process:
        close_run(str(tmp_path))
        assert process.wait(timeout=60) == 1


def test_a_worker_ends_when_the_driver_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom transforms.work.worker_presence import open_run\n"
        "open_run(sys.argv[1])\nprint('open', flush=True)\nsys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as driver:  # fmt: skip
        assert driver.stdout is not None
        assert driver.stdout.readline() == "open\n"
        with start_worker(tmp_path) as process:
            driver.kill()
            assert process.wait(timeout=60) == 1


def test_threads_of_the_driver_are_no_workers(run_folder: Path) -> None:
    join_run(str(run_folder))
    assert [path.name for path in run_folder.iterdir()] == ["driver"]
    close_run(str(run_folder))
    join_run(str(run_folder))  # a thread that is late must not end this process
    assert list(run_folder.iterdir()) == []


def test_on_another_machine_nothing_happens(tmp_path: Path) -> None:
    join_run(str(tmp_path / "not-here"))
    join_run(None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_lock_is_just_being_taken(run_folder: Path) -> None:
    (run_folder / "worker-new").touch()
    assert count_workers(str(run_folder)) == (1, 0)
