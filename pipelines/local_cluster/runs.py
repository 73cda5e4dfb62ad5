"""Runs of the main job in processes of their own, and what they have made."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openface_core.errors import PipelineError

RUN_SECONDS = 600.0
_PACKAGE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class ClusterRun:
    """A run that has been started.

    Parameters
    ----------
    process : subprocess.Popen
        Its process.
    log : Path
        What it says.
    """

    process: subprocess.Popen[bytes]
    log: Path

    def wait(self, seconds: float = RUN_SECONDS) -> int:
        """Return the exit status, at its end."""
        return self.process.wait(seconds)

    def told(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, condition: Callable[[], bool], seconds: float = RUN_SECONDS) -> None:
        """Wait until something holds.

        Raises
        ------
        PipelineError
            If the run ends before, or it does not come to it in time.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise PipelineError("the run", self.told(), f"Look into {self.log}.")
            time.sleep(0.1)


def start_main_job(words: Sequence[str], output: Path) -> ClusterRun:
    """Start the main job.

    Parameters
    ----------
    words : sequence of str
        Its options but for the output.
    output : Path
        The output folder; what the run says goes into a file beside it.
    """
    log = output.with_suffix(".log")
    command = [sys.executable, "-m", "pipelines.run", "--output", str(output), *words]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=_PACKAGE, stdout=file, stderr=file)  # noqa: S603
    return ClusterRun(process, log)


def metrics_of(output: Path) -> dict[str, Any]:
    """Return what a run says of itself."""
    found: dict[str, Any] = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    return found


def finished_shards(output: Path) -> int:
    """Return how many shards of a run that goes on are finished."""
    return len([*output.glob(".work/*/*/shard-*.result")])


def unfinished_frames(output: Path) -> tuple[int, int]:
    """Return how many frames a run has analysed so far, and how many of unfinished shards."""
    done = unfinished = 0
    for path in output.glob(".work/*/progress/*"):
        words = path.read_text(encoding="ascii").split()
        if words:
            done += int(words[0])
            unfinished += int(words[0]) if len(words) == 1 else 0
    return done, unfinished
