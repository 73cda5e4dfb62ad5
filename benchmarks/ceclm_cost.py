"""What CE-CLM costs with experts of OpenFace's size: loading, time from file to Parquet, memory.

OpenFace's experts cannot be passed on. Those of a models folder are padded to their size with idle
units, which cost as much as others. Start-up is measured on a video of the first frame, and taken
off.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.cen_files import pad_cen_file
from benchmarks.whole_runs import Used, machine, median, run_main_job, threads, write_first_frame
from openface_core.media import open_media
from openface_core.model_files import cen_expert_files, read_cen_experts

PRESET = "openface22"
LIST = "main_ceclm_general.txt"


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root, followlinks=True):
        yield from (Path(folder, name) for name in sorted(names))


def padded_models(root: Path, target: Path) -> list[Path]:
    """Write a models folder like another, with CEN experts of OpenFace's size; returns these."""
    lists = [path for path in _files(root) if path.name == LIST]
    if not lists:
        raise FileNotFoundError(f"{root}: no {LIST}")
    experts = [path.resolve() for path in cen_expert_files(lists[0])]
    written = []
    for path in _files(root):
        place = target / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.resolve() in experts:
            pad_cen_file(path, place)
            written.append(place)
        elif path.suffix == ".txt":
            place.write_bytes(path.read_bytes())  # what a list names is searched beside it
        else:
            place.symlink_to(path.resolve())
    return written


def load_seconds(experts: Sequence[Path]) -> float:
    """Return how long it takes to read experts that were read before."""
    for path in experts:
        read_cen_experts(path)
    began = time.perf_counter()
    for path in experts:
        read_cen_experts(path)
    return time.perf_counter() - began


def frames_of(video: Path) -> int:
    """Return the number of frames of a video."""
    with open_media(str(video)) as media:
        return sum(1 for _ in media)


def measure(video: Path, models: Path, folder: Path, runs: int) -> tuple[float, Used]:
    """Return CPU milliseconds per frame on one thread, and what two threads take on two copies."""
    options = ["--models", str(models), "--config", PRESET]
    first = write_first_frame(video, folder / "first.mp4")
    count = frames_of(video)
    spent = []
    for _ in range(runs):
        start_up = run_main_job([first], options, threads(1))
        spent.append(run_main_job([video], options, threads(1)).since(start_up))
    copies = []
    for name in ("one", "other"):
        copies.append(folder / f"{name}{video.suffix}")
        copies[-1].write_bytes(video.read_bytes())
    both = run_main_job(copies, options, threads(2))
    return 1e3 * median(spent).cpu_seconds / (count - 1), both


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.ceclm_cost", description=__doc__)
    result.add_argument("--models", required=True, type=Path, help="a folder with CEN experts")
    result.add_argument("--video", required=True, type=Path, action="append", metavar="V")
    result.add_argument("--runs", type=int, default=3, metavar="N", help="default 3")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    arguments = parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="openface-beam-ceclm-") as name:
        folder = Path(name)
        models = folder / "models"
        experts = padded_models(arguments.models, models)
        sys.stdout.write(f"{machine()}. Loading: {load_seconds(experts):.2f} s.\n\n")
        sys.stdout.write("| video | CPU ms per frame | two threads, peak MiB |\n|---|---|---|\n")
        for video in arguments.video:
            milliseconds, both = measure(video, models, folder, arguments.runs)
            sys.stdout.write(
                f"| {video.stem} | {milliseconds:.1f} | {both.peak_memory_mib:.0f} |\n"
            )
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
