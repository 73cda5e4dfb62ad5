"""Runs that could not begin, would wait for ever or would download something are refused."""

from pathlib import Path

import pytest

from openface_core.errors import ConfigError
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.prepare import check_asked_runner
from pipelines.main_job.runner_checks import canonical_name
from pipelines.main_job.runners import pipeline_options

LOOPBACK = "--environment_type=LOOPBACK"
SERVICE = "--job_endpoint=localhost:8099"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("DirectRunner", "DirectRunner"),
        ("direct", "DirectRunner"),
        ("flinkrunner", "FlinkRunner"),
        ("apache_beam.runners.portability.flink_runner.FlinkRunner", "FlinkRunner"),
        ("elsewhere.runners.OwnRunner", "elsewhere.runners.OwnRunner"),
    ],
)
def test_names(given: str, name: str) -> None:
    assert canonical_name(given) == name


@pytest.mark.parametrize(
    "runner",
    ["WarpRunner", "", "SwitchingDirectRunner", "BundleBasedDirectRunner", "InteractiveRunner"],
)
def test_runners_that_do_not_suit(runner: str) -> None:
    with pytest.raises(ConfigError, match="no such runner"):
        canonical_name(runner)


@pytest.mark.parametrize(
    ("runner", "option"),
    [
        ("FlinkRunner", "--flink_job_server_jar"),
        ("SparkRunner", "--spark_job_server_jar"),
        ("PrismRunner", "--prism_location"),
    ],
)
@pytest.mark.parametrize("place", [None, "missing.jar", "https://repo.example/server.jar"])
def test_nothing_is_downloaded(
    runner: str, option: str, place: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("socket.create_connection", connect)
    monkeypatch.setattr("urllib.request.urlopen", connect)
    given = [LOOPBACK] if place is None else [LOOPBACK, f"{option}={place}"]
    with pytest.raises(ConfigError, match="download") as caught:
        pipeline_options(runner, given)
    assert caught.value.subject.startswith(option)


def test_a_local_jar_will_do(tmp_path: Path) -> None:
    jar = tmp_path / "server.jar"
    jar.write_bytes(b"PK")
    given = [LOOPBACK, f"--flink_job_server_jar={jar}", "--job_server_java_launcher=/bin/sh"]
    assert pipeline_options("FlinkRunner", given).get_all_options()["runner"] == "FlinkRunner"


def test_without_java(tmp_path: Path) -> None:
    jar = tmp_path / "server.jar"
    jar.write_bytes(b"PK")
    given = [LOOPBACK, f"--flink_job_server_jar={jar}", "--job_server_java_launcher=no-java"]
    with pytest.raises(ConfigError, match="no such program"):
        pipeline_options("FlinkRunner", given)


def test_a_portable_runner_needs_a_job_service() -> None:
    with pytest.raises(ConfigError, match="job service") as caught:
        pipeline_options("PortableRunner", [LOOPBACK])
    assert caught.value.subject == "--job_endpoint"


@pytest.mark.parametrize("runner", ["PortableRunner", "FlinkRunner"])
@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ([], "not given"),
        (["--environment_type=CLOUD"], "no such type"),
        (["--environment_type=EXTERNAL"], "the address of a worker pool is not given"),
        (["--environment_type=DOCKER"], "an image that holds this program is not given"),
        (["--environment_type=PROCESS"], "a command that starts a worker is not given"),
    ],
)
def test_how_workers_run_is_said(runner: str, options: list[str], cause: str) -> None:
    with pytest.raises(ConfigError, match=cause) as caught:
        pipeline_options(runner, [SERVICE, *options])
    assert caught.value.subject.startswith("--environment_type")


@pytest.mark.parametrize(
    "options",
    [
        [LOOPBACK],
        ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"],
        ["--environment_type=DOCKER", "--environment_option=docker_container_image=own:1"],
    ],
)
def test_ways_to_run_workers(options: list[str]) -> None:
    found = pipeline_options("PortableRunner", [SERVICE, *options]).get_all_options()
    # Beam's own five minutes would end the run, not the request.
    assert found["job_server_timeout"] > 30 * 24 * 3600


def test_what_the_user_says_of_the_timeout_counts() -> None:
    given = [SERVICE, LOOPBACK, "--job-server-timeout=60"]
    assert pipeline_options("PortableRunner", given).get_all_options()["job_server_timeout"] == 60


def test_a_mistyped_option() -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline_options("PortableRunner", ["--job_endpont=localhost:8099", LOOPBACK])
    assert caught.value.remedy == "Did you mean --job_endpoint?"


def test_an_option_of_a_cluster_is_passed_on() -> None:
    given = [SERVICE, LOOPBACK, "--auto_balance_write_files_sharding_enabled", "7"]
    options = pipeline_options("PortableRunner", given)
    # As a portable runner reads them when it hands a pipeline over.
    found = options.get_all_options(retain_unknown_options=True)
    assert found["auto_balance_write_files_sharding_enabled"] == "7"


def test_dataflow_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(runner: str) -> None:
        raise ImportError(runner)

    monkeypatch.setattr("apache_beam.runners.runner.create_runner", create)
    with pytest.raises(ConfigError, match="Google Cloud") as caught:
        pipeline_options("DataflowRunner", ["--project=p"])
    assert "openface-beam[gcp]" in caught.value.remedy


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("nonsense = 1", "--nonsense: neither an option"),
        ('direct_num_workers = "abc"', "argument --direct_num_workers: invalid int value"),
        ("direct_num_workers = -1", "--direct_num_workers: expected 0 or more"),
    ],
)
def test_options_of_a_configuration_are_named_with_it(
    tmp_path: Path, line: str, cause: str
) -> None:
    config = tmp_path / "mine.toml"
    config.write_text(f'base = "embedded"\n[beam]\n{line}\n')
    arguments = RunArguments(("a.mp4",), str(tmp_path / "out"), config=str(config))
    with pytest.raises(ConfigError) as caught:
        check_asked_runner(arguments)
    assert caught.value.subject == f"{config}: the section [beam]"
    assert cause in caught.value.cause
