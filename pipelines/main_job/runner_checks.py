"""What a runner needs before a run may begin: nothing is downloaded or waited for."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from openface_core.errors import ConfigError

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

PORTABLE_RUNNERS = ("PortableRunner", "FlinkRunner", "SparkRunner", "PrismRunner")
RUNNERS = ("DirectRunner", "FnApiRunner", *PORTABLE_RUNNERS, "DataflowRunner")

_WORKERS_RUN = (
    "Say how workers run: LOOPBACK (in this process), EXTERNAL with "
    "--environment_config=HOST:PORT of a worker pool, PROCESS with a command, or DOCKER with an "
    "image; see `openface-beam docs clusters`."
)
_ENVIRONMENTS = {
    # What --environment_config gives, or one of --environment_options.
    "LOOPBACK": ("", ""),
    "EXTERNAL": ("external_service_address", "the address of a worker pool"),
    "PROCESS": ("process_command", "a command that starts a worker"),
    "DOCKER": ("docker_container_image", "an image that holds this program"),
}


def canonical_name(runner: str) -> str:
    """Return a runner's name as it is written here.

    Parameters
    ----------
    runner : str
        A name as Beam takes it: in any case, with or without ``Runner``, with or without the
        module.

    Returns
    -------
    str
        One of :data:`RUNNERS`, or the full name of a class of another package.

    Raises
    ------
    ConfigError
        If it is none of these.
    """
    module, _, name = runner.rpartition(".")
    if module and not module.startswith("apache_beam."):
        return runner
    for known in RUNNERS:
        if name.lower() in (known.lower(), known.lower().removesuffix("runner")):
            return known
    raise ConfigError(
        f"--runner={runner}",
        "there is no such runner, or it does not suit this program",
        f"Use {', '.join(RUNNERS)}, or the full name of another package's class.",
    )


def _check_local_file(option: str, path: str | None, what: str) -> None:
    """Refuse a runner that would download a program of its own."""
    if path is None:
        raise ConfigError(
            option,
            f"not given, and {what} is not downloaded by a run",
            f"Give {option}=FILE, or --job_endpoint=HOST:PORT of a job service that runs.",
        )
    if not Path(path).is_file():
        raise ConfigError(
            f"{option}={path}",
            "there is no such local file, and a run downloads nothing",
            f"Get {what} yourself, as `openface-beam docs clusters` shows.",
        )


def _check_java(launcher: str) -> None:
    if shutil.which(launcher) is None:
        raise ConfigError(
            f"--job_server_java_launcher={launcher}",
            "there is no such program",
            "Install Java 17, or name its launcher.",
        )


def _check_flink(options: "PipelineOptions") -> None:
    from apache_beam.options.pipeline_options import FlinkRunnerOptions, JobServerOptions

    jar = options.view_as(FlinkRunnerOptions).flink_job_server_jar
    _check_local_file("--flink_job_server_jar", jar, "Flink's job server")
    _check_java(options.view_as(JobServerOptions).job_server_java_launcher)


def _check_spark(options: "PipelineOptions") -> None:
    from apache_beam.options.pipeline_options import JobServerOptions, SparkRunnerOptions

    jar = options.view_as(SparkRunnerOptions).spark_job_server_jar
    _check_local_file("--spark_job_server_jar", jar, "Spark's job server")
    _check_java(options.view_as(JobServerOptions).job_server_java_launcher)


def _check_prism(options: "PipelineOptions") -> None:
    from apache_beam.options.pipeline_options import PrismRunnerOptions

    path = options.view_as(PrismRunnerOptions).prism_location
    _check_local_file("--prism_location", path, "Prism")


def _check_portable(_: "PipelineOptions") -> None:
    raise ConfigError(
        "--job_endpoint",
        "not given, and PortableRunner needs a job service",
        "Start one, as `openface-beam docs clusters` shows, and give --job_endpoint=HOST:PORT.",
    )


_JOB_SERVER_CHECKS: dict[str, Callable[["PipelineOptions"], None]] = {
    "PortableRunner": _check_portable,
    "FlinkRunner": _check_flink,
    "SparkRunner": _check_spark,
    "PrismRunner": _check_prism,
}


def _check_environment(options: "PipelineOptions") -> None:
    """Refuse workers that Beam would look for in an image of its own, without this program."""
    from apache_beam.options.pipeline_options import PortableOptions

    portable = options.view_as(PortableOptions)
    kind = portable.environment_type
    if kind is None:
        raise ConfigError("--environment_type", "not given", _WORKERS_RUN)
    if kind.startswith("beam:env:"):
        return
    if kind not in _ENVIRONMENTS:
        raise ConfigError(f"--environment_type={kind}", "there is no such type", _WORKERS_RUN)
    option, what = _ENVIRONMENTS[kind]
    given = portable.environment_config or portable.lookup_environment_option(option)
    if option and not given:
        raise ConfigError(
            f"--environment_type={kind}",
            f"{what} is not given",
            f"Give it with --environment_config, or --environment_option={option}=... .",
        )


def _make(runner: str) -> object:
    """Return a runner, to see that its packages are there."""
    from apache_beam.runners.runner import create_runner

    try:
        return create_runner(runner)
    except (ValueError, ImportError, AttributeError) as error:
        if runner == "DataflowRunner":
            raise ConfigError(
                f"--runner={runner}",
                "Beam's packages for Google Cloud are not installed",
                "Run: python -m pip install 'openface-beam[gcp]'.",
            ) from error
        raise ConfigError(
            f"--runner={runner}",
            f"there is no such runner ({' '.join(str(error).split())[:200]})",
            "Use DirectRunner, or a runner whose packages are installed.",
        ) from error


def check_runner_options(runner: str, options: "PipelineOptions") -> None:
    """Refuse options with which a run could not begin, would wait for ever, or would download.

    Parameters
    ----------
    runner : str
        A name that :func:`canonical_name` has returned.
    options : PipelineOptions
        Options of the run.

    Raises
    ------
    ConfigError
        If a job service, a local file, a worker environment or a package is missing, or Beam
        itself refuses the options.
    """
    from apache_beam.options.pipeline_options import PortableOptions
    from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator

    made = _make(runner)
    if runner in PORTABLE_RUNNERS:
        if not options.view_as(PortableOptions).job_endpoint:
            _JOB_SERVER_CHECKS[runner](options)
        _check_environment(options)
    complaints = PipelineOptionsValidator(options, made).validate()
    if complaints:
        raise ConfigError(
            f"--runner={runner}", " ".join(complaints[0].split()).rstrip("."), "Add or correct it."
        )
