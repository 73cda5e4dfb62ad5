"""Named benchmarks that need nothing but the program and its extra ``demo``.

``python -m benchmarks`` lists them; ``python -m benchmarks --run --output A.json`` runs all, or
those that ``--case`` names. ``python -m benchmarks.compare A.json B.json`` compares two results.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import CASES, make_operations
from benchmarks.results import machine, results_document, write_results
from benchmarks.timing import measure


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    result.add_argument("--run", action="store_true", help="run them; otherwise they are listed")
    result.add_argument(
        "--case", nargs="+", choices=tuple(CASES), metavar="NAME", help="only these"
    )
    result.add_argument(
        "--calls", type=int, default=100, metavar="N", help="per round; default 100"
    )
    result.add_argument("--rounds", type=int, default=9, metavar="N", help="default 9")
    result.add_argument("--output", type=Path, metavar="FILE", help="where to write the results")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """List the cases, or run them and print what they took."""
    arguments = parser().parse_args(argv)
    width = max(map(len, CASES))
    if not arguments.run:
        for name, about in CASES.items():
            sys.stdout.write(f"{name:<{width}}  {about}\n")
        return 0
    operations = make_operations(arguments.case or tuple(CASES))
    found = measure(operations, arguments.calls, arguments.rounds)
    for name, measurement in found.items():
        low, high = measurement.range_ms
        sys.stdout.write(
            f"{name:<{width}}  {measurement.median_ms:8.4f} ms  ({low:.4f} to {high:.4f})\n"
        )
    if arguments.output is not None:
        write_results(arguments.output, results_document(found, arguments.calls, machine()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
