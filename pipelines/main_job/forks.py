"""Processes that were forked after a run with Beam, in which another one would wait for ever.

Beam and gRPC have threads, which a forked process lacks, and locks, which these may have held.
"""

import os

from openface_core.errors import PipelineError

_began_in: int | None = None


def note_pipeline() -> None:
    """Note that this process runs pipelines."""
    global _began_in
    if _began_in is None:
        _began_in = os.getpid()


def refuse_fork() -> None:
    """Refuse to run pipelines in a process that was forked from one that has.

    Raises
    ------
    PipelineError
        If this is such a process.
    """
    if _began_in not in (None, os.getpid()):
        raise PipelineError(
            f"process {os.getpid()}",
            "it was forked from a process that has used Beam, whose threads it lacks",
            "Start processes with multiprocessing.get_context('spawn'), or before the first run.",
        )
