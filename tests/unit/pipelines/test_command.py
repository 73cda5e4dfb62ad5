"""Exit statuses."""

import os

import pytest

from openface_core.errors import MediaError
from pipelines import command
from pipelines.command import leave, run_command


def raising(error: BaseException):
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize("status", [0, 1])
def test_a_command_that_came_to_its_end(status: int, capsys) -> None:
    assert run_command(lambda: status) == status
    assert capsys.readouterr() == ("", "")


def test_an_expected_failure_is_one_line(capsys) -> None:
    error = MediaError("a\nb.mp4", "it is\n  broken", "Mend it.")
    assert run_command(raising(error)) == 2
    assert capsys.readouterr() == ("", "error: a b.mp4: it is broken. Mend it.\n")


def test_an_interruption(capsys) -> None:
    assert run_command(raising(KeyboardInterrupt())) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(raising(ZeroDivisionError()))


@pytest.mark.parametrize("status", [0, 1, 2])
def test_leaving(status: int) -> None:
    with pytest.raises(SystemExit) as caught:
        leave(status)
    assert caught.value.code == status


def test_leaving_after_an_interruption_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    class LeftError(Exception):
        pass

    def leave_at_once(status: int) -> None:
        raise LeftError(status)

    monkeypatch.setattr(os, "_exit", leave_at_once)
    with pytest.raises(LeftError, match="130"):
        leave(command.EXIT_INTERRUPTED)
