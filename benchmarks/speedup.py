"""Whole runs with one worker and with two, on one long video and on many clips."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.long_videos import encode, repeated_frames
from benchmarks.whole_runs import (
    Command,
    Used,
    machine,
    median,
    processes,
    run_main_job,
    threads,
    write_first_frame,
)

WAYS: Mapping[str, Command] = {
    "1 worker": threads(1),
    "2 threads": threads(2),
    "2 processes": processes(2),
}
CLIPS = 20


@dataclass(frozen=True)
class Case:
    """One way to run on one input.

    Parameters
    ----------
    name : str
        The input.
    way : str
        A key of :data:`WAYS`.
    whole, start_up : Used
        Whole runs, and runs that have nothing to do but start; medians.
    """

    name: str
    way: str
    whole: Used
    start_up: Used

    @property
    def work(self) -> Used:
        """What the work itself took."""
        return self.whole.since(self.start_up)


def write_inputs(video: Path, frames: int, folder: Path) -> dict[str, list[Path]]:
    """Return one long video, and clips of all lengths that together have as many frames."""
    one = folder / "long.mp4"
    encode(one, repeated_frames(video, frames))
    weights = [1 + k % 5 for k in range(CLIPS)]
    clips = []
    for k, weight in enumerate(weights):
        clips.append(folder / f"clip{k:02}.mp4")
        encode(clips[-1], repeated_frames(video, max(1, frames * weight // sum(weights))))
    return {f"one video of {frames} frames": [one], f"{CLIPS} clips": clips}


def measure_speedup(
    video: Path, frames: int, repetitions: int, options: Command, ways: Sequence[str]
) -> list[Case]:
    """Measure every way on every input, in alternating order."""
    with tempfile.TemporaryDirectory(prefix="openface-beam-speedup-") as folder:
        inputs = {"start-up": [write_first_frame(video, Path(folder) / "one.mp4")]}
        inputs |= write_inputs(video, frames, Path(folder))
        found: dict[tuple[str, str], list[Used]] = {}
        for k in range(repetitions):
            for way in ways if k % 2 == 0 else tuple(reversed(ways)):
                for name, paths in inputs.items():
                    used = run_main_job(paths, options, WAYS[way])
                    found.setdefault((name, way), []).append(used)
                    sys.stderr.write(
                        f"round {k + 1}, {name}, {way}: {used.wall_seconds:.2f} s wall, "
                        f"{used.cpu_seconds:.2f} s CPU\n"
                    )
    return [
        Case(name, way, median(found[name, way]), median(found["start-up", way]))
        for name in inputs
        if name != "start-up"
        for way in ways
    ]


def as_markdown(cases: Sequence[Case], repetitions: int) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        f"{machine()}. Medians of {repetitions} runs; seconds of whole processes, start-up, and "
        "what is left for the work.",
        "",
        "| inputs | run with | wall | CPU | start-up | work, wall | work, CPU | speed-up of the "
        "work | of the whole |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    first: dict[str, Case] = {}
    for case in cases:
        one = first.setdefault(case.name, case)
        lines.append(
            f"| {case.name} | {case.way} | {case.whole.wall_seconds:.2f} "
            f"| {case.whole.cpu_seconds:.2f} | {case.start_up.wall_seconds:.2f} "
            f"| {case.work.wall_seconds:.2f} | {case.work.cpu_seconds:.2f} "
            f"| {one.work.wall_seconds / case.work.wall_seconds:.2f} "
            f"| {one.whole.wall_seconds / case.whole.wall_seconds:.2f} |"
        )
    return "\n".join(lines) + "\n"
