"""The main job on a Flink cluster: the same bytes, spread, and whatever dies."""

import os
import signal
import time
from pathlib import Path

import pytest

from pipelines.local_cluster.flink import FlinkCluster
from tests.fixtures.runs.cluster_runs import (
    LONG_FRAMES,
    SHARD_FRAMES,
    dataset_bytes,
    finished_shards,
    metrics_of,
    start_run,
)

LEAVING_SECONDS = 120.0
CANCELLING_SECONDS = 15.0
SHARDS = LONG_FRAMES // SHARD_FRAMES

Expected = dict[str, dict[str, bytes]]


def test_the_same_bytes_from_both_hosts(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "all", output, cluster.options)
    assert run.wait() == 0, run.told()
    assert dataset_bytes(output) == expected["all"]
    hosts = metrics_of(output)["hosts"]
    if cluster.hosts[0].has_own_ports:
        assert set(hosts) == {host.name for host in cluster.hosts}


def test_the_shards_of_one_video_spread(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    if not cluster.hosts[0].has_own_ports:
        pytest.skip("hosts without names of their own: there are no network namespaces here")
    run = start_run(corpus, "long", output, cluster.options)
    assert run.wait() == 0, run.told()
    assert dataset_bytes(output) == expected["long"]
    shards = [host["shards"] for host in metrics_of(output)["hosts"].values()]
    assert sum(shards) == SHARDS
    assert max(shards) <= SHARDS // 2 + 1


def test_progress_is_told(corpus: Path, cluster: FlinkCluster, output: Path) -> None:
    run = start_run(corpus, "long", output, cluster.options)
    assert run.wait() == 0, run.told()
    assert f"{LONG_FRAMES}" in run.told()
    assert "parts done" in run.told()


def test_a_killed_worker_costs_its_own_shard(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= SHARDS // 3)
    workers = [pid for host in cluster.hosts for pid in cluster.workers(host)]
    cluster.kill_worker(workers[0])
    assert run.wait() == 0, run.told()
    assert dataset_bytes(output) == expected["long"]
    assert metrics_of(output)["counters"]["finished_by_an_earlier_attempt"] >= SHARDS // 3


def test_a_killed_task_manager(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= 2)
    host = cluster.hosts[0]
    cluster.services.kill(f"task-manager-{host.name}")
    cluster.start_task_manager(host)
    assert run.wait() == 0, run.told()
    assert dataset_bytes(output) == expected["long"]
    cluster.wait_for_slots(2)


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
    again = start_run(corpus, "long", output, cluster.options)
    assert again.wait() == 0, again.told()
    assert dataset_bytes(output) == expected["long"]


def test_no_worker_stays(cluster: FlinkCluster) -> None:
    deadline = time.monotonic() + LEAVING_SECONDS
    while any(cluster.workers(host) for host in cluster.hosts):
        assert time.monotonic() < deadline, [cluster.workers(host) for host in cluster.hosts]
        time.sleep(1.0)


def test_a_killed_driver_and_the_same_command_again(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= 2)
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    # The job goes on by itself; what it writes does no harm.
    again = start_run(corpus, "long", output, cluster.options)
    assert again.wait() == 0, again.told()
    assert dataset_bytes(output) == expected["long"]
    for job, state in cluster.jobs().items():
        if state in ("RUNNING", "RESTARTING", "CREATED"):
            cluster.manager.cancel(job)


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
    assert dataset_bytes(output) == expected["long"]
