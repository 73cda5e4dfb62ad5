"""Whether a corpus gives the same bytes however it is cut, ordered and run: the whole matrix.

``python -m benchmarks.invariance --input videos/ --models OpenFace/`` prints the SHA-256 of every
file of the first dataset and a verdict for each further one, and exits with 1 on a difference.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.comparison.invariance import MODES, Passes, datasets, differences


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.invariance")
    result.add_argument("--input", type=Path, required=True, help="folder of videos and images")
    result.add_argument("--models", type=Path, required=True, help="models folder")
    result.add_argument(
        "--landmarks", type=Path, help="folder of given landmarks, one file per video id"
    )
    result.add_argument(
        "--shards", nargs="+", type=float, default=Passes.shard_seconds, metavar="S"
    )
    result.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    result.add_argument("--workers", type=int, default=2)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the matrix; returns 0, or 1 if a dataset differs."""
    options = parser().parse_args(argv)
    passes = Passes(
        options.input,
        options.models,
        options.landmarks,
        options.shards,
        options.modes,
        options.workers,
    )
    first: dict[str, str] | None = None
    equal = True
    with tempfile.TemporaryDirectory(prefix="openface-beam-invariance-") as folder:
        began = time.monotonic()
        for seconds, mode, found in datasets(passes, Path(folder)):
            if first is None:
                first = found
                sys.stdout.writelines(f"{digest}  {path}\n" for path, digest in found.items())
            changed = differences(first, found)
            equal = equal and not changed
            verdict = f"DIFFERENT: {', '.join(changed)}" if changed else "the same bytes"
            took = time.monotonic() - began
            sys.stdout.write(f"shards of {seconds:g} s, {mode}, {took:.0f} s: {verdict}\n")
            sys.stdout.flush()
            began = time.monotonic()
    sys.stdout.write("all the same\n" if equal else "NOT the same\n")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
