"""Exit statuses."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

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


UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])
"""Whether what is said meets the pipe at once, or at the end."""

SPEAKING = "from pipelines.command import leave_after; leave_after(lambda: print('x') or 0)"
LINES = (
    ["-c", SPEAKING],
    ["-m", "pipelines.cli", "--version"],
    ["-m", "pipelines.cli", "docs"],
    ["-m", "pipelines.cli", "run", "--help"],
    ["-m", "pipelines.models", "list"],
)


def speak(words: list[str], unbuffered: str, output: IO[bytes] | int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *words], cwd=REPOSITORY, stdout=output, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip


# argparse says nothing of a help text that nobody took.
@UNBUFFERED
@pytest.mark.parametrize("words", LINES, ids=lambda words: words[-1][:9])
def test_nobody_who_reads_on_ends_a_command_in_silence(words: list[str], unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with speak(words, unbuffered, writing) as process:
        os.close(writing)
        _, said = process.communicate(timeout=60)
    assert said == ""
    assert process.returncode in ((0, 141) if unbuffered and "--help" in words else (141,))


@UNBUFFERED
@pytest.mark.parametrize("words", LINES[:3], ids=lambda words: words[-1][:9])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
def test_a_full_device_is_one_line(words: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full, speak(words, unbuffered, full) as process:
        _, said = process.communicate(timeout=60)
    assert said.startswith("error: standard output: it cannot be written (")
    assert said.count("\n") == 1
    assert process.returncode == EXIT_FAILED


def test_what_a_pipe_of_another_refuses_is_not_taken_for_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    assert run_command(raising(error)) == EXIT_FAILED
    assert capsys.readouterr().err == (
        "error: openface-beam: the system refused to read or write (Broken pipe). Check the free "
        "space and the permissions of the output folder, and run again.\n"
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "a.csv"), "a.csv: {} (Permission denied)"),
        (IsADirectoryError(21, "Is a directory", b"caf\xe9"), "caf\\xe9: {} (Is a directory)"),
        (OSError(5, None, Path("a\nb")), "a b: {} ([Errno 5] None: PosixPath('a\\nb'))"),
        (OSError(28, "No space left", 7), "7: {} (No space left)"),
        (FileNotFoundError(2, "gone", "ftp://me:secret@host/a"), "ftp://***@host/a: {} (gone)"),
        (OSError(5, "late", "https://host/a?key=secret"), "https://host/a?***: {} (late)"),
    ],
)
def test_what_the_system_refuses_of_a_file_is_one_line(
    error: OSError, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(raising(error)) == EXIT_FAILED
    cause = told.format("it cannot be read or written")
    remedy = "Check the file and its permissions."
    assert capsys.readouterr() == ("", f"error: {cause}. {remedy}\n")


def test_what_the_system_refuses_before_a_command_begins() -> None:
    code = "from pipelines.command import leave_after; leave_after(lambda: open('/nowhere/a'))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout) == (EXIT_FAILED, "")
    assert found.stderr.startswith("error: /nowhere/a: it cannot be read or written (No such file")
    assert found.stderr.count("\n") == 1


@UNBUFFERED
@pytest.mark.parametrize("is_full", [True, False])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
def test_texts_that_nobody_sees_end_no_work(is_full: bool, unbuffered: str) -> None:
    code = (
        "import sys; from pipelines.command import leave_after, run_command; "
        "from pipelines.screen import screen; "
        "leave_after(lambda: run_command(lambda: screen().write('progress\\n' * 9999) and 0))"
    )
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE, timeout=60,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered}, check=False,
            stderr=full if is_full else writing,
        )  # fmt: skip
    os.close(writing)
    assert (found.returncode, found.stdout) == (0, b"")
