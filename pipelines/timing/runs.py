"""Time and memory of whole runs of the main job, each in a process of its own."""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from openface_core.errors import OpenFaceBeamError


@dataclass(frozen=True)
class RunTime:
    """What one run of the main job took, from the start of the process to its end.

    Parameters
    ----------
    workers : int
        Worker threads of the runner.
    inputs : int
        Copies of the video that were analysed.
    frames : int
        Frames of all copies.
    wall_seconds, cpu_seconds : float
        Time passed, and time of all cores together.
    peak_memory_mib : float
        Largest resident memory.
    """

    workers: int
    inputs: int
    frames: int
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mib: float

    @property
    def fps(self) -> float:
        """Frames per second, start-up included."""
        return self.frames / self.wall_seconds


def time_run(
    video: str, landmarks: str | None, options: Sequence[str], workers: int, inputs: int
) -> RunTime:
    """Run the main job on copies of one video and measure it.

    Parameters
    ----------
    video : str
        The video.
    landmarks : str or None
        Its given landmarks, if any.
    options : sequence of str
        Options of the main job, such as the models.
    workers : int
        Worker threads.
    inputs : int
        How often the video is an input; a video is the unit of parallel work.

    Returns
    -------
    RunTime
        The measurements.

    Raises
    ------
    OpenFaceBeamError
        If the run fails.
    """
    with tempfile.TemporaryDirectory(prefix="openface-beam-profile-") as folder:
        manifest, output = Path(folder) / "inputs.csv", Path(folder) / "output"
        _write_manifest(manifest, video, landmarks, inputs)
        command = [
            sys.executable, "-m", "pipelines.timing.measured_process",
            sys.executable, "-m", "pipelines.run", "--quiet", "--input", str(manifest),
            "--output", str(output), *options, f"--direct_num_workers={workers}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        used = json.loads(done.stdout) if done.returncode == 0 else {"status": done.returncode}
        if used["status"] != 0:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise OpenFaceBeamError(
                "pipelines.run",
                f"the main job ended with status {used['status']} ({lines[-1][:300]})",
                "Run it by itself with the same video to see more.",
            )
        frames = sum(
            pq.read_metadata(path).num_rows for path in output.glob("frames/*/frames.parquet")
        )
    return RunTime(
        workers,
        inputs,
        frames,
        used["wall_seconds"],
        used["cpu_seconds"],
        used["peak_memory_bytes"] / 2**20,
    )


def _write_manifest(path: Path, video: str, landmarks: str | None, inputs: int) -> None:
    """Name the same files several times, by absolute paths unless they are URLs."""

    def absolute(uri: str) -> str:
        return uri if "://" in uri else str(Path(uri).resolve())

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["video_id", "uri", *(["landmarks"] if landmarks else [])])
        for k in range(inputs):
            row = [f"copy{k + 1}", absolute(video)]
            writer.writerow([*row, absolute(landmarks)] if landmarks else row)
