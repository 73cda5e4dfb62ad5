"""A pipeline that a cluster runs: waited for, and cancelled there where the wait is interrupted."""

import json
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_CANCELLING_SECONDS = 15.0
_POLL_SECONDS = 0.2
_ANSWER_SECONDS = 5.0
_OVER = ("FINISHED", "FAILED", "CANCELED")
_MAX_ANSWER_BYTES = 64 << 20


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
    KeyboardInterrupt
        After an interruption, once the job is cancelled or that has been waited for long enough.
    """
    result = None
    with _sigterm_interrupts():
        try:
            result = pipeline.run()
            result.wait_until_finish()
        except KeyboardInterrupt:
            _cancel(result, options)
            raise
    return result


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
    sys.stderr.write("\ncancelling the job on the cluster ...\n")
    flink = FlinkJobs.of(options)
    with suppress(Exception):  # what can be said is said below
        if result is not None:
            result.cancel()
    deadline = time.monotonic() + _CANCELLING_SECONDS
    while time.monotonic() < deadline:
        with suppress(Exception):
            running = flink.running() if flink is not None else _is_running(result)
            if not running:
                sys.stderr.write("the job is cancelled; run again to go on where it stopped\n")
                return
            if flink is not None:
                flink.cancel(running)
        time.sleep(_POLL_SECONDS)
    where = "" if flink is None else f" at {flink.url}"
    sys.stderr.write(f"the cluster has not confirmed that: look for the job there{where}\n")


def _is_running(result: Any) -> tuple[str, ...]:
    from apache_beam.runners.runner import PipelineState

    if result is None or PipelineState.is_terminal(result.state):
        return ()
    return (str(result.state),)


class FlinkJobs:
    """The jobs of one run on a Flink cluster, by Flink's REST interface.

    Beam's job server only stops to wait for a job when it is told to cancel it.

    Parameters
    ----------
    url : str
        Address of the job manager.
    name : str
        Name of the run's jobs.
    """

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self._name = name

    @classmethod
    def of(cls, options: "PipelineOptions") -> "FlinkJobs | None":
        """Return the jobs of a run; None where no job manager is named."""
        from apache_beam.options.pipeline_options import FlinkRunnerOptions, GoogleCloudOptions

        master = options.view_as(FlinkRunnerOptions).flink_master or ""
        name = options.view_as(GoogleCloudOptions).job_name
        if not name or master.startswith("[") or ":" not in master:
            return None
        url = master if master.startswith(("http://", "https://")) else f"http://{master}"
        return cls(url.rstrip("/"), name)

    def running(self) -> tuple[str, ...]:
        """Return the ids of the jobs that have not come to an end.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        return tuple(str(job["jid"]) for job in self._own() if job["state"] not in _OVER)

    def all(self) -> tuple[str, ...]:
        """Return the ids of all of the run's jobs.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        return tuple(str(job["jid"]) for job in self._own())

    def _own(self) -> list[Any]:
        jobs = self._ask("GET", "/jobs/overview").get("jobs", ())
        return [job for job in jobs if job["name"] == self._name]

    def failures(self, job: str) -> tuple[Any, ...]:
        """Return what Flink's REST interface says of every failed attempt of a job.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        found = self._ask("GET", f"/jobs/{job}/exceptions").get("exceptionHistory", {})
        return tuple(found.get("entries", ()))

    def waits_for_slots(self, job: str) -> bool:
        """Return whether a job has tasks that no slot has been found for.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        counts = self._ask("GET", f"/jobs/{job}").get("status-counts", {})
        return bool(counts.get("SCHEDULED", 0)) and not counts.get("RUNNING", 0)

    def free_slots(self) -> tuple[int, int]:
        """Return how many task slots are free, and how many there are.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        found = self._ask("GET", "/overview")
        return int(found["slots-available"]), int(found["slots-total"])

    def cancel(self, jobs: tuple[str, ...]) -> None:
        """Cancel jobs.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        for job in jobs:
            self._ask("PATCH", f"/jobs/{job}?mode=cancel")

    def _ask(self, method: str, path: str) -> Any:
        request = urllib.request.Request(f"{self.url}{path}", method=method)  # noqa: S310 - see above
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read(_MAX_ANSWER_BYTES) or b"{}")
