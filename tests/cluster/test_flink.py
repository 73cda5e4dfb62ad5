"""The main job on a Flink cluster: the same bytes, spread, and whatever dies."""

import re
from pathlib import Path

import pytest

from pipelines.comparison.invariance import hashes
from pipelines.local_cluster.flink import FlinkCluster
from pipelines.local_cluster.runs import finished_shards, metrics_of
from tests.fixtures.runs.cluster_runs import LONG_FRAMES, SHARD_FRAMES, start_run

SHARDS = LONG_FRAMES // SHARD_FRAMES

Expected = dict[str, dict[str, str]]


def test_the_same_bytes_from_both_hosts(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "all", output, cluster.options)
    assert run.wait() == 0, run.told()
    assert hashes(output) == expected["all"]
    hosts = metrics_of(output)["hosts"]
    if cluster.hosts[0].has_own_ports:
        assert set(hosts) == {host.name for host in cluster.hosts}


def test_the_shards_of_one_video_spread_and_progress_is_told(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    if not cluster.hosts[0].has_own_ports:
        pytest.skip("hosts without names of their own: there are no network namespaces here")
    run = start_run(corpus, "long", output, cluster.options)
    assert run.wait() == 0, run.told()
    assert hashes(output) == expected["long"]
    shards = [host["shards"] for host in metrics_of(output)["hosts"].values()]
    assert sum(shards) == SHARDS
    assert max(shards) <= SHARDS // 2 + 1
    assert f"{LONG_FRAMES}" in run.told()  # progress, while others work
    assert "parts done" in run.told()


def test_a_killed_worker_costs_its_own_shard(
    corpus: Path, expected: Expected, cluster: FlinkCluster, output: Path
) -> None:
    run = start_run(corpus, "long", output, cluster.options)
    run.wait_until(lambda: finished_shards(output) >= SHARDS // 3)
    workers = [pid for host in cluster.hosts for pid in cluster.workers(host)]
    cluster.kill_worker(workers[0])
    assert run.wait() == 0, run.told()
    assert re.search(r"a worker beside the task manager [\w.-]+ has ended", run.told())
    assert hashes(output) == expected["long"]
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
    assert hashes(output) == expected["long"]
    cluster.wait_for_slots(2)
