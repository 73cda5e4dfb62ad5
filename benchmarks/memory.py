"""Peak memory of runs on a video of one, ten and sixty minutes.

The video is small, the face of the demo corpus, and the models are the embedded ones, so that an
hour of video takes minutes. Larger networks would add the same megabytes to every run.
"""

import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.long_videos import FPS, encode, repeat
from benchmarks.smiling_face import smiling_face
from benchmarks.whole_runs import Command, Used, machine, run_main_job
from models import EMBEDDED_PACK

_WIDTH_PX, _HEIGHT_PX = 176, 160
_OPTIONS = ("--models", EMBEDDED_PACK, "--config", "embedded")


def measure_memory(minutes: Sequence[int], beam: Command) -> dict[int, Used]:
    """Return what a run on a video of so many minutes took, for each of them."""
    found: dict[int, Used] = {}
    with tempfile.TemporaryDirectory(prefix="openface-beam-memory-") as name:
        folder = Path(name)
        minute = folder / "minute.mp4"
        encode(minute, islice(cycle(smiling_face(_WIDTH_PX, _HEIGHT_PX)), 60 * FPS))
        for count in minutes:
            video = folder / f"{count}min.mp4"
            repeat(minute, video, count)
            found[count] = run_main_job([video], _OPTIONS, beam)
            video.unlink()
            sys.stderr.write(f"{count} min: {found[count]}\n")
    return found


def as_markdown(found: dict[int, Used]) -> str:
    """Return the figures as a Markdown table."""
    size = f"{_WIDTH_PX} x {_HEIGHT_PX}"
    lines = [
        f"{machine()}. {FPS} frames a second, {size}, embedded models.",
        "",
        "| minutes | frames | peak memory MiB | of the run before | wall s | CPU s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    before = None
    for minutes, used in found.items():
        growth = "" if before is None else f"{used.peak_memory_mib / before - 1:+.1%}"
        before = used.peak_memory_mib
        lines.append(
            f"| {minutes} | {minutes * 60 * FPS} | {used.peak_memory_mib:.0f} | {growth} "
            f"| {used.wall_seconds:.1f} | {used.cpu_seconds:.1f} |"
        )
    return "\n".join(lines) + "\n"
