"""Runs of the main job in processes of their own, and what they have made."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fixtures.places import REPOSITORY

RUN_SECONDS = 600.0


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

    def wait(self) -> int:
        """Return the exit status, at its end."""
        return self.process.wait(RUN_SECONDS)

    def told(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, condition: Callable[[], bool], seconds: float = RUN_SECONDS) -> None:
        """Wait until something holds, which must come before the end of the run."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.1)


def start_run(corpus: Path, inputs: str, output: Path, options: Sequence[str]) -> ClusterRun:
    """Start the main job on a folder of inputs."""
    log = output.with_suffix(".log")
    command = [sys.executable, "-m", "pipelines.run", "--input", str(corpus / inputs)]
    words = ["--output", str(output), "--models", "embedded"]
    words += ["--config", str(corpus / "config.toml"), *options]
    with log.open("wb") as file:
        process = subprocess.Popen([*command, *words], cwd=REPOSITORY, stdout=file, stderr=file)
    return ClusterRun(process, log)


def dataset_bytes(output: Path) -> dict[str, bytes]:
    """Return every file of a dataset but the one that tells of the run."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.name != "metrics.json"
    }


def metrics_of(output: Path) -> dict[str, Any]:
    """Return what a run says of itself."""
    found: dict[str, Any] = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    return found


def finished_shards(output: Path) -> int:
    """Return how many shards of a run that goes on are finished."""
    return len([*output.glob(".work/*/*/shard-*.result")])
