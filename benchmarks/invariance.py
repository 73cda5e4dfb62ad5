"""Whether a corpus gives the same bytes however it is cut, ordered and run: the whole matrix.

``python -m benchmarks.invariance --input videos/ --models OpenFace/`` prints the SHA-256 of every
file of the first dataset and a verdict for each further one, and exits with 1 on a difference. A
pass over the corpus is made for each shard length and each way to run, every time in another order.
"""

import argparse
import hashlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.beam_services import BeamServices, beam_services
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from transforms.plan.inputs import expand_inputs

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


def _options(mode: str, workers: int, services: BeamServices | None) -> tuple[str, ...]:
    """Return Beam's options of one way to run."""
    if services is not None and mode in PORTABLE_MODES:
        return services.options(mode, workers)
    workers = 1 if mode == "in_memory" else workers
    return f"--direct_running_mode={mode}", f"--direct_num_workers={workers}"


def _datasets(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield a description and the files' hashes of one dataset after the other."""
    # Workers of a pool work in a folder of their own.
    inputs = list(expand_inputs([str(options.input.resolve())]))
    chance = random.Random(0)  # noqa: S311 - an order, not a secret
    portable = not set(options.modes).isdisjoint(PORTABLE_MODES)
    with beam_services(folder) if portable else nullcontext() as services:
        for seconds, mode in itertools.product(options.shards, options.modes):
            config = folder / "settings.toml"
            config.write_text(f"name = 'cut'\n[shards]\nseconds = {seconds}\n")
            output = folder / f"{seconds}-{mode}"
            chance.shuffle(inputs)
            began = time.monotonic()
            run(
                RunArguments(
                    inputs=tuple(inputs),
                    output=str(output),
                    config=str(config),
                    models=str(options.models.resolve()),
                    landmarks=options.landmarks and str(options.landmarks.resolve()),
                    provider="cpu",
                    runner="PortableRunner" if mode in PORTABLE_MODES else "DirectRunner",
                    quiet=True,
                    beam=_options(mode, options.workers, services),
                )
            )
            took = time.monotonic() - began
            yield f"shards of {seconds:g} s, {mode}, {took:.0f} s", hashes(output)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the matrix; returns 0, or 1 if a dataset differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.invariance")
    parser.add_argument("--input", type=Path, required=True, help="folder of videos and images")
    parser.add_argument("--models", type=Path, required=True, help="models folder")
    parser.add_argument(
        "--landmarks", type=Path, help="folder of given landmarks, one file per video id"
    )
    parser.add_argument("--shards", nargs="+", type=float, default=SHARD_SECONDS, metavar="S")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)

    first: dict[str, str] | None = None
    equal = True
    with tempfile.TemporaryDirectory(prefix="openface-beam-invariance-") as folder:
        for description, found in _datasets(options, Path(folder)):
            if first is None:
                first = found
                sys.stdout.writelines(f"{digest}  {path}\n" for path, digest in found.items())
            changed = differences(first, found)
            equal = equal and not changed
            verdict = f"DIFFERENT: {', '.join(changed)}" if changed else "the same bytes"
            sys.stdout.write(f"{description}: {verdict}\n")
            sys.stdout.flush()
    sys.stdout.write("all the same\n" if equal else "NOT the same\n")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
