"""A face detector against annotated photographs, against another detector on videos, and its cost.

What counts as found and as false is said in :mod:`models.evaluation.detector_accuracy`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.timing import Operation, measure
from models.evaluation.annotated_faces import annotated_faces
from models.evaluation.detector_accuracy import count_agreeing, count_annotated, frames_of
from openface_core.detection import DetectionSettings, RetinaFaceDetector
from openface_core.inference import OnnxSettings

SETS = ("helen_test", "afw")
_SMALL_PROBABILITY = 0.15
_TIMED_HEIGHT_PX, _TIMED_WIDTH_PX = 480, 640


def cost_lines(detectors: dict[str, RetinaFaceDetector], calls: int) -> Iterator[str]:
    """Yield what one frame of 640 x 480 costs each detector, in CPU time of one thread."""
    noise = np.random.default_rng(0).integers(0, 256, (_TIMED_HEIGHT_PX, _TIMED_WIDTH_PX, 3))
    frame = noise.astype(np.uint8)
    found = measure(
        {
            name: Operation(lambda _, detector=detector: detector.detect(frame))  # type: ignore[misc]
            for name, detector in detectors.items()
        },
        calls,
        rounds=5,
    )
    for name, times in found.items():
        low, high = times.range_ms
        yield f"{name}: {times.median_ms:.1f} ms ({low:.1f} to {high:.1f})"
    first, second = (times.median_ms for times in found.values())
    yield f"ratio: {first / second:.2f}"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.detector_accuracy")
    result.add_argument("--detector", type=Path, required=True, metavar="FILE")
    result.add_argument(
        "--other", type=Path, required=True, metavar="FILE", help="the detector to compare with"
    )
    result.add_argument("--faces", type=Path, metavar="DIR", help="folder of the annotated sets")
    result.add_argument("--sets", nargs="+", default=SETS, metavar="SET")
    result.add_argument("--videos", type=Path, nargs="*", default=[], metavar="FILE")
    result.add_argument("--step", type=int, default=1, metavar="N", help="every Nth frame only")
    result.add_argument("--threshold", type=float, default=0.5, metavar="P")
    result.add_argument("--calls", type=int, default=15, metavar="N", help="timed frames; 0: none")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a Markdown table."""
    arguments = parser().parse_args(argv)
    onnx = OnnxSettings("cpu")
    settings = DetectionSettings(score_threshold=arguments.threshold)
    detector = RetinaFaceDetector(arguments.detector, settings, onnx)
    other = RetinaFaceDetector(
        arguments.other, DetectionSettings(score_threshold=_SMALL_PROBABILITY), onnx
    )
    print("| pictures of | pictures | faces | found | % | mean IoU | false faces |")
    print("|---|---|---|---|---|---|---|")
    if arguments.faces is not None:
        for name in arguments.sets:
            counts = count_annotated(annotated_faces(arguments.faces, name), detector, other)
            print(counts.row(name), flush=True)
    for path in arguments.videos:
        frames = frames_of(path, arguments.step)
        counts = count_agreeing(frames, detector, other, DetectionSettings().score_threshold)
        print(counts.row(path.name), flush=True)
    if arguments.calls > 0:
        certain = RetinaFaceDetector(arguments.other, settings, onnx)
        timed = {str(arguments.detector): detector, str(arguments.other): certain}
        print("\n".join(["", *cost_lines(timed, arguments.calls)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
