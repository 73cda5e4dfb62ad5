"""Failures of a pipeline in one line."""

import pytest

from openface_core.errors import StorageFullError
from pipelines.main_job.pipeline_failure import pipeline_failure

RPC = """<_MultiThreadedRendezvous of RPC that terminated with:
\tstatus = StatusCode.UNAVAILABLE
\tdetails = "Socket closed"
\tdebug_error_string = "UNAVAILABLE:Socket closed"
>"""


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (RuntimeError("Traceback:\n  File x\nOutputError: the disk is full.\n"), "OutputError: "),
        (RuntimeError(RPC), "a connection failed (Socket closed)"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_the_cause(error: Exception, cause: str) -> None:
    failure = pipeline_failure(error)
    assert failure.cause.startswith(cause)
    assert not failure.cause.endswith(".")
    assert failure.subject == "the pipeline"


def in_beams_words(error: StorageFullError) -> str:
    """Return what a worker's traceback ends with: the step is in the first argument."""
    told = StorageFullError(f"{error.subject} [while running 'Finish/Finish']", *error.args[1:])
    return f"Traceback:\n  File x\nopenface_core.errors.StorageFullError: {told}\n\n"


def test_a_full_disk_is_told_as_such() -> None:
    full = StorageFullError.on("out/a b.parquet", "No space left on device")
    failure = pipeline_failure(RuntimeError(in_beams_words(full)))
    assert isinstance(failure, StorageFullError)
    assert str(failure) == str(full)
