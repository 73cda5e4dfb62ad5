"""``openface-beam pool``: starts the workers that a cluster's runner asks for on this host."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from openface_core.errors import PipelineError
from pipelines.command import leave, run_command
from pipelines.configuration.command_parser import CommandParser

_PORT = 50_000
_HIGHEST_PORT = 65_535


def port(word: str) -> int:
    """Return a port's number.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    if not word.isdecimal() or not 0 < int(word) <= _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{word!r} is no port (1 to {_HIGHEST_PORT})")
    return int(word)


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam pool",
        description=(
            "A worker pool: starts workers with this program for a runner on the same host, which "
            "is told --environment_type=EXTERNAL --environment_config=localhost:PORT. A worker "
            "ends within two minutes of its run. Runs until it is interrupted."
        ),
        epilog=(
            "Whoever reaches the port may run any program here. It is open to this host alone; "
            "give --address only within a network that you trust."
        ),
    )
    result.add_argument("--port", type=port, default=_PORT, help="default: %(default)s")
    result.add_argument(
        "--address", default="localhost", help="where it listens; default: %(default)s"
    )
    return result


def serve(address: str, number: int) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status.

    Raises
    ------
    PipelineError
        If the port is taken.
    """
    from pipelines.main_job.runners import import_beam

    import_beam()
    from pipelines.main_job.worker_pool import WorkerPool

    pool = WorkerPool()
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        server = pool.listen(f"{address}:{number}")
    except RuntimeError as error:
        raise PipelineError(
            f"{address}:{number}",
            f"cannot listen there ({error})",
            "Is a pool running already? Give another --port, or an --address of this host.",
        ) from error
    sys.stderr.write(f"listening on {address}:{number}; Ctrl+C ends the pool and its workers\n")
    try:
        while not ended.wait(1.0):
            pool.forget_ended()
    finally:
        server.stop(0)
        pool.end_all()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 2 after one line of error."""
    arguments = parser().parse_args(sys.argv[1:] if argv is None else argv)
    return run_command(lambda: serve(arguments.address, arguments.port))


if __name__ == "__main__":
    leave(main())
