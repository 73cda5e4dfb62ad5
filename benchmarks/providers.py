"""Execution providers of onnxruntime: how fast each runs the networks, and how far they agree.

``python -m benchmarks.providers --models DIR --provider cpu openvino`` runs every network in ONNX
of a folder on the same random input. Nothing is judged. It needs onnxruntime and NumPy only.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime as ort

from openface_core.inference import PROVIDERS, OnnxSettings, choose_providers

_SEED = 0


def open_network(path: Path, provider: str, threads: int) -> ort.InferenceSession:
    """Open a network as the program does.

    Raises
    ------
    ConfigError
        If the provider is not installed.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    names = choose_providers(provider, ort.get_available_providers())
    given = {p.onnxruntime_name: dict(p.options) for p in PROVIDERS.values()}
    return ort.InferenceSession(path, options, providers=[(name, given[name]) for name in names])


def random_inputs(session: ort.InferenceSession, open_px: int) -> dict[str, np.ndarray]:
    """Return inputs of a network; open dimensions get a batch of 1 and a side in pixels."""
    rng = np.random.default_rng(_SEED)
    made = {}
    for tensor in session.get_inputs():
        fixed = [size if isinstance(size, int) else None for size in tensor.shape]
        shape = [size or (1 if k == 0 else open_px) for k, size in enumerate(fixed)]
        made[tensor.name] = rng.random(shape, dtype=np.float32)
    return made


def compare(path: Path, providers: Sequence[str], threads: int, calls: int) -> list[str]:
    """Return a line of a table for each provider, the first being what the others agree with."""
    lines: list[str] = []
    wanted: list[np.ndarray] = []
    for provider in providers:
        session = open_network(path, provider, threads)
        inputs = random_inputs(session, 320)
        found = session.run(None, inputs)
        times = []
        for _ in range(calls):
            began, used = time.perf_counter(), time.process_time()
            session.run(None, inputs)
            times.append((time.perf_counter() - began, time.process_time() - used))
        wall, cpu = (1000 * median(column) for column in zip(*times, strict=True))
        wanted = wanted or found
        largest = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
        runs_on = session.get_providers()[0].removesuffix("ExecutionProvider")
        lines.append(
            f"| {path.name} | {provider} ({runs_on}) | {wall:.2f} | {cpu:.2f} | {largest:.1e} |"
        )
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.providers", description=__doc__)
    parser.add_argument("--models", type=Path, required=True, metavar="DIR", help="their folder")
    parser.add_argument("--provider", nargs="+", choices=tuple(PROVIDERS), default=["cpu"])
    parser.add_argument("--threads", type=int, default=OnnxSettings().threads, help="default 1")
    parser.add_argument("--calls", type=int, default=100, help="default 100")
    arguments = parser.parse_args(argv)
    sys.stdout.write(
        f"onnxruntime {ort.__version__}, {arguments.threads} threads, medians of "
        f"{arguments.calls} calls\n\n"
        "| network | provider | wall ms | CPU ms | largest difference |\n|---|---|---|---|---|\n"
    )
    for path in sorted(arguments.models.rglob("*.onnx")):
        lines = compare(path, arguments.provider, arguments.threads, arguments.calls)
        sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
