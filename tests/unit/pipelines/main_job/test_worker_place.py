"""Where workers are, and which paths they can use."""

import pytest

from openface_core.errors import ConfigError
from pipelines.main_job import worker_place as module
from pipelines.main_job.job_service import JobService
from pipelines.main_job.runners import pipeline_options
from pipelines.main_job.worker_place import WorkerPlace, worker_place

SERVICE = "--job_endpoint=localhost:8099"


def place(runner: str, *given: str) -> WorkerPlace:
    return worker_place(runner, pipeline_options(runner, given))


@pytest.fixture
def beams_own_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "reach_job_service", lambda endpoint: JobService(endpoint, True))


@pytest.mark.parametrize("mode", ["in_memory", "multi_threading", "multi_processing"])
def test_local_runs(mode: str) -> None:
    found = place("DirectRunner", f"--direct_running_mode={mode}")
    assert found == WorkerPlace(True, True, mode == "multi_processing", True)


@pytest.mark.usefixtures("beams_own_service")
def test_loopback_shares_everything_with_this_process() -> None:
    found = place("PortableRunner", SERVICE, "--environment_type=LOOPBACK")
    assert found == WorkerPlace(False, True, True, True)
    found.check_paths(["videos/a.mp4"])


@pytest.mark.usefixtures("beams_own_service")
def test_a_worker_pool_works_in_another_folder() -> None:
    options = ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"]
    found = place("PortableRunner", SERVICE, *options)
    assert found == WorkerPlace(False, True, True, False, "localhost:50000")
    found.check_paths(["/videos/a.mp4", "gs://bucket/b.mp4"])
    with pytest.raises(ConfigError, match="another file to a worker"):
        found.check_paths(["/videos/a.mp4", "videos/a.mp4"])


def test_a_cluster_looks_after_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "reach_job_service", lambda endpoint: JobService(endpoint, False))
    options = ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"]
    found = place("FlinkRunner", "--job_endpoint=flink.example:8099", *options)
    assert found == WorkerPlace(False, False, False, False, "localhost:50000")


@pytest.mark.usefixtures("beams_own_service")
def test_a_run_that_is_not_waited_for() -> None:
    external = ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"]
    found = place("PortableRunner", SERVICE, *external, "--no_wait_until_finish")
    assert found == WorkerPlace(False, False, False, False, "localhost:50000", True)
    # Workers of this process end with it.
    loopback = "--environment_type=LOOPBACK"
    assert not place("PortableRunner", SERVICE, loopback, "--no_wait_until_finish").is_left_alone
    assert not place("DirectRunner", "--no_wait_until_finish").is_left_alone
