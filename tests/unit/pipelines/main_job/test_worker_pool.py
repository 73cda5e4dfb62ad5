"""The worker pool: workers end with their runner, with their run, and with the pool."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability.api import beam_fn_api_pb2 as messages
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services

from pipelines import pool
from pipelines.main_job import worker_pool
from pipelines.main_job.worker_pool import RUN_MARK, WorkerPool, tell_pools
from tests.fixtures.places import REPOSITORY
from transforms.work import leaving

IDLE = "import sys, time; print('started', *sys.argv[1:], flush=True); time.sleep(60)"
PATIENCE_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(worker_pool, "_START", IDLE)
    monkeypatch.setattr(leaving, "_INTERVAL_SECONDS", 0.05)
    return f"localhost:{free_port()}"


@pytest.fixture
def workers(address: str) -> Iterator[WorkerPool]:
    started = WorkerPool()
    server = started.listen(address)
    yield started
    server.stop(0)
    started.end_all()


def start(address: str, name: str, mark: str = "") -> None:
    request = messages.StartWorkerRequest(worker_id=name)
    request.control_endpoint.url = "localhost:1"
    if mark:
        request.params[RUN_MARK] = mark
    with grpc.insecure_channel(address) as channel:
        pool = services.BeamFnExternalWorkerPoolStub(channel)
        assert pool.StartWorker(request, timeout=PATIENCE_SECONDS).error == ""


def running(workers: WorkerPool) -> list[str]:
    workers.forget_ended()
    return [worker.id for worker in workers._workers]


def wait_for(workers: WorkerPool, expected: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while running(workers) != expected:
        assert time.monotonic() < deadline, running(workers)
        time.sleep(0.05)


def test_a_runner_starts_and_stops_a_worker(workers: WorkerPool, address: str) -> None:
    start(address, "1-1")
    start(address, "1-2")
    assert running(workers) == ["1-1", "1-2"]
    with grpc.insecure_channel(address) as channel:
        request = messages.StopWorkerRequest(worker_id="1-1")
        services.BeamFnExternalWorkerPoolStub(channel).StopWorker(request)
    assert running(workers) == ["1-2"]


def test_workers_end_with_their_run(workers: WorkerPool, address: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).touch()
        start(address, f"{name}-1", str(tmp_path / name))
        start(address, f"{name}-2", str(tmp_path / name))
    time.sleep(0.5)
    assert len(running(workers)) == 4
    (tmp_path / "one").unlink()
    wait_for(workers, ["two-1", "two-2"])


def test_a_port_is_for_one_pool(workers: WorkerPool, address: str) -> None:
    with pytest.raises(RuntimeError, match=address.rpartition(":")[2]):
        WorkerPool().listen(address)


def test_what_a_run_tells_pools() -> None:
    words = ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"]
    options = PipelineOptions(words)
    tell_pools(options, "/results/.work/7/run")
    tell_pools(options, "/results/.work/8/run")  # of the next wave
    told = json.loads(options.view_as(PortableOptions).environment_config)
    assert told == {"url": "localhost:50000", "params": {RUN_MARK: "/results/.work/8/run"}}


@pytest.mark.parametrize("words", [[], ["--environment_type=LOOPBACK"]])
def test_other_workers_are_left_alone(words: list[str]) -> None:
    options = PipelineOptions(words)
    tell_pools(options, "/results/.work/7/run")
    assert options.view_as(PortableOptions).environment_config is None


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_the_command_ends_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    number = free_port()
    command = [sys.executable, "-m", "pipelines.pool", f"--port={number}"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert f"listening on localhost:{number}" in process.stderr.readline()
    assert pool.main([f"--port={number}"]) == 2
    assert "Is a pool running already?" in capfd.readouterr().err
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
