"""Exit statuses."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from openface_core.errors import MediaError
from pipelines.command import EXIT_FAILED, EXIT_INTERRUPTED, run_command
from tests.fixtures.places import REPOSITORY


def raising(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize("status", [0, 1])
def test_a_command_that_came_to_its_end(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(lambda: status) == status
    assert capsys.readouterr() == ("", "")


def test_an_expected_failure_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = MediaError("a\nb.mp4", "it is\n  broken", "Mend it.")
    assert run_command(raising(error)) == 2
    assert capsys.readouterr() == ("", "error: a b.mp4: it is broken. Mend it.\n")


def test_an_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(raising(KeyboardInterrupt())) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(raising(ZeroDivisionError()))


NATIVE_WORKER = """
import atexit, sys, threading
from pipelines.command import leave
atexit.register(print, "stopped")
threading.Thread(target=threading.Event().wait).start()
leave(int(sys.argv[1]))
"""


@pytest.mark.parametrize("status", [0, 1, EXIT_FAILED, EXIT_INTERRUPTED])
def test_leaving_stops_services_and_does_not_wait_for_workers(status: int) -> None:
    found = subprocess.run(
        [sys.executable, "-c", NATIVE_WORKER, str(status)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (status, "stopped\n")


def test_leaving_says_all_that_was_written_before() -> None:
    code = "import sys; from pipelines.command import leave; print('x' * 100_000); leave(0)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (0, "x" * 100_000 + "\n")


def test_leaving_with_nobody_to_read_is_a_failure() -> None:
    code = "import sys; from pipelines.command import leave; print('x'); leave(0)"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) != 0
