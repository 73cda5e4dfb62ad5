"""The jobs of a Flink cluster, by the REST interface of its job manager."""

import json
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_ANSWER_SECONDS = 5.0
_AT_WORK = ("DEPLOYING", "INITIALIZING", "RUNNING", "CANCELING")
_OVER = ("FINISHED", "FAILED", "CANCELED")
_MAX_ANSWER_BYTES = 64 << 20


class JobManager:
    """A job manager.

    Parameters
    ----------
    url : str
        Its address, ``http://HOST:PORT``.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, path: str, method: str = "GET") -> Any:
        """Return what it answers to a question of Flink's REST interface.

        Raises
        ------
        OSError
            If it does not answer.
        """
        request = urllib.request.Request(f"{self._url}{path}", method=method)  # noqa: S310 - http
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read(_MAX_ANSWER_BYTES) or b"{}")

    def cancel(self, job: str) -> None:
        """Cancel a job.

        Raises
        ------
        OSError
            If it does not answer.
        """
        self.ask(f"/jobs/{job}?mode=cancel", "PATCH")


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
        self._manager = JobManager(url)
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
        jobs = self._manager.ask("/jobs/overview").get("jobs", ())
        return [job for job in jobs if job["name"] == self._name]

    def failures(self, job: str) -> tuple[Any, ...]:
        """Return what Flink's REST interface says of every failed attempt of a job.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        found = self._manager.ask(f"/jobs/{job}/exceptions").get("exceptionHistory", {})
        return tuple(found.get("entries", ()))

    def waits_for_slots(self, job: str) -> bool:
        """Return whether a job has tasks that no slot has been found for.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        # Counts of tasks: those of whole steps call a step with waiting tasks CREATED.
        counts: Counter[str] = Counter()
        for step in self._manager.ask(f"/jobs/{job}").get("vertices", ()):
            counts.update(step["tasks"])
        return counts["SCHEDULED"] > 0 and not any(counts[state] for state in _AT_WORK)

    def free_slots(self) -> tuple[int, int]:
        """Return how many task slots are free, and how many there are.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        found = self._manager.ask("/overview")
        return int(found["slots-available"]), int(found["slots-total"])

    def cancel(self, jobs: tuple[str, ...]) -> None:
        """Cancel jobs.

        Raises
        ------
        OSError
            If the job manager does not answer.
        """
        for job in jobs:
            self._manager.cancel(job)
