"""What a Flink cluster does with a run's job, told while it happens: what it waits for, who failed.

Flink tries failed tasks again, silently as far as Beam goes, and waits for task slots for minutes.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from pipelines.main_job.flink_jobs import FlinkJobs
from pipelines.main_job.pipeline_failure import last_words

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 3.0
_PATIENCE_SECONDS = 12.0
"""A job that has all it needs takes its slots in less."""


class FlinkWatch:
    """Tells of a run's job until it is closed.

    Parameters
    ----------
    jobs : FlinkJobs
        The jobs of the run.
    worker_pool : str or None
        Address of the worker pool beside each task manager.
    """

    def __init__(self, jobs: FlinkJobs, worker_pool: str | None) -> None:
        self._jobs = jobs
        self._worker_pool = worker_pool
        self._told: set[str] = set()
        self._waits_since: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="flink watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if kind is not None:
            self.tell()  # what ended the job

    def _watch(self) -> None:
        while not self._stop.wait(_INTERVAL_SECONDS):
            self.tell()

    def tell(self) -> None:
        """Say what is new; nothing where the job manager does not answer just now."""
        with suppress(OSError, ValueError, KeyError):
            for line in self._lines():
                if line not in self._told:
                    self._told.add(line)
                    _log.warning("%s", line)

    def _lines(self) -> Iterator[str]:
        for job in self._jobs.all():
            for failure in self._jobs.failures(job):
                yield describe_failure(failure, self._worker_pool)
        waiting = any(self._jobs.waits_for_slots(job) for job in self._jobs.running())
        if not waiting:
            self._waits_since = None
            return
        now = time.monotonic()
        self._waits_since = self._waits_since or now
        if now - self._waits_since >= _PATIENCE_SECONDS:
            free, total = self._jobs.free_slots()
            yield (
                f"the job waits for task slots: {free} of {total} are free on {self._jobs.url}. "
                "Start task managers, end other jobs, or ask for less (--parallelism)"
            )


def describe_failure(failure: Any, worker_pool: str | None) -> str:
    """Return a failed attempt in one line.

    Parameters
    ----------
    failure : dict
        An entry of the list of failures of Flink's REST interface.
    worker_pool : str or None
        Address of the worker pool beside each task manager.
    """
    host = str(failure.get("endpoint") or failure.get("location") or "an unknown host")
    host = host.rpartition(":")[0] or host
    text = str(failure.get("stacktrace") or failure.get("exceptionName") or "")
    cause = last_words(text)
    if worker_pool and "refused" in cause and worker_pool.rpartition(":")[2] in text:
        return (
            f"no worker pool answers at {worker_pool} on the task manager {host}. Start one beside "
            "every task manager, as `openface-beam docs clusters` shows"
        )
    return f"a task failed on the task manager {host}: {cause}"
