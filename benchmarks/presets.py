"""CPU time of whole runs per frame, preset by preset: from the file to the Parquet table.

The time is that of the whole process without its start-up, which a run on the video's first frame
tells. Beside it stands one forward pass of a landmark network, timed in the same rounds: the ratio
to it is what can be compared between machines.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.reference_pass import find_network, reference_pass_ms
from benchmarks.whole_runs import Used, machine, median, run_main_job, threads, write_first_frame
from models import models_folder
from openface_core.media import open_media


def frame_count(video: Path) -> int:
    """Return the number of frames that can be decoded."""
    with open_media(str(video)) as media:
        return sum(1 for _ in media)


def measure_presets(
    videos: Sequence[Path], presets: Sequence[str], models: str, network: Path, rounds: int
) -> str:
    """Return the figures as a Markdown table.

    Parameters
    ----------
    videos : sequence of path
        The videos.
    presets : sequence of str
        Presets or TOML files.
    models : str
        The models folder, or a pack.
    network : Path
        The network whose pass is the unit.
    rounds : int
        Runs of each, in alternating order.
    """
    passes_ms: list[float] = []
    found: dict[tuple[str, Path], list[Used]] = {}
    with tempfile.TemporaryDirectory(prefix="openface-beam-presets-") as folder:
        firsts = {
            video: write_first_frame(video, Path(folder) / f"first{k}.mp4")
            for k, video in enumerate(videos)
        }
        for k in range(rounds):
            passes_ms.append(reference_pass_ms(network))
            for preset in presets if k % 2 == 0 else tuple(reversed(presets)):
                options = ["--models", models, "--config", preset]
                for video in (*firsts.values(), *videos):
                    used = run_main_job([video], options, threads(1))
                    found.setdefault((preset, video), []).append(used)
                    sys.stderr.write(
                        f"round {k + 1}, {preset}, {video.name}: {used.cpu_seconds:.2f} s CPU\n"
                    )
    unit_ms = float(np.median(passes_ms))
    lines = [
        f"{machine()}. Medians of {rounds} runs, one worker; the unit is {unit_ms:.2f} ms.",
        "",
        "| video | preset | frames | CPU ms per frame | of a network pass | start-up, CPU s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for video in videos:
        frames = frame_count(video)
        for preset in presets:
            start_up = median(found[preset, firsts[video]])
            work = median(found[preset, video]).since(start_up)
            per_frame_ms = 1e3 * work.cpu_seconds / (frames - 1)
            lines.append(
                f"| {video.name} | {preset} | {frames} | {per_frame_ms:.2f} "
                f"| {per_frame_ms / unit_ms:.2f} | {start_up.cpu_seconds:.2f} |"
            )
    return "\n".join(lines) + "\n"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.presets", description=__doc__)
    result.add_argument("--videos", type=Path, nargs="+", required=True, metavar="V")
    result.add_argument("--models", metavar="PACK|DIR", help="as for pipelines.run")
    result.add_argument(
        "--unit", type=Path, metavar="DIR",
        help="folder of the network whose pass is the unit; default: that of the models",
    )  # fmt: skip
    result.add_argument(
        "--presets", nargs="+", default=["fast", "default", "openface22"], metavar="NAME|FILE"
    )
    result.add_argument("--rounds", type=int, default=3, metavar="N", help="default 3")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    arguments = parser().parse_args(argv)
    folder = models_folder(arguments.models)
    network = find_network(arguments.unit or folder)
    # A pack by its name: with it, a preset has other models than with its folder.
    models = arguments.models or str(folder)
    videos, presets = arguments.videos, arguments.presets
    sys.stdout.write(measure_presets(videos, presets, models, network, arguments.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
