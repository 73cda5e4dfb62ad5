"""The middle of a run, with Beam or without."""

from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.prepare import Job
from transforms.stages.engine_handle import EngineHandle

# What either way needs is imported where it is taken: Beam takes a second.


def analyse(job: Job, handle: EngineHandle) -> RunMetrics | None:
    """Analyse the inputs of a run and write their tables.

    Parameters
    ----------
    job : Job
        The run.
    handle : EngineHandle
        Models and settings.

    Returns
    -------
    RunMetrics or None
        What was counted; None if the run was handed over to a cluster that goes on by itself.

    Raises
    ------
    OpenFaceBeamError
        As :func:`~pipelines.main_job.waves.run_waves`.
    """
    if job.options is None:
        from pipelines.main_job.small_run import run_small

        return run_small(job, handle)
    from pipelines.main_job.waves import run_waves

    return run_waves(job, handle)
