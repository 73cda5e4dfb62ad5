"""Where the workers of a run are, and what follows from it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openface_core.errors import ConfigError
from pipelines.main_job.job_service import reach_job_service
from pipelines.main_job.runner_checks import PORTABLE_RUNNERS
from pipelines.main_job.runners import is_local

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions


@dataclass(frozen=True)
class WorkerPlace:
    """Where workers are.

    Parameters
    ----------
    takes_waves : bool
        Whether they get the inputs in waves: the machine of this process has one disk for work
        files, while a cluster deals out everything as it likes.
    tells_progress : bool
        Whether they are on this machine, as far as is known, and can leave their counts here.
    needs_watchdog : bool
        Whether the run would wait for ever for a worker process that died.
    shares_folder : bool
        Whether a relative path means the same to them.
    worker_pool : str or None
        Address of the pool that starts them.
    is_left_alone : bool
        Whether the run is handed over to a cluster without waiting for its end, as the launcher of
        a Dataflow template must.
    """

    takes_waves: bool
    tells_progress: bool
    needs_watchdog: bool
    shares_folder: bool
    worker_pool: str | None = None
    is_left_alone: bool = False

    def check_paths(self, paths: Iterable[str]) -> None:
        """Refuse paths that workers would look for in another folder.

        Raises
        ------
        ConfigError
            If there is a relative one.
        """
        if self.shares_folder:
            return
        for path in paths:
            if "://" not in path and not os.path.isabs(path):  # noqa: PTH117 - also for "~"
                raise ConfigError(
                    path,
                    "a relative path means another file to a worker",
                    "Give a path from the root, or a URL, that is the same on every worker.",
                )


THIS_PROCESS = WorkerPlace(
    takes_waves=True, tells_progress=True, needs_watchdog=False, shares_folder=True
)
"""Where a run without Beam works."""


def worker_place(runner: str, options: "PipelineOptions") -> WorkerPlace:
    """Find out where the workers of a run will be.

    Parameters
    ----------
    runner : str
        Name of the runner.
    options : PipelineOptions
        Options of the run, checked.

    Returns
    -------
    WorkerPlace
        Their place.

    Raises
    ------
    ConfigError
        If the runner's job service does not answer.
    """
    from apache_beam.options.pipeline_options import (
        DirectOptions,
        PortableOptions,
        StandardOptions,
    )

    if is_local(runner):
        mode = options.view_as(DirectOptions).direct_running_mode
        return WorkerPlace(True, True, mode == "multi_processing", True)
    portable = options.view_as(PortableOptions)
    loopback = portable.environment_type == "LOOPBACK"
    pool = None
    if portable.environment_type == "EXTERNAL":
        pool = portable.environment_config or portable.lookup_environment_option(
            "external_service_address"
        )
    # A worker in this process ends with it.
    is_left_alone = options.view_as(StandardOptions).no_wait_until_finish and not loopback
    if runner not in PORTABLE_RUNNERS or not portable.job_endpoint:
        return WorkerPlace(False, loopback, False, loopback, pool, is_left_alone)
    service = reach_job_service(portable.job_endpoint)
    return WorkerPlace(
        takes_waves=False,
        tells_progress=(loopback or service.is_here) and not is_left_alone,
        needs_watchdog=service.overlooks_dead_workers and not is_left_alone,
        shares_folder=loopback,
        worker_pool=pool,
        is_left_alone=is_left_alone,
    )
