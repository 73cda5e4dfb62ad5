"""What a run on a Flink cluster says and does when something of the cluster is missing or dies."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from models import PACKAGE_FOLDER
from pipelines.comparison.invariance import hashes
from pipelines.local_cluster.flink import FlinkCluster
from pipelines.local_cluster.runs import finished_shards, unfinished_frames
from tests.fixtures.runs.cluster_runs import start_run

LEAVING_SECONDS = 120.0
CANCELLING_SECONDS = 15.0
ERROR_SECONDS = 90.0
LINE_SECONDS = 60.0

Expected = dict[str, dict[str, str]]


def job_server_of(run: int) -> int:
    """Return the process number of the job server that a run has started."""
    ps = ["ps", "-o", "pid=,comm=", "--ppid", str(run)]
    listing = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
    (pid,) = [int(line.split()[0]) for line in listing.splitlines() if "java" in line]
    return pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_cancels_its_job(
    number: signal.Signals, corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    before = cluster.jobs()
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= 1)
    (job,) = set(cluster.jobs()) - set(before)
    run.process.send_signal(number)
    deadline = time.monotonic() + CANCELLING_SECONDS
    while cluster.jobs()[job] != "CANCELED":
        assert time.monotonic() < deadline, cluster.jobs()
        time.sleep(0.2)
    assert run.wait() == 130
    assert "the job is cancelled" in run.told()
    if number == signal.SIGINT:  # what is left does not depend on the signal
        again = start_run(corpus, "long", output, cluster.options)
        assert again.wait() == 0, again.told()
        assert hashes(output) == expected["long"]


def test_no_worker_stays(cluster: FlinkCluster) -> None:
    deadline = time.monotonic() + LEAVING_SECONDS
    while any(cluster.workers(host) for host in cluster.hosts):
        assert time.monotonic() < deadline, [cluster.workers(host) for host in cluster.hosts]
        time.sleep(1.0)


def test_a_killed_driver_and_the_same_command_again(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    before = cluster.jobs()
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: unfinished_frames(output)[0] > 0)
    job_server = job_server_of(run.process.pid)
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    os.kill(job_server, signal.SIGKILL)
    (job,) = set(cluster.jobs()) - set(before)
    assert cluster.jobs()[job] == "RUNNING"  # it goes on by itself
    again = start_run(corpus, "long", output, cluster.options)
    assert again.wait() == 0, again.told()
    assert hashes(output) == expected["long"]
    # On a slow machine it may come to its end before the second run has been imported.
    assert cluster.jobs()[job] in ("CANCELED", "FINISHED")
    if cluster.jobs()[job] == "CANCELED":
        assert "which a killed run has left on the cluster" in again.told()


def test_a_worker_pool_that_is_down_is_named(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    host = cluster.hosts[-1]
    if not host.has_own_ports:
        pytest.skip("hosts share a worker pool: there are no network namespaces here")
    cluster.services.kill(f"pool-{host.name}")
    run = start_run(corpus, "long", output, cluster.options)
    try:
        run.wait_until(lambda: "no worker pool answers" in run.told())
    finally:
        cluster.start_pool(host)
    assert host.address in run.told()
    assert run.wait() == 0, run.told()
    assert hashes(output) == expected["long"]


def test_a_killed_job_manager_and_the_same_command_again(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= 2)
    cluster.services.kill("job-manager")
    try:
        assert run.wait(ERROR_SECONDS) == 2, run.told()
    finally:
        cluster.start_job_manager()
    assert f"the job manager at {cluster.url} does not answer" in run.told()
    cluster.wait_for_slots(2)
    again = start_run(corpus, "long", output, cluster.options)
    assert again.wait() == 0, again.told()
    assert hashes(output) == expected["long"]


def test_a_killed_job_server_and_the_same_command_again(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    before = cluster.jobs()
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= 2)
    (job,) = set(cluster.jobs()) - set(before)
    os.kill(job_server_of(run.process.pid), signal.SIGKILL)
    assert run.wait(ERROR_SECONDS) == 2, run.told()
    assert "the job service: it has ended" in run.told()
    assert "Traceback" not in run.told()
    assert cluster.jobs()[job] in ("CANCELLING", "CANCELED")  # nothing goes on for nobody
    again = start_run(corpus, "long", output, cluster.options)
    assert again.wait() == 0, again.told()
    assert hashes(output) == expected["long"]


def test_a_job_without_slots_says_what_it_waits_for(
    corpus: Path, cluster: FlinkCluster, output: Path
) -> None:
    first = start_run(corpus, "long", output, cluster.options)
    first.wait_until(lambda: finished_shards(output) >= 1)
    halted = [pid for host in cluster.hosts for pid in cluster.workers(host)]
    for pid in halted:  # so that the first one keeps its slots
        os.kill(pid, signal.SIGSTOP)
    second = start_run(corpus, "long", output.with_name("second"), cluster.options)
    try:
        seen = "the job waits for task slots: 0 of 2 are free"
        # Until then Python and the job server start.
        second.wait_until(lambda: seen in second.told(), 2 * LINE_SECONDS)
    finally:
        for pid in halted:
            os.kill(pid, signal.SIGCONT)
        for run in (second, first):
            run.process.send_signal(signal.SIGINT)
            run.wait()
    assert cluster.url in second.told()
    assert "Start task managers" in second.told()


def test_models_that_one_host_lacks_are_named_with_the_host(
    corpus: Path, cluster: FlinkCluster, output: Path
) -> None:
    host = cluster.hosts[-1]
    if not host.has_own_ports:
        pytest.skip("hosts share a worker pool: there are no network namespaces here")
    models = PACKAGE_FOLDER / "embedded"
    cluster.services.kill(f"pool-{host.name}")
    cluster.start_pool(host, hidden=models)
    try:
        run = start_run(corpus, "long", output, cluster.options)
        assert run.wait() == 2, run.told()
    finally:
        cluster.services.kill(f"pool-{host.name}")
        cluster.start_pool(host)
    last = run.told().splitlines()[-1]
    assert f"there is no such file on the worker {host.name}" in last
    assert str(models) in last
    assert "Models must lie at the same path" in last
