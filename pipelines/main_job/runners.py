"""The runner that a name stands for, and the Beam options that go with it."""

import argparse
import difflib
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from openface_core.errors import ConfigError
from pipelines.main_job.arguments import parser as parser_of_main_job
from pipelines.main_job.forks import note_pipeline, refuse_fork
from pipelines.main_job.log import beam_apart_from_log, set_up_log
from pipelines.main_job.runner_checks import PORTABLE_RUNNERS, canonical_name, check_runner_options
from pipelines.spared_imports import spared_by_beam
from transforms.work.ending_failures import keep_ending_failures_off_screen

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_LOCAL_RUNNERS = ("DirectRunner", "FnApiRunner")
# Beam gives up a whole run after this time, and its own 5 minutes are no time for videos.
_JOB_SERVER_TIMEOUT_SECONDS = 365 * 24 * 3600
_NEAR_MISS = 0.9
_MOST_WORKERS = 4096
_DEFAULT_RUNNER = "DirectRunner"


def import_beam() -> ModuleType:
    """Return the module ``apache_beam``, imported without its warning about optional packages.

    Raises
    ------
    PipelineError
        If this process was forked from one that has run pipelines.
    """
    refuse_fork()
    with beam_apart_from_log(), spared_by_beam():
        import apache_beam

    set_up_log()  # once more, as Beam's import has installed a handler of its own
    # It says how it starts a job server, with all the words, and when it ends it.
    logging.getLogger("apache_beam.utils.subprocess_server").setLevel(logging.ERROR)
    return apache_beam  # type: ignore[no-any-return]


def is_local(runner: str) -> bool:
    """Return whether a runner's workers are threads or processes of this machine."""
    return runner in _LOCAL_RUNNERS


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worker_count(options: "PipelineOptions") -> int:
    """Return how many workers a local run has."""
    from apache_beam.options.pipeline_options import DirectOptions

    # To Beam, 0 means one for each core.
    return int(options.view_as(DirectOptions).direct_num_workers) or os.cpu_count() or 1


def chosen_runner(
    runner: str | None, given: Sequence[str], preset: Mapping[str, Sequence[str]]
) -> tuple[str, tuple[str, ...]]:
    """Return the runner and the Beam options of a command line on top of a preset's.

    Parameters
    ----------
    runner : str or None
        Runner that the command line names.
    given : sequence of str
        Beam options of the command line.
    preset : mapping of str to sequence of str
        Values of options by name, from the section ``[beam]`` of a configuration.

    Returns
    -------
    runner : str
        The runner's name as it is written here.
    options : tuple of str
        All options; of those that both name, the command line's. The preset's options are for its
        own runner: with another one they are left out.
    """
    preset = dict(preset)
    of_preset = canonical_name(*preset.pop("runner", (_DEFAULT_RUNNER,)))
    chosen = of_preset if runner is None else canonical_name(runner)
    if chosen != of_preset:
        return chosen, tuple(given)
    named = _names(given)
    added = [
        f"--{name}={value}" if value is not None else f"--{name}"
        for name, values in preset.items()
        if f"__{name}" not in named
        for value in values or (None,)
    ]
    return chosen, (*added, *given)


def _names(given: Sequence[str]) -> set[str]:
    """Return the names of options with dashes as underscores: Beam takes some both ways."""
    return {argument.split("=", 1)[0].replace("-", "_") for argument in given}


def beam_arguments(runner: str, given: Sequence[str]) -> list[str]:
    """Return the Beam options of a run.

    Parameters
    ----------
    runner : str
        Name of the runner.
    given : sequence of str
        Beam options from the command line.

    Returns
    -------
    list of str
        The options. Local runs get threads, one per core, unless the options say otherwise;
        ``in_memory`` has one worker by its nature. Runs through a job service may take their time.
    """
    arguments = [*given]
    named = _names(given)
    if is_local(runner):
        if "__direct_running_mode" not in named:
            arguments.append("--direct_running_mode=multi_threading")
        if "__direct_num_workers" not in named:
            workers = 1 if "in_memory" in " ".join(given) else available_cores()
            arguments.append(f"--direct_num_workers={workers}")
        return arguments
    arguments.append(f"--runner={runner}")
    if runner == "PortableRunner" and "__direct_num_workers" not in named:
        # Beam's own job service asks for so many workers; those of clusters do not read it.
        arguments.append(f"--direct_num_workers={available_cores()}")
    if "__job_name" not in named:
        # By it a run finds its job on a cluster, to cancel it.
        arguments.append(f"--job_name=openface-beam-{uuid.uuid4().hex[:12]}")
    if runner in PORTABLE_RUNNERS and "__job_server_timeout" not in named:
        arguments.append(f"--job_server_timeout={_JOB_SERVER_TIMEOUT_SECONDS}")
    return arguments


class _BeamOptionParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the hundreds of options that Beam has."""
        raise ConfigError("Beam's options", message, "Correct the value.")


def known_options() -> tuple[argparse.ArgumentParser, list[str]]:
    """Return a parser for every option of this installation of Beam, and the options' names."""
    from apache_beam.options.pipeline_options import PipelineOptions

    parser = _BeamOptionParser(allow_abbrev=False, add_help=False, conflict_handler="resolve")
    kinds = [PipelineOptions]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if "_add_argparse_args" in vars(kind):
            kind._add_argparse_args(parser)
    return parser, sorted(parser._option_string_actions)


def check_words(runner: str, given: Sequence[str], own: Sequence[str] | None = None) -> None:
    """Refuse options that are neither ours nor Beam's, which Beam itself would ignore.

    A runner on another machine may have options of its own, so that only those are refused there
    that are nearly one of Beam's.

    Parameters
    ----------
    runner : str
        A name that :func:`canonical_name` has returned.
    given : sequence of str
        Beam options of the run.
    own : sequence of str or None
        The command's own options, which may have been meant; None for those of ``run``.

    Raises
    ------
    ConfigError
        If an option is mistyped, its value is wrong, or it does not work here.
    """
    parser, names = known_options()
    found, unknown = parser.parse_known_args(beam_arguments(runner, given))
    if found.direct_num_workers < 0:
        raise ConfigError(
            "--direct_num_workers",
            f"expected 0 or more, found {found.direct_num_workers}",
            "0 takes a worker for each core.",
        )
    if found.direct_num_workers > _MOST_WORKERS:
        raise ConfigError(
            "--direct_num_workers",
            f"expected at most {_MOST_WORKERS}, found {found.direct_num_workers}",
            "0 takes a worker for each core.",
        )
    if is_local(runner):
        _check_profiling(found)
    own = parser_of_main_job().option_names if own is None else own
    likeness = 0.6 if is_local(runner) else _NEAR_MISS
    for argument in unknown:
        word = argument.split("=", 1)[0]
        if not word.startswith("--") and not is_local(runner):
            continue  # the value of an option that is not ours to know
        close = difflib.get_close_matches(
            word, own, n=1, cutoff=likeness
        ) or difflib.get_close_matches(word, names, n=1, cutoff=likeness)
        if close or is_local(runner):
            hint = f"Did you mean {close[0]}?" if close else "--help lists the options."
            raise ConfigError(word, "neither an option of this program nor of Beam", hint)


def _check_profiling(found: argparse.Namespace) -> None:
    """Refuse what Beam's profiler of one machine fails for, once everything is analysed."""
    if found.profile_memory:
        raise ConfigError(
            "--profile_memory",
            "Beam cannot profile memory on this machine",
            "Leave the option out, or take another tool, such as memray.",
        )
    if found.profile_cpu and found.profile_location is None:
        raise ConfigError(
            "--profile_cpu", "it needs a place for its results", "Add --profile_location=FOLDER."
        )


def pipeline_options(
    runner: str, given: Sequence[str], own: Sequence[str] | None = None
) -> "PipelineOptions":
    """Return Beam's options object of a run.

    Parameters
    ----------
    runner : str
        Name of the runner.
    given : sequence of str
        Beam options from the command line.
    own : sequence of str or None
        As for :func:`check_words`.

    Returns
    -------
    PipelineOptions
        The options.

    Raises
    ------
    ConfigError
        If the runner does not exist or lacks what it needs, or as :func:`check_words`.
    """
    from apache_beam.options.pipeline_options import PipelineOptions

    runner = canonical_name(runner)
    check_words(runner, given, own)
    options = PipelineOptions(beam_arguments(runner, given))
    if not is_local(runner):
        check_runner_options(runner, options)
    return options


def make_runner(runner: str, options: "PipelineOptions") -> Any:
    """Return the runner itself, or its name where Beam is to make it.

    Parameters
    ----------
    runner : str
        Name of the runner. ``DirectRunner`` means ``FnApiRunner`` here: Beam's own DirectRunner
        first tries to download another engine, and which engine then runs depends on the graph.
    options : PipelineOptions
        Options of the run; worker processes get them through the provision service.

    Returns
    -------
    PipelineRunner or str
        What ``beam.Pipeline`` takes as its runner.
    """
    note_pipeline()
    if not is_local(runner):
        return runner
    from apache_beam.portability.api import beam_provision_api_pb2
    from apache_beam.runners.portability.fn_api_runner import fn_runner
    from apache_beam.runners.portability.portable_runner import JobServiceHandle

    keep_ending_failures_off_screen()  # of what has just been imported, too
    encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
    return fn_runner.FnApiRunner(
        provision_info=fn_runner.ExtendedProvisionInfo(
            beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
        )
    )
