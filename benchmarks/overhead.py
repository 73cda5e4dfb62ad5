"""What the graph costs: a run with one worker beside the plain loop over the same video."""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.long_videos import encode, repeated_frames
from benchmarks.whole_runs import (
    Used,
    machine,
    measured,
    median,
    run_main_job,
    threads,
    write_first_frame,
)


@dataclass(frozen=True)
class Overhead:
    """Medians over the rounds.

    Parameters
    ----------
    whole, start_up : Used
        A run of the main job on the video, and on one frame.
    loop : Used
        The plain loop without its start-up.
    """

    whole: Used
    start_up: Used
    loop: Used

    @property
    def shares(self) -> tuple[float, float]:
        """What the graph adds to the loop, as a share of it: wall and CPU."""
        work = self.whole.since(self.start_up)
        return (
            work.wall_seconds / self.loop.wall_seconds - 1,
            work.cpu_seconds / self.loop.cpu_seconds - 1,
        )


def measure_overhead(
    video: Path, frames: int, repetitions: int, models: str, config: str
) -> Overhead:
    """Measure both in turn."""
    options = ["--models", models, "--config", config]
    found: dict[str, list[Used]] = {"whole": [], "start_up": [], "loop": []}
    with tempfile.TemporaryDirectory(prefix="openface-beam-overhead-") as folder:
        one = write_first_frame(video, Path(folder) / "one.mp4")
        long = Path(folder) / "long.mp4"
        encode(long, repeated_frames(video, frames))

        def loop() -> Used:
            process, text = measured(["benchmarks.plain_loop", str(long), models, config])
            inner = json.loads(text.strip().splitlines()[-1])
            return Used(inner["wall_seconds"], inner["cpu_seconds"], process.peak_memory_mib)

        steps = {
            "start_up": lambda: run_main_job([one], options, threads(1)),
            "whole": lambda: run_main_job([long], options, threads(1)),
            "loop": loop,
        }
        for k in range(repetitions):
            for name in steps if k % 2 == 0 else reversed(steps):
                used = steps[name]()
                found[name].append(used)
                sys.stderr.write(
                    f"round {k + 1}, {name}: {used.wall_seconds:.2f} s wall, "
                    f"{used.cpu_seconds:.2f} s CPU\n"
                )
    return Overhead(*(median(found[name]) for name in ("whole", "start_up", "loop")))


def as_markdown(found: Overhead, frames: int, repetitions: int) -> str:
    """Return the figures as a Markdown table."""
    wall, cpu = found.shares
    rows = {
        "the plain loop": found.loop,
        "the main job, one worker": found.whole,
        "of it, start-up": found.start_up,
        "of it, the work": found.whole.since(found.start_up),
    }
    lines = [
        f"{machine()}. One video of {frames} frames, medians of {repetitions} runs.",
        "",
        "| | wall s | CPU s |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {used.wall_seconds:.2f} | {used.cpu_seconds:.2f} |"
            for name, used in rows.items()
        ),
        f"| the graph adds | {wall:+.1%} | {cpu:+.1%} |",
    ]
    return "\n".join(lines) + "\n"
