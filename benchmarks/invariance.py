"""Whether a corpus gives the same bytes however it is cut, ordered and run: the whole matrix.

``python -m benchmarks.invariance --input videos/ --models OpenFace/`` prints the SHA-256 of every
file of the first dataset and a verdict for each further one, and exits with 1 on a difference. A
pass over the corpus is made for each shard length and each way to run, every time in another order.
"""

import argparse
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.beam_services import beam_services
from pipelines.run import run
from pipelines.run_arguments import RunArguments
from transforms.planning import expand_inputs

SHARD_SECONDS = (0, 1, 5)
DIRECT_MODES = ("in_memory", "multi_threading", "multi_processing")
PORTABLE_MODES = ("LOOPBACK", "EXTERNAL")
MODES = (*DIRECT_MODES, *PORTABLE_MODES)


def hashes(output: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a dataset, by its path in there; metrics are none."""
    return {
        path.relative_to(output).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.name != "metrics.json"
    }


def differences(first: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the files in which two datasets differ, those included that only one has."""
    names = first.keys() | other.keys()
    return sorted(name for name in names if first.get(name) != other.get(name))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the matrix; returns 0, or 1 if a dataset differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.invariance")
    parser.add_argument("--input", required=True, help="folder of videos and images")
    parser.add_argument("--models", required=True, help="models folder")
    parser.add_argument("--landmarks", help="folder of given landmarks, one file per video id")
    parser.add_argument("--shards", nargs="+", type=float, default=SHARD_SECONDS, metavar="S")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)

    inputs = list(expand_inputs([options.input]))
    chance = random.Random(0)  # noqa: S311 - an order, not a secret
    first: dict[str, str] = {}
    equal = True
    with (
        tempfile.TemporaryDirectory(prefix="openface-beam-invariance-") as name,
        beam_services(Path(name)) as services,
    ):
        for seconds in options.shards:
            for mode in options.modes:
                direct = mode in DIRECT_MODES
                workers = 1 if mode == "in_memory" else options.workers
                config = Path(name) / "settings.toml"
                config.write_text(f"name = 'cut'\n[shards]\nseconds = {seconds}\n")
                output = Path(name) / f"{seconds}-{mode}"
                chance.shuffle(inputs)
                began = time.monotonic()
                run(
                    RunArguments(
                        inputs=tuple(inputs),
                        output=str(output),
                        config=str(config),
                        models=options.models,
                        landmarks=options.landmarks,
                        provider="cpu",
                        runner="DirectRunner" if direct else "PortableRunner",
                        quiet=True,
                        beam=(f"--direct_running_mode={mode}", f"--direct_num_workers={workers}")
                        if direct
                        else services.options(mode, workers),
                    )
                )
                found = hashes(output)
                if not first:
                    first = found
                    for path, digest in found.items():
                        sys.stdout.write(f"{digest}  {path}\n")
                changed = differences(first, found)
                equal = equal and not changed
                sys.stdout.write(
                    f"shards of {seconds:g} s, {mode}, {time.monotonic() - began:.0f} s: "
                    f"{'DIFFERENT: ' + ', '.join(changed) if changed else 'the same bytes'}\n"
                )
                sys.stdout.flush()
    sys.stdout.write("all the same\n" if equal else "NOT the same\n")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
