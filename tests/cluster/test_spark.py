"""The main job on a standalone Spark cluster: the same bytes."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pipelines.comparison.invariance import hashes
from pipelines.local_cluster.programs import job_server_jar
from pipelines.local_cluster.spark import SparkCluster, spark_cluster
from tests.fixtures.runs.cluster_runs import programs_or_skip, start_run


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    programs_or_skip(partial(job_server_jar, "spark"))
    with spark_cluster(tmp_path_factory.mktemp("spark"), host_count=2) as started:
        yield started


def test_the_same_bytes(
    corpus: Path, expected: dict[str, dict[str, str]], spark: SparkCluster, output: Path
) -> None:
    run = start_run(corpus, "all", output, spark.options)
    assert run.wait() == 0, run.told()
    assert hashes(output) == expected["all"]
