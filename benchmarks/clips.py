"""One run over hundreds of short clips: ``python -m benchmarks.clips --videos A.mp4 B.mp4``.

The clips, of 10 to 30 frames, are cut from the videos given and removed afterwards. Times should
grow with the number of clips and memory should not. Nothing is judged.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models import models_folder
from openface_core.media import open_media

FPS = 30
SHORTEST_FRAMES, LONGEST_FRAMES = 10, 30
_SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class ClipsRun:
    """What a run over clips took.

    Parameters
    ----------
    clips, frames, problems : int
        Inputs, rows written, and rows of the error table.
    files, dataset_bytes : int
        Tables of frames, and their size.
    wall_seconds, cpu_seconds : float
        Time of the whole process, its start included.
    peak_memory_mib : float
        Largest resident memory of the process and its children together; 0 where the system does
        not tell.
    """

    clips: int
    frames: int
    problems: int
    files: int
    dataset_bytes: int
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mib: float


def write_clip(path: Path, frames: Sequence[NDArray[np.uint8]]) -> None:
    """Write BGR frames as H.264 in MP4."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.pix_fmt = "yuv420p"
        height, width = (side - side % 2 for side in frames[0].shape[:2])
        stream.height, stream.width = height, width
        stream.codec_context.time_base = Fraction(1, FPS)
        for index, image in enumerate(frames):
            even = np.ascontiguousarray(image[:height, :width])
            frame = av.VideoFrame.from_ndarray(even, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _cut(video: Path, lengths: Iterator[int]) -> Iterator[list[NDArray[np.uint8]]]:
    """Yield the frames of a video in pieces of these lengths; a rest that is shorter is left."""
    with open_media(str(video)) as media:
        images = (frame.image for frame in media)
        for length in lengths:
            piece = list(islice(images, length))
            if len(piece) < length:
                return
            yield piece


def write_clips(folder: Path, videos: Sequence[Path], count: int) -> None:
    """Write so many clips, the same ones again under other names where the videos are too short.

    Parameters
    ----------
    folder : path
        Where they go.
    videos : sequence of path
        What they are cut from.
    count : int
        How many.
    """
    lengths = cycle(range(SHORTEST_FRAMES, LONGEST_FRAMES + 1, 4))
    written = 0
    for video in videos:
        for piece in islice(_cut(video, lengths), count - written):
            write_clip(folder / f"{written:04}.mp4", piece)
            written += 1
    if not written:
        raise ValueError("the videos are shorter than a clip")
    for number in range(written, count):
        content = (folder / f"{number % written:04}.mp4").read_bytes()
        (folder / f"{number:04}.mp4").write_bytes(content)


def resident_bytes(root: int) -> int:
    """Return the resident memory of a process and all its descendants; 0 if it is not told."""
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        process = int(stat.parent.name)
        parents[process], pages[process] = int(words[1]), int(words[21])
    total = 0
    for process in pages:
        ancestor = process
        while ancestor not in (root, 0):
            ancestor = parents.get(ancestor, 0)
        total += pages[process] if ancestor == root else 0
    return total * os.sysconf("SC_PAGE_SIZE")


def _run(command: Sequence[str]) -> tuple[float, float, float]:
    """Run a command; return its wall seconds, CPU seconds, and peak memory in MiB."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - no shell
    peak = 0
    ended = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not ended.wait(_SAMPLE_SECONDS):
            peak = max(peak, resident_bytes(process.pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    ended.set()
    sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, peak / 2**20


def run_over_clips(folder: Path, count: int, options: Sequence[str]) -> ClipsRun:
    """Run the main job over the first clips of a folder, into another one that is thrown away.

    Parameters
    ----------
    folder : path
        Clips of :func:`write_clips`.
    count : int
        How many of them.
    options : sequence of str
        Options of the main job.

    Returns
    -------
    ClipsRun
        What it took, and what came out.
    """
    with tempfile.TemporaryDirectory(prefix="openface-beam-clips-") as name:
        manifest, output = Path(name) / "clips.csv", Path(name) / "output"
        rows = [f"{k:04},{folder}/{k:04}.mp4" for k in range(count)]
        manifest.write_text("\n".join(["video_id,uri", *rows]) + "\n", encoding="utf-8")
        wall, cpu, peak = _run(
            [
                sys.executable, "-m", "pipelines.run", "--quiet", "--input", str(manifest),
                "--output", str(output), *options,
            ]
        )  # fmt: skip
        tables = sorted(output.glob("frames/*/frames.parquet"))
        return ClipsRun(
            clips=count,
            frames=sum(pq.read_metadata(path).num_rows for path in tables),
            problems=pq.read_metadata(output / "errors.parquet").num_rows,
            files=len(tables),
            dataset_bytes=sum(path.stat().st_size for path in tables),
            wall_seconds=wall,
            cpu_seconds=cpu,
            peak_memory_mib=peak,
        )


def as_markdown(runs: Sequence[ClipsRun]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| clips | frames | errors | files | MB | wall s | CPU s | CPU ms a clip | peak MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {run.clips} | {run.frames} | {run.problems} | {run.files} "
        f"| {run.dataset_bytes / 1e6:.1f} | {run.wall_seconds:.1f} | {run.cpu_seconds:.1f} "
        f"| {1000 * run.cpu_seconds / run.clips:.0f} | {run.peak_memory_mib:.0f} |"
        for run in runs
    ]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.clips",
        description=__doc__,
        epilog="Options that are not listed here go to the main job.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--videos", type=Path, nargs="+", required=True, metavar="V")
    parser.add_argument(
        "--clips", type=int, nargs="+", default=[250, 500, 1000], metavar="N",
        help="clips in a run, default 250 500 1000",
    )  # fmt: skip
    parser.add_argument("--models", metavar="PACK|DIR")
    arguments, options = parser.parse_known_args(argv)
    models = str(models_folder(arguments.models))
    runs = []
    with tempfile.TemporaryDirectory(prefix="openface-beam-clips-") as name:
        write_clips(Path(name), arguments.videos, max(arguments.clips))
        for count in arguments.clips:
            options_of_run = ["--models", models, *options]
            runs.append(run_over_clips(Path(name), count, options_of_run))
            sys.stderr.write(f"{runs[-1]}\n")
    sys.stdout.write(as_markdown(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
