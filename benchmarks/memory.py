"""Peak memory of runs on a video of one, ten and sixty minutes.

The video is small and the networks are tiny, so that an hour of video takes minutes: a detector
that sees a face in every frame, and landmarks that are always those of a mean face. Decoding,
components 3 to 11 and all that keeps frames in memory are as ever. Real networks would add the same
megabytes to every run.
"""

import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.long_videos import FPS, encode, repeat
from benchmarks.whole_runs import Command, Used, machine, run_main_job
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models

DISTINCT_FRAMES = 60


def measure_memory(minutes: Sequence[int], beam: Command) -> dict[int, Used]:
    """Return what a run on a video of so many minutes took, for each of them."""
    found: dict[int, Used] = {}
    with tempfile.TemporaryDirectory(prefix="openface-beam-memory-") as name:
        folder = Path(name)
        models = write_models(folder / "models", with_networks=True)
        config = write_config(folder / "tiny.toml", models)
        minute = folder / "minute.mp4"
        encode(minute, islice(cycle(face_clip(DISTINCT_FRAMES)[0]), 60 * FPS))
        options = ["--models", str(models), "--config", str(config)]
        for count in minutes:
            video = folder / f"{count}min.mp4"
            repeat(minute, video, count)
            found[count] = run_main_job([video], options, beam)
            video.unlink()
            sys.stderr.write(f"{count} min: {found[count]}\n")
    return found


def as_markdown(found: dict[int, Used]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        f"{machine()}. {FPS} frames a second, 176 x 160, tiny networks.",
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
