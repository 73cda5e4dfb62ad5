"""Failures whose one line says all."""

import logging

import pytest

from openface_core.errors import OutputError, RunOverError, StorageFullError
from transforms.work import stopping
from transforms.work.ending_failures import ToldAtTheEnd, find_ending_failure

FULL = StorageFullError.on("out/a b.parquet", "No space left on device")
OVER = RunOverError.of("out/a b")
OTHER = OutputError("out", "it cannot be written (Read-only file system)", "Check it.")


def is_shown(message: str, error: Exception | None = None) -> bool:
    exc_info = None if error is None else (type(error), error, None)
    record = logging.LogRecord("beam", logging.ERROR, "x", 1, message, (), exc_info)
    return bool(ToldAtTheEnd().filter(record))


def test_a_failure_is_found_in_a_traceback() -> None:
    found = find_ending_failure(f"Traceback:\n  File x\nopenface.StorageFullError: {FULL}\n")
    assert str(found) == str(FULL)
    over = f"openface.RunOverError: out/a b [while running 'Finish']: {OVER.cause}. Nothing."
    found = find_ending_failure(over)
    assert isinstance(found, RunOverError)
    assert str(found) == str(OVER)
    assert find_ending_failure(f"openface.OutputError: {OTHER}") is None


def test_its_traceback_is_not_logged() -> None:
    assert not is_shown(f"Original traceback is\nStorageFullError: {FULL}")
    assert not is_shown("Error processing instruction", FULL)
    assert not is_shown(f"Original traceback is\nRunOverError: {OVER}")
    assert is_shown(str(OTHER), OTHER)
    assert is_shown("Error processing instruction")


def test_workers_that_stop_are_not_heard() -> None:
    assert not is_shown(f"Traceback:\nopenface_core.errors.RunOverError: {RunOverError.of('x')}")
    assert not is_shown("Original traceback is\nKeyError: 'bundle_18'\n")
    assert is_shown("KeyError: 'x_30'")


class LostConnectionError(Exception):
    """As gRPC's errors are: told apart by the package that they are from."""

    __module__ = "grpc._channel"


def test_connections_of_a_run_that_stops_are_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_stopped", set())
    assert is_shown("Failed to read inputs", LostConnectionError())
    monkeypatch.setattr(stopping, "_stopped", {"run"})
    assert not is_shown("Failed to read inputs", LostConnectionError())
