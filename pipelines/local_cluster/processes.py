"""Services that a cluster consists of: started with a log each, and stopped by process group."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from openface_core.errors import PipelineError
from pipelines.local_cluster.hosts import Host

_START_SECONDS = 120.0

_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
"""Whatever ends this process, the services do not outlive it."""


class Services:
    """Processes of a cluster; a context manager, at whose end none of them is left.

    Parameters
    ----------
    folder : Path
        Where each writes its log, ``NAME.log``, and works.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in reversed([*self._processes]):
            self.kill(name)

    def start(
        self,
        name: str,
        host: Host,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a service on a host.

        Parameters
        ----------
        name : str
            Its name, unique while it runs.
        host : Host
            Where.
        command : sequence of str
            Program and arguments.
        environment : mapping of str to str or None
            Added to the environment of this process.
        """
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - no shell, arguments of our own
                [*_DIES_WITH_US, *host.prefix, *command],
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def have_ended(self) -> tuple[str, ...]:
        """Names of the services that have ended by themselves."""
        return tuple(n for n, process in self._processes.items() if process.poll() is not None)

    def pid(self, name: str) -> int:
        """Return the process number of a service, which leads a group of its own."""
        return self._processes[name].pid

    def kill(self, name: str) -> None:
        """Kill a service and all that it has started, and wait for its end."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_for_port(self, name: str, host: Host, port: int) -> None:
        """Wait until a service answers.

        Raises
        ------
        PipelineError
            If it has ended, or does not answer in two minutes.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection((host.address, port), timeout=1.0).close()
            except OSError as error:
                ended = self._processes[name].poll() is not None
                if ended or time.monotonic() > deadline:
                    raise PipelineError(
                        name,
                        "it has ended" if ended else f"no answer on port {port} ({error})",
                        f"Look into {self.folder / name}.log.",
                    ) from error
                time.sleep(0.1)
            else:
                return
