"""The runner that a name stands for, and the Beam options that go with it."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_LOCAL_RUNNERS = ("DirectRunner", "FnApiRunner")


def is_local(runner: str) -> bool:
    """Return whether a runner's workers are threads or processes of this machine."""
    return runner in _LOCAL_RUNNERS


def beam_arguments(runner: str, given: Sequence[str]) -> list[str]:
    """Return the Beam options of a run.

    Parameters
    ----------
    runner : str
        Name of the runner.
    given : sequence of str
        Beam options from the command line; they come first.

    Returns
    -------
    list of str
        The options. Local runs get threads, one per core, unless the options say otherwise.
    """
    arguments = [*given]
    if is_local(runner):
        named = {argument.split("=", 1)[0] for argument in given}
        if "--direct_running_mode" not in named:
            arguments.append("--direct_running_mode=multi_threading")
        if "--direct_num_workers" not in named:
            arguments.append(f"--direct_num_workers={available_cores()}")
    else:
        arguments.append(f"--runner={runner}")
    return arguments


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    if not is_local(runner):
        return runner
    from apache_beam.portability.api import beam_provision_api_pb2
    from apache_beam.runners.portability.fn_api_runner import fn_runner
    from apache_beam.runners.portability.portable_runner import JobServiceHandle

    encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
    return fn_runner.FnApiRunner(
        provision_info=fn_runner.ExtendedProvisionInfo(
            beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
        )
    )
