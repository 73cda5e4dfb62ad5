"""The job service that a portable runner hands its pipeline to, and whether it answers."""

import socket
from dataclasses import dataclass

from openface_core.errors import ConfigError

_PATIENCE_SECONDS = 5.0
_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class JobService:
    """A job service that has answered.

    Parameters
    ----------
    endpoint : str
        Its address, ``host:port``.
    overlooks_dead_workers : bool
        Whether it waits for ever for a worker that died, as Beam's own service in Python does.
        The job servers of clusters notice and start another one.
    """

    endpoint: str
    overlooks_dead_workers: bool

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, and with it, as a rule, the workers."""
        return self.endpoint.rpartition(":")[0] in _THIS_MACHINE


def _unreachable(endpoint: str, reason: object) -> ConfigError:
    return ConfigError(
        f"--job_endpoint={endpoint}",
        f"no job service answers there ({reason})",
        "Start one, as `openface-beam docs clusters` shows, or correct the address.",
    )


def reach_job_service(endpoint: str) -> JobService:
    """Ask a job service for its options, to see that it is there.

    Parameters
    ----------
    endpoint : str
        Its address, ``host:port``.

    Returns
    -------
    JobService
        The service.

    Raises
    ------
    ConfigError
        If the address is none, or no job service answers within some seconds.
    """
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ConfigError(
            f"--job_endpoint={endpoint}", "not an address", "Give HOST:PORT, as localhost:8099."
        )
    # Plainly first: a closed port is told at once, where gRPC would try again and again.
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_SECONDS).close()
    except OSError as error:
        raise _unreachable(endpoint, error.strerror or error) from error

    import grpc
    from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

    with grpc.insecure_channel(endpoint) as channel:
        service = beam_job_api_pb2_grpc.JobServiceStub(channel)
        try:
            described = service.DescribePipelineOptions(
                beam_job_api_pb2.DescribePipelineOptionsRequest(), timeout=_PATIENCE_SECONDS
            )
        except grpc.RpcError as error:
            raise _unreachable(endpoint, error.code().name) from error
    # Those of clusters name the options of their runner; Beam's own has none.
    return JobService(endpoint, overlooks_dead_workers=not described.options)
