"""A standalone Spark cluster: a master, and workers with a worker pool of Beam beside each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.local_cluster.hosts import Host
from pipelines.local_cluster.pools import OPTIONS, hosts_with_pools, workers_of
from pipelines.local_cluster.processes import Services
from pipelines.local_cluster.programs import JAVA_OPTIONS, job_server_jar

_MASTER_PORT = 7077
_WORKER_PORT = 7078
_SCALA_VERSION = "2.12"
"""Of the jars, which Spark else reads from folders of a release."""


@dataclass(frozen=True, eq=False)
class SparkCluster:
    """A cluster that runs.

    Parameters
    ----------
    services : Services
        Its processes: ``master``, and for each host ``worker-NAME``, ``pool-NAME``.
    hosts : tuple of Host
        The hosts of workers.
    head : Host
        The host of the master.
    """

    services: Services
    hosts: tuple[Host, ...]
    head: Host

    @property
    def options(self) -> tuple[str, ...]:
        """Beam's options for a run on this cluster."""
        # The job server is Spark's driver, which executors talk to.
        driver = {"spark.driver.host": self.head.gateway, "spark.cores.max": len(self.hosts)}
        driver["spark.default.parallelism"] = len(self.hosts)
        driver["spark.executor.memory"] = "512m"
        driver["spark.executor.extraJavaOptions"] = " ".join(JAVA_OPTIONS)
        properties = [*JAVA_OPTIONS, *(f"-D{name}={value}" for name, value in driver.items())]
        return (
            "--runner=SparkRunner",
            f"--spark_master_url=spark://{self.head.address}:{_MASTER_PORT}",
            f"--spark_job_server_jar={job_server_jar('spark')}",
            *(f"--job_server_jvm_property={word}" for word in properties),
            *OPTIONS,
        )

    def workers(self, host: Host) -> tuple[int, ...]:
        """Return the process numbers of the workers that the pool of a host has started."""
        return workers_of(self.services, host)


def _start(
    services: Services, home: Path, name: str, host: Host, entry: str, words: Sequence[str]
) -> None:
    command = ["java", "-Xmx384m", *JAVA_OPTIONS, "-cp", f"{home}/jars/*"]
    entry = f"org.apache.spark.deploy.{entry}"
    environment = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": host.address}
    environment["SPARK_SCALA_VERSION"] = _SCALA_VERSION
    services.start(name, host, [*command, entry, *words], environment)


@contextmanager
def spark_cluster(folder: Path, host_count: int = 2) -> Iterator[SparkCluster]:
    """Start a cluster with one core for each host, and stop it with the block.

    Parameters
    ----------
    folder : Path
        An empty folder for logs and for what workers unpack.
    host_count : int
        Hosts with a worker and a worker pool.

    Yields
    ------
    SparkCluster
        The cluster.

    Raises
    ------
    ConfigError
        If a program that it needs cannot be had.
    PipelineError
        If it does not start.
    """
    home = folder / "home"
    (home / "jars").mkdir(parents=True)
    (home / "jars" / "spark.jar").symlink_to(job_server_jar("spark"))
    with hosts_with_pools(folder, host_count) as (services, members, head):
        master = ["--host", head.address, "--port", str(_MASTER_PORT)]
        _start(services, home, "master", head, "master.Master", master)
        services.wait_for_port("master", head, _MASTER_PORT)
        for host in members:
            place = ["--host", host.address, "--port", str(_WORKER_PORT)]
            words = [*place, "--cores", "1", "--memory", "700m", "--work-dir"]
            words += [str(folder / host.name), f"spark://{head.address}:{_MASTER_PORT}"]
            _start(services, home, f"worker-{host.name}", host, "worker.Worker", words)
            services.wait_for_port(f"worker-{host.name}", host, _WORKER_PORT)
        yield SparkCluster(services, members, head)
