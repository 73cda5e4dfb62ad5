"""Pipelines that would wait for ever for a dead worker."""

import sys
import threading
from pathlib import Path

import pytest

from openface_core.errors import PipelineError
from pipelines.main_job import watchdog as module
from pipelines.main_job.watchdog import Watchdog
from pipelines.own_process import own_process
from tests.fixtures.runs.worker_process import start_worker
from transforms.work import stopping
from transforms.work.stopping import has_stopped_any
from transforms.work.worker_presence import count_workers


class Pipeline:
    """What a pipeline is to a watchdog."""

    def __init__(self, error: BaseException | None = None, ends: bool = True) -> None:
        self.error = error
        self.end = threading.Event()
        if ends:
            self.end.set()

    def run(self) -> "Pipeline":
        return self

    def wait_until_finish(self) -> None:
        self.end.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_INTERVAL_SECONDS", 0.05)
    monkeypatch.setattr(module, "_GRACE_SECONDS", 0.2)
    monkeypatch.setattr(module, "_FALLING_SECONDS", 0.2)


def test_a_pipeline_that_ends() -> None:
    pipeline = Pipeline()
    with Watchdog() as watchdog:
        folder = watchdog.folder
        assert watchdog.finish(pipeline) is pipeline
        assert watchdog.finish(pipeline) is pipeline
    assert not Path(folder).exists()


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), TimeoutError(), KeyboardInterrupt()])
def test_what_a_pipeline_raises(error: BaseException) -> None:
    with pytest.raises(type(error)), Watchdog() as watchdog:
        watchdog.finish(Pipeline(error))


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_a_worker_that_is_killed_ends_the_run_and_the_other_workers() -> None:
    pipeline = Pipeline(ends=False)
    with pytest.raises(PipelineError, match="1 of its worker processes died") as caught:  # noqa: PT012, SIM117
        with Watchdog() as watchdog:
            first = start_worker(Path(watchdog.folder))
            other = start_worker(Path(watchdog.folder))
            first.kill()
            first.wait()
            watchdog.finish(pipeline)
    assert "run again" in caught.value.remedy
    assert other.wait(timeout=60) == 1
    pipeline.end.set()


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_a_worker_that_dies_while_the_run_ends_does_not_matter() -> None:
    pipeline = Pipeline()
    with Watchdog() as watchdog:
        process = start_worker(Path(watchdog.folder))
        process.kill()
        process.wait()
        assert count_workers(watchdog.folder) == (0, 1)
        assert watchdog.finish(pipeline) is pipeline


@pytest.mark.parametrize(
    ("status", "said"),
    [(-9, "killed by signal 9"), (137, "killed by signal 9"), (3, "ended with status 3")],
)
def test_what_beam_says_of_its_workers(status: int, said: str) -> None:
    from apache_beam.runners.portability.local_job_service import SubprocessSdkWorker

    usual = threading.excepthook
    pipeline = Pipeline(ends=False)
    with pytest.raises(PipelineError, match=said), Watchdog() as watchdog:  # noqa: PT012
        command = f"{sys.executable} -c 'import os, sys; os._exit({status})'"
        if status < 0:
            command = f"exec {sys.executable} -c 'import os; os.kill(os.getpid(), {-status})'"
        worker = SubprocessSdkWorker(command.encode(), "localhost:1", _ProvisionInfo())
        threading.Thread(target=worker.run).start()
        watchdog.finish(pipeline)
    pipeline.end.set()
    assert threading.excepthook is usual


class _ProvisionInfo:
    """What Beam wants to know of a worker's options: there are none."""

    def __init__(self) -> None:
        from apache_beam.portability.api import beam_provision_api_pb2

        self.provision_info = beam_provision_api_pb2.ProvisionInfo()


def test_a_pool_without_workers_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_START_SECONDS", 0.1)
    pipeline = Pipeline(ends=False)
    threading.Timer(0.5, pipeline.end.set).start()
    with Watchdog("localhost:50000") as watchdog:
        watchdog.finish(pipeline)
    (message,) = caplog.messages
    assert "localhost:50000" in message


def test_exceptions_of_other_threads_are_told_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda found: told.append(str(found.exc_value)))

    def fail() -> None:
        raise ValueError("something else")

    with Watchdog() as watchdog:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        watchdog.finish(Pipeline())
    assert told == ["something else"]


class LostConnectionError(Exception):
    """As gRPC's errors are: told apart by the package that they are from."""

    __module__ = "grpc._channel"


def test_lost_connections_of_threads_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def fall() -> None:
        raise LostConnectionError("Socket closed")

    def let_one_fall() -> None:
        thread = threading.Thread(target=fall)
        thread.start()
        thread.join()

    def fail_with_it() -> None:
        with Watchdog():
            let_one_fall()
            raise PipelineError("the pipeline", "it failed", "Run again.")

    usual = threading.excepthook
    try:
        with own_process():  # a command, which ends after a failure
            with pytest.raises(PipelineError):
                fail_with_it()
            let_one_fall()
    finally:
        threading.excepthook = usual
    assert capsys.readouterr().err == ""


def test_a_program_gets_its_hook_back_whatever_becomes_of_its_runs() -> None:
    usual, first, second = threading.excepthook, Watchdog(), Watchdog()
    with first:
        second.__enter__()
    second.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)  # the first has ended before
    assert threading.excepthook is usual


def test_workers_end_after_the_run_is_known_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_stopped", set())
    known: list[bool] = []
    monkeypatch.setattr(Watchdog, "_end_workers", lambda _: known.append(has_stopped_any()))
    with pytest.raises(KeyboardInterrupt), Watchdog() as watchdog:
        watchdog.finish(Pipeline(KeyboardInterrupt()))
    assert known == [True]
