"""What exports cost: the size of a report of ten minutes, its index, and the speed of an overlay.

``python -m benchmarks.exports`` needs no files: frames are of the demo, measurements are made up.
Times are CPU seconds of one thread.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.exports import ExportedVideo, Exporter, Rows
from openface_core.exports.openface.csv_file import OpenFaceCsv
from openface_core.exports.openface.csv_layout import INTENSITIES, PRESENCES
from openface_core.exports.options import ExportOptions
from openface_core.exports.overlay.exporter import Overlay
from openface_core.exports.overlay.film_writer import FilmWriter
from openface_core.exports.report.exporter import Report
from openface_core.exports.report.index_page import index_data, index_page
from openface_core.fields import Extent, frame_columns
from openface_core.media import DecodedFrame, open_media
from pipelines.demo_corpus.corpus import write_corpus
from pipelines.demo_corpus.script import CLIPS
from pipelines.interactive import Analyser

Image = NDArray[np.uint8]

FPS, MINUTES = 30.0, 10
INDEXED = 10_000
RUNS = 5
"""The shortest counts: what other programs do at the time only makes them longer."""
SIZE_720P = (1280, 720)
BATCH_ROWS = 500


def long_table(base: pa.Table, frames: int) -> pa.Table:
    """Return rows of a short analysis repeated, with noise: nothing is the same twice."""
    chance = np.random.default_rng(0)
    copies = frames // base.num_rows + 1
    table = pa.concat_tables([base] * copies).slice(0, frames).combine_chunks()
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    columns["frame"] = np.arange(1, frames + 1, dtype=np.int32)
    columns["timestamp"] = np.arange(frames) / FPS
    for name in columns:
        if name.endswith("_r"):
            columns[name] = (columns[name] + chance.normal(0, 0.1, frames)).clip(0, 5)
    known = {column.name for column in frame_columns(Extent(34, INTENSITIES, PRESENCES))}
    return pa.table({name: values for name, values in columns.items() if name in known})


def described(table: pa.Table, size_px: tuple[int, int], uri: str) -> ExportedVideo:
    """Return what exporters are told."""
    columns, record = tuple(table.column_names), {"frames_decoded": table.num_rows}
    rows = table.num_rows
    return ExportedVideo("clip", uri, "video", *size_px, FPS, rows, (0,), columns, record)


def timed(
    exporter: Exporter, video: ExportedVideo, table: pa.Table, images: list[Image]
) -> tuple[float, int]:
    """Return the CPU seconds that an exporter takes, and the bytes that it writes."""
    batches = [
        Rows(table.slice(first, BATCH_ROWS).combine_chunks())
        for first in range(0, table.num_rows, BATCH_ROWS)
    ]
    with TemporaryDirectory() as name:
        begin = time.process_time()
        exporter.begin(Path(name), video)
        for rows in batches if exporter.looks_ahead else ():
            exporter.look(rows)
        for rows in batches:
            if not exporter.needs_pictures:
                exporter.add(rows, None)
                continue
            for number, part in rows.by_frame():
                image = images[(number - 1) % len(images)]
                exporter.add(part, DecodedFrame(number - 1, (number - 1) / FPS, image))
        exporter.finish()
        return time.process_time() - begin, sum(p.stat().st_size for p in Path(name).iterdir())


def at_720p(table: pa.Table, images: list[Image]) -> tuple[pa.Table, list[Image]]:
    """Return an analysis and its frames enlarged."""
    factor = SIZE_720P[0] / images[0].shape[1]
    larger = [cv2.resize(image, SIZE_720P).astype(np.uint8) for image in images]
    for axis in "xy":
        for k in range(68):
            name = f"{axis}_{k}"
            values = pa.array(table[name].to_numpy() * factor, pa.float32())
            table = table.set_column(table.column_names.index(name), name, values)
    return table, larger


def decoding_seconds(frames: list[Image], folder: Path) -> float:
    """Return the CPU seconds per frame that decoding such a film takes."""
    film = FilmWriter(folder / "film.mp4", SIZE_720P, FPS, None)
    for index, image in enumerate(frames):
        film.add(image, index / FPS)
    film.finish()
    begin = time.process_time()
    with open_media(str(folder / "film.mp4")) as media:
        count = sum(1 for _ in media)
    return (time.process_time() - begin) / count


def report_figures(table: pa.Table, images: list[Image]) -> Iterator[str]:
    """Yield the figures of reports."""
    frames = int(60 * MINUTES * FPS)
    long = long_table(table, frames)
    height_px, width_px = images[0].shape[:2]
    video = described(long, (width_px, height_px), "clip.mp4")
    seconds, size = timed(Report(), video, long, images)
    yield f"report of {MINUTES} minutes: {size / 1e6:.2f} MB, {seconds:.1f} s without decoding"
    seconds, size = timed(OpenFaceCsv(), video, long, images)
    yield f"OpenFace's CSV of {MINUTES} minutes: {size / 1e6:.0f} MB, {seconds:.1f} s"
    rows = [
        {
            "id": f"participant-{k:05}", "seconds": 60.0 + k % 900, "frames": 1500 + k, "faces": 1,
            "success": 0.97, "confidence": 0.95, "flags": ["jumps"] if k % 9 == 0 else [],
        }
        for k in range(INDEXED)
    ]  # fmt: skip
    page, data = len(index_page("corpus", rows, 0)), len(index_data(rows))
    yield f"index of {INDEXED} videos: page {page / 1e3:.0f} kB, data {data / 1e3:.0f} kB"


def overlay_figures(table: pa.Table, images: list[Image], folder: Path) -> Iterator[str]:
    """Yield the figures of overlays."""
    larger_table, larger = at_720p(table, images)
    write_film = FilmWriter(folder / "input.mp4", SIZE_720P, FPS, None)
    for index, image in enumerate(larger):
        write_film.add(image, index / FPS)
    write_film.finish()
    video = described(larger_table, SIZE_720P, str(folder / "input.mp4"))
    runs = (timed(Overlay(ExportOptions()), video, larger_table, larger)[0] for _ in range(RUNS))
    drawing = min(runs) / len(larger)
    decoding = min(decoding_seconds(larger, folder) for _ in range(RUNS))
    speed = 1 / ((drawing + decoding) * FPS)
    yield (
        f"overlay at 720p: {1000 * decoding:.1f} ms to decode a frame, {1000 * drawing:.1f} ms to "
        f"draw and encode it: {speed:.1f} times real time at {FPS:g} frames per second, one thread"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    cv2.setNumThreads(1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        corpus = write_corpus(folder / "demo", CLIPS[:1])
        path = corpus.clips_folder / CLIPS[0].name
        with open_media(str(path)) as media:
            images = [frame.image for frame in media]
        table = Analyser("embedded", progress=False).video(path).measured.table
        lines = chain(report_figures(table, images), overlay_figures(table, images, folder))
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
