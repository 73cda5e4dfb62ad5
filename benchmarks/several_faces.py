"""What several faces cost: memory and CPU of a grid of faces, and of looking for others at all.

``python -m benchmarks.several_faces grid --faces 1 2 4 9 --minutes 10`` runs the main job on videos
that show so many tiles of a grid, each a face of the demo corpus; the picture has the same size
whatever it shows, so that decoding costs the same. ``alone --input VIDEO ... --models M`` runs it
on videos with one face, once told to look for all faces and once for the widest, in turns.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.long_videos import FPS, encode, repeat
from benchmarks.smiling_face import smiling_face
from benchmarks.whole_runs import Command, Used, machine, median, run_main_job, threads
from models import EMBEDDED_PACK

_SIDE = 3
"""Tiles of a row, and of a column."""
_TILE_WIDTH_PX, _TILE_HEIGHT_PX = 208, 192
_ONE = threads(1)
_LOOKS = {"all": ("--faces", "all"), "widest": ("--faces", "widest")}


def grid_frames(count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a clip in which so many tiles show a face, each at another moment."""
    frames = [*smiling_face(_TILE_WIDTH_PX, _TILE_HEIGHT_PX)]
    height, width = _TILE_HEIGHT_PX, _TILE_WIDTH_PX
    for index in range(len(frames)):
        picture = np.full((_SIDE * height, _SIDE * width, 3), 127, np.uint8)
        for tile in range(count):
            row, column = divmod(tile, _SIDE)
            place = np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
            picture[place] = frames[(index + 7 * tile) % len(frames)]
        yield picture


def on_grids(faces: Sequence[int], minutes: int, options: Command) -> dict[int, Used]:
    """Return what a run took, by the number of faces."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="openface-beam-faces-") as name:
        for count in faces:
            minute, video = Path(name) / "minute.mp4", Path(name) / "video.mp4"
            encode(minute, islice(cycle([*grid_frames(count)]), 60 * FPS))
            repeat(minute, video, minutes)
            found[count] = run_main_job([video], options, _ONE)
            sys.stderr.write(f"{count} faces: {found[count]}\n")
    return found


def in_turns(videos: Sequence[Path], options: Command, rounds: int) -> dict[str, Used]:
    """Return the medians of runs that look for all faces, and for the widest one."""
    runs: dict[str, list[Used]] = {name: [] for name in _LOOKS}
    for _ in range(rounds):
        for name, words in _LOOKS.items():
            runs[name].append(run_main_job(videos, [*options, *words], _ONE))
            sys.stderr.write(f"{name}: {runs[name][-1]}\n")
    return {name: median(used) for name, used in runs.items()}


def _grid(options: argparse.Namespace, words: Command) -> Iterator[str]:
    words = words or ("--models", EMBEDDED_PACK)
    found = on_grids(options.faces, options.minutes, words)
    frames = options.minutes * 60 * FPS
    first = found[min(found)]
    yield f"{frames} frames of {_SIDE * _TILE_WIDTH_PX} x {_SIDE * _TILE_HEIGHT_PX}"
    yield "| faces | peak memory MiB | of the first row | CPU s | ms a frame and further face |"
    yield "| --- | --- | --- | --- | --- |"
    for count, used in found.items():
        further = ""
        if count > min(found):
            more = used.cpu_seconds - first.cpu_seconds
            further = f"{1000 * more / frames / (count - min(found)):.2f}"
        ratio = used.peak_memory_mib / first.peak_memory_mib
        memory = f"{used.peak_memory_mib:.0f} | {ratio:.2f}"
        yield f"| {count} | {memory} | {used.cpu_seconds:.1f} | {further} |"


def _alone(options: argparse.Namespace, words: Command) -> Iterator[str]:
    found = in_turns(options.input, words, options.repetitions)
    ratio = found["all"].cpu_seconds / found["widest"].cpu_seconds
    yield from (f"{name}: {used.cpu_seconds:.2f} s CPU" for name, used in found.items())
    yield f"all / widest: {ratio:.3f}"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks.several_faces",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Options that it does not know go to the main job.",
    )
    commands = result.add_subparsers(dest="command", required=True)
    grid = commands.add_parser("grid", help="memory and CPU by the number of faces")
    grid.add_argument("--faces", type=int, nargs="+", default=(1, 2, 4, 9))
    grid.add_argument("--minutes", type=int, default=10)
    alone = commands.add_parser("alone", help="all faces beside the widest, where there is one")
    alone.add_argument("--input", type=Path, nargs="+", required=True)
    alone.add_argument("--repetitions", type=int, default=5)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options, words = parser().parse_known_args(argv)
    shown: dict[str, Callable[[argparse.Namespace, Command], Iterator[str]]]
    shown = {"grid": _grid, "alone": _alone}
    sys.stdout.write(f"{machine()}\n")
    for line in shown[options.command](options, words):
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
