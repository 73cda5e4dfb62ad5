"""Failures of a pipeline in one line."""

import pytest

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
