"""Beam's own job service and worker pool on this machine, started and stopped with a block."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60.0


@dataclass(frozen=True)
class BeamServices:
    """Services that run.

    Parameters
    ----------
    job_service, worker_pool : subprocess.Popen
        Their processes; each leads a process group of its own.
    job_port, pool_port : int
        Their ports on this machine.
    """

    job_service: subprocess.Popen[bytes]
    worker_pool: subprocess.Popen[bytes]
    job_port: int
    pool_port: int

    def options(self, environment: str, workers: int = 2) -> tuple[str, ...]:
        """Return Beam's options for a run on them, ``LOOPBACK`` or ``EXTERNAL``."""
        options = [
            f"--job_endpoint=localhost:{self.job_port}",
            f"--environment_type={environment}",
            f"--direct_num_workers={workers}",
        ]
        if environment == "EXTERNAL":
            options.append(f"--environment_config=localhost:{self.pool_port}")
        return tuple(options)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("localhost", port), timeout=1.0).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def beam_services(folder: Path) -> Iterator[BeamServices]:
    """Start both services on free ports, and end them and their workers with the block.

    Parameters
    ----------
    folder : Path
        Where they write their logs, ``job_service.log`` and ``worker_pool.log``, and where the
        worker pool works: its workers must not depend on the folder of whoever started it.

    Yields
    ------
    BeamServices
        The services.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent.parent)
    job_port, pool_port = _free_port(), _free_port()
    commands = {
        "job_service": (
            "apache_beam.runners.portability.local_job_service_main",
            f"--port={job_port}",
        ),
        "worker_pool": ("pipelines.pool", f"--port={pool_port}"),
    }
    processes = {}
    try:
        for name, (module, option) in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                processes[name] = subprocess.Popen(  # noqa: S603 - no shell, arguments of our own
                    [sys.executable, "-m", module, option],
                    cwd=folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        _wait_for(job_port, processes["job_service"])
        _wait_for(pool_port, processes["worker_pool"])
        yield BeamServices(**processes, job_port=job_port, pool_port=pool_port)
    finally:
        for process in processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
