"""What a Flink cluster does with a run's job, told while it happens: what it waits for, who failed.

Flink tries failed tasks again, silently as far as Beam goes, and waits for task slots for minutes.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from openface_core.errors import PipelineError
from pipelines.main_job.flink_jobs import FlinkJobs
from pipelines.main_job.pipeline_failure import last_words, own_words

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 3.0
_PATIENCE_SECONDS = 12.0
"""A job that has all it needs takes its slots in less; so long a job manager may be silent."""
_REPETITIONS = 3
"""A failure that this program itself explains is not mended by more attempts than these."""

_WORKER_GONE = "StatusRuntimeException: CANCELLED"
"""How Flink begins what it says of a task whose worker process has ended."""

_MEND = "Mend it and run the same command again: what was finished stays."


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
        self._silent_since: float | None = None
        self._hopeless: PipelineError | None = None
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

    @property
    def hopeless(self) -> PipelineError | None:
        """The failure for which the job was cancelled; None if it was not."""
        return self._hopeless

    def tell(self) -> None:
        """Say what is new."""
        try:
            lines = [*self._lines()]
            self._silent_since = None
        except (OSError, ValueError, KeyError):
            lines = [*self._silence()]
        for line in lines:
            if line not in self._told:
                self._told.add(line)
                _log.warning("%s", line)

    def _lines(self) -> Iterator[str]:
        for job in self._jobs.all():
            failures = self._jobs.failures(job)
            yield from (describe_failure(failure, self._worker_pool) for failure in failures)
            self._give_up(job, failures)
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

    def _silence(self) -> Iterator[str]:
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        if now - self._silent_since >= _PATIENCE_SECONDS:
            yield (
                f"the job manager at {self._jobs.url} does not answer. If it has ended, start it "
                "and run the same command again: what was finished stays"
            )

    def _give_up(self, job: str, failures: Sequence[Any]) -> None:
        """Cancel a job that fails for the same reason, a plain one, again and again."""
        if self._hopeless is not None:
            return
        reasons = Counter(filter(None, (own_words(stacktrace(failure)) for failure in failures)))
        for words, times in reasons.items():
            if times >= _REPETITIONS:
                self._hopeless = PipelineError(
                    "the job", f"it failed {times} times for one reason: {words.rstrip('.')}", _MEND
                )
                with suppress(OSError):
                    self._jobs.cancel((job,))
                return


def stacktrace(failure: Any) -> str:
    """Return the text of an entry of the list of failures of Flink's REST interface."""
    return str(failure.get("stacktrace") or failure.get("exceptionName") or "")


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
    text = stacktrace(failure)
    cause = last_words(text)
    if worker_pool and "refused" in cause and worker_pool.rpartition(":")[2] in text:
        return (
            f"no worker pool answers at {worker_pool} on the task manager {host}. Start one beside "
            "every task manager, as `openface-beam docs clusters` shows"
        )
    if _WORKER_GONE in cause:
        return (
            f"a worker beside the task manager {host} has ended, most often because memory ran "
            "out; its shard is analysed again. If this goes on, give that task manager fewer slots "
            "(taskmanager.numberOfTaskSlots)"
        )
    return f"a task failed on the task manager {host}: {cause}"
