"""What a frame costs until a face in it can be looked at, by codec and size of the picture.

``python -m benchmarks.decoding --video interview.mp4`` writes the video's first frames anew with
several codecs and sizes, and decodes each: by FFmpeg alone, with all pixels of every picture in
blue, green and red, and with those of a box in its middle, as of a face. With a preset, the whole
analysis stands beside these. Times are CPU milliseconds a frame, the least of some rounds.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, cast

import av
from av.video.stream import VideoStream

from benchmarks.whole_runs import machine
from models import locate_models, models_folder
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine
from openface_core.inference import OnnxSettings
from openface_core.media import open_media
from openface_core.partial_pictures import pixels_within
from pipelines.configuration.config_file import load_settings

CODECS: Final = {"H.264": "libx264", "HEVC": "libx265", "AV1": "libsvtav1"}
HEIGHTS_PX: Final = (720, 1080, 2160)
_FRAMES_PER_SECOND: Final = 30
_BITS_PER_PIXEL: Final = 0.1
_FACE_SHARE: Final = 0.4
"""Of the picture's height that the box in its middle has."""


def write_anew(video: Path, path: Path, codec: str, height_px: int, frames: int) -> None:
    """Write the first frames of a video with a codec, at another size."""
    with av.open(str(video)) as source, av.open(str(path), "w") as result:
        seen = source.streams.video[0]
        width_px = round(height_px * seen.width / seen.height / 2) * 2
        stream = cast(VideoStream, result.add_stream(codec, rate=_FRAMES_PER_SECOND))
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.bit_rate = int(_BITS_PER_PIXEL * width_px * height_px * _FRAMES_PER_SECOND)
        for number, frame in enumerate(islice(source.decode(seen), frames)):
            scaled = frame.reformat(width_px, height_px, "yuv420p")
            scaled.pts = number
            result.mux(stream.encode(scaled))
        result.mux(stream.encode(None))


def decode(path: Path) -> None:
    """Decode a video as the program does, on one thread, and look at nothing."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for _ in container.decode(stream):
            pass


def look(path: Path, share: float) -> None:
    """Ask for a square in the middle of every picture, of so large a share of its height."""
    with open_media(str(path)) as media:
        for frame in media:
            height, width = frame.picture.shape[:2]
            half = share * height / 2.0
            x, y = width / 2.0, height / 2.0
            pixels_within(frame.picture, x - half, y - half, x + half, y + half)


def look_at_all(path: Path) -> None:
    """Ask for all of every picture."""
    with open_media(str(path)) as media:
        for frame in media:
            _ = frame.image


def least_ms(work: Callable[[Path], None], path: Path, frames: int, rounds: int) -> float:
    """Return the least CPU time of some rounds a frame, milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work(path)
        times.append(time.process_time() - began)
    return 1e3 * min(times) / frames


def analysis(preset: str, models: str | None) -> Callable[[Path], None]:
    """Return what analyses a video by a preset."""
    settings = replace(load_settings(preset), onnxruntime=OnnxSettings("cpu"))
    files = locate_models(models_folder(models), settings.models)
    analyser = Analyser(load_engine(files, settings), settings)

    def analyse(path: Path) -> None:
        analyser.video(str(path))

    return analyse


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.decoding", description=__doc__)
    result.add_argument("--video", type=Path, required=True, metavar="V")
    result.add_argument("--preset", metavar="NAME|FILE", help="also measure a whole analysis")
    result.add_argument("--models", metavar="PACK|DIR", help="as for pipelines.run")
    result.add_argument("--frames", type=int, default=60, metavar="N", help="default 60")
    result.add_argument("--rounds", type=int, default=3, metavar="N", help="default 3")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    arguments = parser().parse_args(argv)
    ways: dict[str, Callable[[Path], None]] = {
        "decoding alone": decode,
        "whole pictures": look_at_all,
        "a face": partial(look, share=_FACE_SHARE),
    }
    if arguments.preset:
        ways[f"analysis by {arguments.preset}"] = analysis(arguments.preset, arguments.models)
    lines = [
        f"{machine()}. CPU ms a frame, the least of {arguments.rounds} rounds.",
        "",
        f"| codec | height, px | {' | '.join(ways)} |",
        "| --- | --- |" + " --- |" * len(ways),
    ]
    with tempfile.TemporaryDirectory(prefix="openface-beam-decoding-") as folder:
        for name, codec in CODECS.items():
            for height_px in HEIGHTS_PX:
                path = Path(folder) / f"{codec}-{height_px}.mp4"
                write_anew(arguments.video, path, codec, height_px, arguments.frames)
                with open_media(str(path)) as media:
                    frames = sum(1 for _ in media)
                times = (least_ms(way, path, frames, arguments.rounds) for way in ways.values())
                figures = " | ".join(f"{ms:.2f}" for ms in times)
                lines.append(f"| {name} | {height_px} | {figures} |")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
