"""Worker pools: one on each host, which the runner there asks for workers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.local_cluster.hosts import Host, hosts, may_have_namespaces
from pipelines.local_cluster.processes import Services

_PORT = 50_000

OPTIONS = ("--environment_type=EXTERNAL", f"--environment_config=localhost:{_PORT}")
"""Beam's options for workers of such pools: each runner reaches its own at localhost."""


def pool_name(host: Host) -> str:
    """Return the name of a host's pool among the services."""
    return f"pool-{host.name}"


def start_pool(services: Services, host: Host, hidden: Path | None = None) -> None:
    """Start the worker pool of a host.

    Parameters
    ----------
    services : Services
        What it joins.
    host : Host
        The host.
    hidden : Path or None
        A folder that is empty for its workers, as if it were not mounted there.
    """
    package = Path(__file__).resolve().parent.parent.parent
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        # The pool starts a bare `python`, which must be the one with this program.
        # Each worker has a core of its own.
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"]
    if hidden is not None:
        # The words after the script are its arguments: nothing of them is read as a program.
        cover = 'mount -t tmpfs none "$0" && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", cover, str(hidden), *command]
    services.start(pool_name(host), host, [*command, f"--service_port={_PORT}"], environment)


def workers_of(services: Services, host: Host) -> tuple[int, ...]:
    """Return the process numbers of the workers that the pool of a host has started."""
    group = services.pid(pool_name(host))
    ps = ["ps", "-ww", "-eo", "pid=,pgid=,stat=,args="]
    listing = subprocess.run(ps, capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = []
    for line in listing.splitlines():
        pid, owner, state, command = line.split(None, 3)
        if int(owner) == group and "SdkHarness" in command and not state.startswith("Z"):
            found.append(int(pid))
    return tuple(found)


@contextmanager
def hosts_with_pools(folder: Path, count: int) -> Iterator[tuple[Services, tuple[Host, ...], Host]]:
    """Make hosts with a worker pool on each but the last one, and remove all of it with the block.

    Parameters
    ----------
    folder : Path
        Where services work and write their logs.
    count : int
        How many hosts are to work.

    Yields
    ------
    services : Services
        The pools, and whatever is started further.
    members : tuple of Host
        The hosts that work.
    head : Host
        The one that does not.
    """
    namespaces = may_have_namespaces()
    with hosts(count + 1, namespaces=namespaces) as made, Services(folder) as services:
        *members, head = made
        for host in members if namespaces else members[:1]:  # which share their ports
            start_pool(services, host)
        yield services, tuple(members), head
