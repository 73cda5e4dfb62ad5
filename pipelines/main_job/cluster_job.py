"""A pipeline that a cluster runs: waited for, and cancelled there where the wait is interrupted."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from openface_core.errors import PipelineError
from pipelines.main_job.flink_jobs import FlinkJobs
from pipelines.screen import screen
from transforms.work.folder import jobs_of_earlier_runs

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_CANCELLING_SECONDS = 15.0
_POLL_SECONDS = 0.2
_READER = "wait_until_finish_read"
"""Name of Beam's thread that reads messages of the job service."""


def end_earlier_jobs(output: str, options: "PipelineOptions") -> None:
    """Cancel what earlier runs into an output folder have left on a Flink cluster.

    A run that is killed leaves its job there: it keeps its slots, and works for nobody.

    Parameters
    ----------
    output : str
        The output folder.
    options : PipelineOptions
        Options of the run that begins now.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    flink = FlinkJobs.of(options)
    if flink is None:
        return
    for name in jobs_of_earlier_runs(output):
        with suppress(OSError, ValueError):  # it may be another cluster, or gone
            earlier = FlinkJobs(flink.url, name)
            running = earlier.running()
            if running:
                screen().write(f"cancelling {name}, which a killed run has left on the cluster\n")
                earlier.cancel(running)


@contextmanager
def job_server_stopped(runner: Any) -> Iterator[None]:
    """Stop with the block the job server that a runner has started in it.

    Beam stops it when Python ends, and fails: by then the folder of this run's temporary files is
    gone, which it wants to clear first.

    Parameters
    ----------
    runner : PipelineRunner
        The runner.
    """
    make = getattr(runner, "default_job_server", None)
    if make is None:
        yield
        return
    started: list[Any] = []

    def made(options: "PipelineOptions") -> Any:
        started.append(make(options))
        return started[-1]

    runner.default_job_server = made
    try:
        yield
    finally:
        for server in started:
            with suppress(Exception):  # it may have been killed
                server.stop()


def finish_on_cluster(pipeline: Any, options: "PipelineOptions") -> Any:
    """Run a pipeline to its end; Ctrl+C and SIGTERM cancel it on the cluster.

    Parameters
    ----------
    pipeline : beam.Pipeline
        The pipeline.
    options : PipelineOptions
        Its options.

    Returns
    -------
    PipelineResult
        Its result. Whatever the pipeline raises is raised here.

    Raises
    ------
    PipelineError
        If the job service has ended.
    KeyboardInterrupt
        After an interruption, once the job is cancelled or that has been waited for long enough.
    """
    from grpc import RpcError, StatusCode

    result = None
    _leave_lost_connections_untold()
    with _sigterm_interrupts():
        try:
            result = pipeline.run()
            result.wait_until_finish()
        except RpcError as error:
            if not hasattr(error, "code") or error.code() is not StatusCode.UNAVAILABLE:
                raise
            raise PipelineError(
                "the job service",
                f"it has ended, or cannot be reached any more ({error.details()})",
                "Run the same command again: what was finished stays.",
            ) from error
        except KeyboardInterrupt:
            _cancel(result, options)
            raise
    return result


@cache
def _leave_lost_connections_untold() -> None:
    """Keep off the screen how the thread ends in which Beam reads what a job service says.

    Its connection breaks with the main thread's, which tells of it in one line. The thread may end
    after that, so that this holds for the rest of the process.
    """
    from grpc import RpcError

    before = threading.excepthook

    def tell(failure: threading.ExceptHookArgs) -> None:
        name = "" if failure.thread is None else failure.thread.name
        if name != _READER or not issubclass(failure.exc_type, RpcError):
            before(failure)

    threading.excepthook = tell


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM, which batch systems send, do what Ctrl+C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _cancel(result: Any, options: "PipelineOptions") -> None:
    """Cancel a job, wait for that, and say what came of it."""
    screen().write("\ncancelling the job on the cluster ...\n")
    flink = FlinkJobs.of(options)
    with suppress(Exception):  # what can be said is said below
        if result is not None:
            result.cancel()
    deadline = time.monotonic() + _CANCELLING_SECONDS
    while time.monotonic() < deadline:
        with suppress(Exception):
            running = flink.running() if flink is not None else _is_running(result)
            if not running:
                screen().write("the job is cancelled; run again to go on where it stopped\n")
                return
            if flink is not None:
                flink.cancel(running)
        time.sleep(_POLL_SECONDS)
    where = "" if flink is None else f" at {flink.url}"
    screen().write(f"the cluster has not confirmed that: look for the job there{where}\n")


def _is_running(result: Any) -> tuple[str, ...]:
    from apache_beam.runners.runner import PipelineState

    if result is None or PipelineState.is_terminal(result.state):
        return ()
    return (str(result.state),)
