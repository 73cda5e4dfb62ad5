"""A Flink session cluster: a job manager, and task managers with a worker pool beside each."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openface_core.errors import PipelineError
from pipelines.local_cluster.hosts import Host
from pipelines.local_cluster.pools import OPTIONS, hosts_with_pools, start_pool, workers_of
from pipelines.local_cluster.processes import Services
from pipelines.local_cluster.programs import (
    FLINK_LINE,
    JAVA_OPTIONS,
    flink_libraries,
    job_server_jar,
)
from pipelines.main_job.flink_jobs import JobManager

_RPC_PORT = 6123
_REST_PORT = 8081
_START_SECONDS = 120.0
_KEPT_SECONDS = 4
"""So long a worker is kept for the next stage. Attempts wait longer: dead ones are kept too."""

_TASK_MANAGER_MEMORY = {
    "taskmanager.cpu.cores": "1.0",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.task.heap.size": "256m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.task.off-heap.size": "64m",
    "taskmanager.memory.managed.size": "128m",
    "taskmanager.memory.network.min": "64m",
    "taskmanager.memory.network.max": "64m",
    "taskmanager.memory.jvm-metaspace.size": "160m",
    "taskmanager.memory.jvm-overhead.min": "64m",
    "taskmanager.memory.jvm-overhead.max": "64m",
}
"""Only references go through Flink; what frames need is in the worker processes."""


@dataclass(frozen=True, eq=False)
class FlinkCluster:
    """A cluster that runs.

    Parameters
    ----------
    folder : Path
        Logs and configuration.
    services : Services
        Its processes: ``job-manager``, and for each host ``task-manager-NAME``, ``pool-NAME``.
    hosts : tuple of Host
        The hosts of task managers.
    head : Host
        The host of the job manager.
    slots : int
        Task slots of each task manager.
    """

    folder: Path
    services: Services
    hosts: tuple[Host, ...]
    head: Host
    slots: int

    @property
    def url(self) -> str:
        """Address of the job manager."""
        return f"http://{self.head.address}:{_REST_PORT}"

    @property
    def options(self) -> tuple[str, ...]:
        """Beam's options for a run on this cluster."""
        return (
            "--runner=FlinkRunner",
            f"--flink_master={self.url}",
            f"--flink_version={FLINK_LINE}",
            f"--flink_job_server_jar={job_server_jar('flink')}",
            *(f"--job_server_jvm_property={word}" for word in JAVA_OPTIONS),
            *OPTIONS,
            f"--environment_cache_millis={_KEPT_SECONDS * 1000}",
            f"--parallelism={self.slots * len(self.hosts)}",
        )

    @property
    def manager(self) -> JobManager:
        """Its job manager."""
        return JobManager(self.url)

    def jobs(self) -> dict[str, str]:
        """Return the state of every job, by its id."""
        return {str(job["id"]): str(job["status"]) for job in self.manager.ask("/jobs")["jobs"]}

    def start_task_manager(self, host: Host) -> None:
        """Start the task manager of a host."""
        memory = {**_TASK_MANAGER_MEMORY, "taskmanager.numberOfTaskSlots": str(self.slots)}
        memory["taskmanager.host"] = memory["taskmanager.bind-host"] = host.address
        memory["taskmanager.resource-id"] = f"{host.name}-{time.monotonic_ns()}"
        words = [word for key, value in memory.items() for word in ("-D", f"{key}={value}")]
        name = f"task-manager-{host.name}"
        self._start_java(name, host, "taskexecutor.TaskManagerRunner", "384m", words)

    def start_pool(self, host: Host, hidden: Path | None = None) -> None:
        """Start the worker pool of a host; a hidden folder is empty for its workers."""
        start_pool(self.services, host, hidden)

    def start_job_manager(self) -> None:
        """Start the job manager and wait until it answers."""
        words = ["--host", self.head.address]
        entry = "entrypoint.StandaloneSessionClusterEntrypoint"
        self._start_java("job-manager", self.head, entry, "512m", words)
        self.services.wait_for_port("job-manager", self.head, _REST_PORT)

    def _start_java(
        self, name: str, host: Host, entry: str, heap: str, words: Sequence[str]
    ) -> None:
        command = [
            "java",
            f"-Xmx{heap}",
            *JAVA_OPTIONS,
            f"-Dlog4j.configurationFile={self.folder / 'log4j.properties'}",
            "-cp",
            # With Beam among Flink's own classes, and not only in the job, a task manager can keep
            # its worker from one stage of a job to the next.
            f"{flink_libraries()}/*{os.pathsep}{job_server_jar('flink')}",
            f"org.apache.flink.runtime.{entry}",
            "--configDir",
            str(self.folder),
            *words,
        ]
        self.services.start(name, host, command)

    def wait_for_slots(self, count: int) -> None:
        """Wait until so many slots are there.

        Raises
        ------
        PipelineError
            If they are not in two minutes.
        """
        deadline = time.monotonic() + _START_SECONDS
        while (found := self._slots()) != count:
            if time.monotonic() > deadline or self.services.have_ended:
                raise PipelineError(
                    "the Flink cluster", f"{found} slots of {count}", f"Look into {self.folder}."
                )
            time.sleep(0.2)

    def _slots(self) -> int:
        try:
            return int(self.manager.ask("/overview")["slots-total"])
        except OSError:  # it has begun to answer, but not with this
            return 0

    def workers(self, host: Host) -> tuple[int, ...]:
        """Return the process numbers of the workers that the pool of a host has started."""
        return workers_of(self.services, host)

    def kill_worker(self, pid: int) -> None:
        """Kill a worker as the operating system does when memory runs out."""
        os.kill(pid, signal.SIGKILL)


def _configuration(folder: Path, head: Host) -> str:
    # Flink hands its own files on at `localhost`. Who may reach a job manager may run anything, so
    # that it listens on all addresses only where these are those of a namespace.
    listens_at = "0.0.0.0" if head.has_own_ports else head.address  # noqa: S104
    settings = {
        "io.tmp.dirs": folder / "temporary",
        "jobmanager.rpc.address": head.address,
        "jobmanager.rpc.port": _RPC_PORT,
        "jobmanager.bind-host": listens_at,
        "rest.address": head.address,
        "rest.bind-address": head.address,
        "rest.port": _REST_PORT,
        "jobmanager.memory.process.size": "1g",
        "parallelism.default": 1,
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": 20,
        "restart-strategy.fixed-delay.delay": f"{_KEPT_SECONDS + 2} s",
        "classloader.resolve-order": "parent-first",
        # A busy machine takes its time to deploy what a slot was given for.
        "taskmanager.slot.timeout": "60 s",
        "web.submit.enable": "false",
    }
    return "".join(f"{name}: {value}\n" for name, value in settings.items())


_LOGGING = """rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} %m%n
"""


@contextmanager
def flink_cluster(folder: Path, host_count: int = 2, slots: int = 1) -> Iterator[FlinkCluster]:
    """Start a cluster, and stop it with the block; nothing of it is left.

    Parameters
    ----------
    folder : Path
        An empty folder for logs and configuration.
    host_count : int
        Hosts with a task manager and a worker pool.
    slots : int
        Task slots of each.

    Yields
    ------
    FlinkCluster
        The cluster, all of its slots free.

    Raises
    ------
    ConfigError
        If a program that it needs cannot be had.
    PipelineError
        If it does not start.
    """
    with hosts_with_pools(folder, host_count) as (services, members, head):
        (folder / "flink-conf.yaml").write_text(_configuration(folder, head), encoding="ascii")
        (folder / "log4j.properties").write_text(_LOGGING, encoding="ascii")
        cluster = FlinkCluster(folder, services, members, head, slots)
        cluster.start_job_manager()
        for host in members:
            cluster.start_task_manager(host)
        cluster.wait_for_slots(slots * host_count)
        yield cluster
