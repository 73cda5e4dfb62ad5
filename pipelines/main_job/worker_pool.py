"""A worker pool that ends its workers with their run, and what a run tells it."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability.api import beam_fn_api_pb2 as messages
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from transforms.work.leaving import call_after

RUN_MARK = "openface_beam.run_mark"
"""Parameter of an environment: the file that lies there as long as the run goes on."""

_GRACE_SECONDS = 5.0
_START = (
    "import sys; from apache_beam.runners.worker.sdk_worker import SdkHarness; "
    "SdkHarness(sys.argv[1], worker_id=sys.argv[2], state_cache_size=0, "
    "data_buffer_time_limit_ms=-1).run()"
)


@dataclass(frozen=True)
class _Worker:
    id: str
    process: "subprocess.Popen[bytes]"
    mark: str


class WorkerPool(services.BeamFnExternalWorkerPoolServicer):
    """Starts worker processes, and ends them when their runner or their run does.

    Beam's own pool keeps a worker that no runner remembers, as after an attempt that ended before
    its first element; it starts the first `python` on the PATH; and it is open to all hosts.
    """

    def __init__(self) -> None:
        self._workers: list[_Worker] = []
        self._guard = threading.Lock()
        self._marks: set[str] = set()

    def listen(self, address: str) -> grpc.Server:
        """Begin to answer.

        Parameters
        ----------
        address : str
            ``HOST:PORT``.

        Returns
        -------
        grpc.Server
            To be stopped by the caller.

        Raises
        ------
        RuntimeError
            If the port is taken, or the address is none of this host.
        """
        options = [
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.http2.max_ping_strikes", 0),
            ("grpc.so_reuseport", 0),  # else two pools could share a port
        ]
        server = grpc.server(shared_unbounded_instance(), options=options)
        services.add_BeamFnExternalWorkerPoolServicer_to_server(self, server)
        server.add_insecure_port(address)
        server.start()
        return server

    def StartWorker(
        self, request: messages.StartWorkerRequest, _context: grpc.ServicerContext
    ) -> messages.StartWorkerResponse:
        """Start a worker."""
        mark = request.params.get(RUN_MARK, "")
        command = [sys.executable, "-c", _START, request.control_endpoint.url, request.worker_id]
        try:
            # What a worker says goes where the pool's own words go.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
        except OSError as error:
            return messages.StartWorkerResponse(error=str(error))
        with self._guard:
            self._workers.append(_Worker(request.worker_id, process, mark))
            is_new = bool(mark) and mark not in self._marks
            self._marks.add(mark)
        if is_new:
            call_after(mark, lambda: self._end_run(mark))
        return messages.StartWorkerResponse()

    def StopWorker(
        self, request: messages.StopWorkerRequest, _context: grpc.ServicerContext
    ) -> messages.StopWorkerResponse:
        """End a worker."""
        self._end(lambda worker: worker.id == request.worker_id)
        return messages.StopWorkerResponse()

    def forget_ended(self) -> None:
        """Forget workers that have ended by themselves."""
        with self._guard:
            self._workers = [worker for worker in self._workers if worker.process.poll() is None]

    def end_all(self) -> None:
        """End every worker."""
        self._end(lambda _: True)

    def _end_run(self, mark: str) -> None:
        with self._guard:
            self._marks.discard(mark)
        self._end(lambda worker: worker.mark == mark)

    def _end(self, is_meant: Callable[[_Worker], bool]) -> None:
        with self._guard:
            ended = [worker for worker in self._workers if is_meant(worker)]
            self._workers = [worker for worker in self._workers if worker not in ended]
        for worker in ended:
            worker.process.terminate()
        for worker in ended:
            try:
                worker.process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()


def tell_pools(options: PipelineOptions, mark: str) -> None:
    """Let worker pools know which file is there as long as a run goes on.

    Parameters
    ----------
    options : PipelineOptions
        Options of the run, changed in place; left alone unless its workers come from pools.
    mark : str
        The file. Beam's own pool ignores it.
    """
    portable = options.view_as(PortableOptions)
    given = portable.environment_config
    if portable.environment_type != "EXTERNAL" or not given:
        return
    config: dict[str, Any] = json.loads(given) if given.lstrip().startswith("{") else {"url": given}
    config["params"] = {**(config.get("params") or {}), RUN_MARK: mark}
    portable.environment_config = json.dumps(config)
