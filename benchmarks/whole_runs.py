"""Runs of the main job in processes of their own, and what they took."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.long_videos import encode, repeated_frames

Command = Sequence[str]


@dataclass(frozen=True)
class Used:
    """What a process took, from its start to its end.

    Parameters
    ----------
    wall_seconds, cpu_seconds : float
        Time passed, and time of all cores together, child processes included.
    peak_memory_mib : float
        Largest resident memory of any one of its processes.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_memory_mib: float

    def since(self, start_up: "Used") -> "Used":
        """Return what it took without what another one took; the memory is its own."""
        return Used(
            self.wall_seconds - start_up.wall_seconds,
            self.cpu_seconds - start_up.cpu_seconds,
            self.peak_memory_mib,
        )


def median(used: Sequence[Used]) -> Used:
    """Return the medians of each of the figures."""
    return Used(
        float(np.median([one.wall_seconds for one in used])),
        float(np.median([one.cpu_seconds for one in used])),
        float(np.median([one.peak_memory_mib for one in used])),
    )


def measured(command: Command) -> tuple[Used, str]:
    """Run a Python module with arguments and measure it.

    Parameters
    ----------
    command : sequence of str
        What follows ``python -m``.

    Returns
    -------
    Used, str
        What it took, and what it wrote.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    python = [sys.executable, "-m"]
    done = subprocess.run(  # noqa: S603 - no shell
        [*python, "pipelines.timing.measured_process", *python, *command],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout) if done.returncode == 0 else {"status": done.returncode}
    if found["status"] != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return (
        Used(found["wall_seconds"], found["cpu_seconds"], found["peak_memory_bytes"] / 2**20),
        done.stderr,
    )


def run_main_job(inputs: Sequence[Path], options: Command, beam: Command) -> Used:
    """Run the main job into a folder that is thrown away.

    Parameters
    ----------
    inputs : sequence of path
        Videos, or folders of them.
    options : sequence of str
        Options of the main job, such as the models.
    beam : sequence of str
        Options of Beam, such as the number of workers.
    """
    with tempfile.TemporaryDirectory(prefix="openface-beam-benchmark-") as folder:
        return measured(
            [
                "pipelines.run", "--quiet", "--input", *map(str, inputs),
                "--output", str(Path(folder) / "output"), *options, *beam,
            ]
        )[0]  # fmt: skip


def write_first_frame(video: Path, path: Path) -> Path:
    """Write a video of another's first frame: a run on it loads all that the other needs."""
    encode(path, repeated_frames(video, 1))
    return path


def threads(count: int) -> Command:
    """Return Beam's options for so many worker threads."""
    return ("--direct_running_mode=multi_threading", f"--direct_num_workers={count}")


def processes(count: int) -> Command:
    """Return Beam's options for so many worker processes."""
    return ("--direct_running_mode=multi_processing", f"--direct_num_workers={count}")


def machine() -> str:
    """Return a line about the machine and its load."""
    load = f"; load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}{load}"


def processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
