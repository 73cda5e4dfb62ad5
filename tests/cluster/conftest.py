"""A corpus, what one machine makes of it, and a cluster to compare that with."""

import shutil
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from openface_core.media import open_media
from pipelines.comparison.invariance import hashes
from pipelines.demo import main as make_demo
from pipelines.local_cluster.flink import FlinkCluster, flink_cluster
from pipelines.local_cluster.programs import flink_libraries, job_server_jar, missing_programs
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.cluster_runs import LONG_FRAMES, programs_or_skip, start_run

_CONFIG = """name = "short shards"
base = "embedded"
[detection]
every_frames = 60
[shards]
seconds = 2.0
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip where a cluster cannot be started, and say why."""
    missing = missing_programs()
    skip = pytest.mark.skip(reason=f"a cluster needs {' and '.join(missing)} (Java 17, Maven)")
    for item in items:
        if "cluster" in item.path.relative_to(REPOSITORY).parts:
            item.add_marker(pytest.mark.cluster)
            if missing:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the clips of the demo, a long one, and a configuration."""
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("cluster")
    assert make_demo(["--output", str(folder / "demo"), "--quiet"]) == 0
    clips = folder / "demo" / "clips"
    (clips / "truncated.mp4").unlink()
    with open_media(str(clips / "brows_and_smile.mp4")) as media:
        images = [frame.image for frame in media]
    there_and_back = [*images, *images[-2:0:-1]]
    repeated = (there_and_back[k % len(there_and_back)] for k in range(LONG_FRAMES))
    (folder / "long").mkdir()
    write_video(folder / "long" / "long.mp4", islice(repeated, LONG_FRAMES), options={"g": "30"})
    shutil.copytree(clips, folder / "all")
    shutil.copy(folder / "long" / "long.mp4", folder / "all")
    (folder / "config.toml").write_text(_CONFIG, encoding="utf-8")
    return folder


class Expected(dict[str, dict[str, str]]):
    """The dataset of each folder of inputs, made on one machine when it is first asked for."""

    def __init__(self, corpus: Path) -> None:
        super().__init__()
        self._corpus = corpus

    def __missing__(self, inputs: str) -> dict[str, str]:
        output = self._corpus / f"here-{inputs}"
        run = start_run(self._corpus, inputs, output, ("--runner=DirectRunner",))
        assert run.wait() == 0, run.told()
        self[inputs] = hashes(output)
        return self[inputs]


@pytest.fixture(scope="session")
def expected(corpus: Path) -> dict[str, dict[str, str]]:
    return Expected(corpus)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    """Return a Flink cluster of two hosts with one slot each."""
    programs_or_skip(partial(job_server_jar, "flink"), flink_libraries)
    with flink_cluster(tmp_path_factory.mktemp("flink"), host_count=2) as started:
        yield started


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "results"
