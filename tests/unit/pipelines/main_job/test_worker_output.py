"""Lines of worker processes that tell a user nothing are left out, and all others are not."""

import subprocess
import sys

import pytest

from pipelines.main_job.worker_output import is_chatter, worker_output_filtered


@pytest.mark.parametrize(
    "line",
    [
        "INFO:__main__:Logging handler created.",
        "WARNING:root:apitools not found, and bigquery client libraries are not available",
        "INFO:apache_beam.runners.worker.sdk_worker:Creating insecure control channel for x",
        'WARNING: Worker: severity: WARN timestamp { seconds: 1 } message: "Discarding args"',
        "I0000 00:00:1795820104.400817  1234 fork_posix.cc:77] Other threads are running",
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
        "2026-11-27 22:00:00.1 [W:onnxruntime:Default, device_discovery.cc:164 GetGpuDevices] no",
    ],
)
def test_chatter(line: str) -> None:
    assert is_chatter(line.encode())


@pytest.mark.parametrize(
    "line",
    [
        "ERROR:apache_beam.runners.worker.sdk_worker:Error processing instruction 3",
        "ERROR: unexpected failure on a.mp4",
        "Traceback (most recent call last):",
        "error: a.mp4: there is no such file. Check the path for a misspelling.",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "2026-11-27 22:00:00.1 [E:onnxruntime:Default, cuda.cc:1] CUDA failure",
        "12 parts done: 593/764 frames, 59.27 frames/s, 00:02 left",
    ],
)
def test_what_matters(line: str) -> None:
    assert not is_chatter(line.encode())


def test_processes_are_filtered_and_this_one_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    with worker_output_filtered():
        code = "import os; os.write(2, b'INFO:root:chatter\\nTraceback: no\\n')"
        subprocess.run([sys.executable, "-c", code], check=True)
        sys.stderr.write("INFO:root: of this process\n")
    sys.stderr.write("after\n")
    lines = capfd.readouterr().err.splitlines()
    assert sorted(lines[:2]) == ["INFO:root: of this process", "Traceback: no"]


def test_runs_at_once_share_the_exchange(capfd: pytest.CaptureFixture[str]) -> None:
    usual = sys.stderr
    first, second = worker_output_filtered(), worker_output_filtered()
    with first:
        second.__enter__()
    sys.stderr.write("of the second run\n")
    second.__exit__(None, None, None)
    assert sys.stderr is usual
    assert capfd.readouterr().err == "of the second run\n"
