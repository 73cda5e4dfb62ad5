"""Job services that are there, and addresses where none is."""

import socket
import time

import pytest

from openface_core.errors import ConfigError
from pipelines.main_job import job_service
from pipelines.main_job.job_service import JobService, reach_job_service


@pytest.mark.parametrize("endpoint", ["", "embed", "localhost", "localhost:", ":8099", "host:0x1f"])
def test_no_address(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="not an address"):
        reach_job_service(endpoint)


def test_a_closed_port_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))  # bound, but nobody listens
        with pytest.raises(ConfigError, match="refused"):
            reach_job_service(f"localhost:{taken.getsockname()[1]}")


def test_something_else_that_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_service, "_PATIENCE_SECONDS", 0.5)
    with socket.create_server(("localhost", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(ConfigError, match="no job service answers"):
            reach_job_service(f"localhost:{silent.getsockname()[1]}")
        assert time.monotonic() - began < 60, "it waits for ever"


def test_beams_own_service() -> None:
    from apache_beam.runners.portability.local_job_service import LocalJobServicer

    service = LocalJobServicer()
    port = service.start_grpc_server(0)
    try:
        found = reach_job_service(f"localhost:{port}")
    finally:
        service.stop()
    assert found == JobService(f"localhost:{port}", overlooks_dead_workers=True)


@pytest.mark.parametrize(
    ("endpoint", "is_here"),
    [("localhost:1", True), ("127.0.0.1:1", True), ("[::1]:1", True), ("flink.example:1", False)],
)
def test_this_machine_or_another(endpoint: str, is_here: bool) -> None:
    assert JobService(endpoint, overlooks_dead_workers=False).is_here is is_here
