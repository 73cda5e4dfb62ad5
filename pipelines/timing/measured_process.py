"""Runs a command and reports its time and memory.

``python -m pipelines.timing.measured_process COMMAND`` does so.

Linux counts the peak memory of the process that started a command as the command's own, so a small
process of its own must do the starting.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

# The kernel counts the peak memory in KiB, that of macOS in bytes.
_MEMORY_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def measure(command: Sequence[str]) -> dict[str, float]:
    """Run a command to its end, its output going to stderr.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.

    Returns
    -------
    dict of str to float
        ``status``, ``wall_seconds``, ``cpu_seconds`` of all its threads, ``peak_memory_bytes``.
    """
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=sys.stderr)  # noqa: S603 - no shell
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "status": process.returncode,
        "wall_seconds": time.monotonic() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_bytes": usage.ru_maxrss * _MEMORY_UNIT_BYTES,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1:])))
